"""The hub's state without any HTTP: what it keeps, tells and refuses."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from bot.localhub import Hub, Refused
from bot.localhub.values import HookConfig

from .conftest import REPO, MovedClock, populate
from .receiver import Receiver


def test_everything_is_there_when_the_file_is_opened_again(tmp_path: Path, clock: MovedClock) -> None:
    hub = populate(Hub(tmp_path / "hub.db", clock))
    token = hub.create_token("ada")
    parent = hub.create_issue(REPO, "ada", "Parent", labels=("plan",), assignees=("wes",))
    hub.create_issue(REPO, "ada", "Child", parent_issue_id=parent.id)
    hub.add_blocked_by(REPO, 2, "ada", parent.id)
    comment = hub.comment(REPO, 1, "bob", "Hello")
    hub.reactions.add(comment, hub.people.named("ada"), "eyes")
    hub.put_file(REPO, "a.md", "x")
    before = hub.repository(REPO)
    kept = (before.issues, before.comments(1), before.labels, before.timeline(1), before.value)
    hub.close()

    again = Hub(tmp_path / "hub.db", clock)
    after = again.repository(REPO)
    assert (after.issues, after.comments(1), after.labels, after.timeline(1), after.value) == kept
    assert again.people.of_token(token).login == "ada"
    assert again.create_issue(REPO, "ada", "Third").number == 3
    again.close()


def test_a_delivery_queued_when_the_process_ended_is_made_by_the_next(tmp_path: Path, receiver: Receiver) -> None:
    hub = populate(Hub(tmp_path / "hub.db"))
    hub.add_hook(REPO, receiver.url)
    hub.courier.hold()
    hub.create_issue(REPO, "ada", "Told later")
    hub.close()
    assert receiver.events == []

    again = Hub(tmp_path / "hub.db")
    again.drain_deliveries()
    assert receiver.events == ["issues.opened"]
    again.close()


def test_deliveries_are_forgotten_after_three_days(tmp_path: Path, clock: MovedClock, receiver: Receiver) -> None:
    hub = populate(Hub(tmp_path / "hub.db", clock))
    hook = hub.add_hook(REPO, receiver.url)
    hub.create_issue(REPO, "ada", "Old")
    hub.drain_deliveries()
    clock.advance(days=2)
    hub.create_issue(REPO, "ada", "New")
    hub.drain_deliveries()
    hub.close()
    clock.advance(days=2)

    again = Hub(tmp_path / "hub.db", clock)
    assert ["New" in delivery.payload for delivery in again.repository(REPO).deliveries(hook.id)] == [True]
    again.close()


def test_a_repository_and_a_user_are_made_once(hub: Hub) -> None:
    assert hub.create_repository(REPO) == hub.repository(REPO).value
    assert hub.create_user("ADA") == hub.create_user("ada")
    assert hub.repository("ACME/Site").value.full_name == REPO


@pytest.mark.parametrize("name", ["nameless", "acme/", "acme/a b", "repos/x", "acme/..", "-acme/x"])
def test_a_name_no_url_could_hold_is_refused(name: str, hub: Hub) -> None:
    with pytest.raises(Refused) as refused:
        hub.create_repository(name)
    assert refused.value.status == 422


def test_a_removed_collaborator_reads_what_is_public(hub: Hub) -> None:
    hub.remove_collaborator(REPO, "wes")
    site, wes = hub.repository(REPO).value, hub.people.named("wes")
    assert hub.repositories.role(site, wes) == "read"


def test_the_timeline_tells_what_was_done_to_an_issue(hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Before", labels=("bug",))
    child = hub.create_issue(REPO, "ada", "Child")
    hub.edit_issue(REPO, 1, "tia", title="After", labels=())
    hub.add_sub_issue(REPO, 1, "ada", child.id)
    hub.add_blocked_by(REPO, 1, "ada", child.id)
    hub.close_issue(REPO, 1, "ada", "not_planned")
    hub.reopen_issue(REPO, 1, "ada")

    timeline = hub.repository(REPO).timeline(1)
    assert [(entry.kind, entry.actor.login) for entry in timeline] == [
        ("labeled", "ada"),
        ("renamed", "tia"),
        ("unlabeled", "tia"),
        ("sub_issue_added", "ada"),
        ("blocked_by_added", "ada"),
        ("closed", "ada"),
        ("reopened", "ada"),
    ]
    assert timeline[1].detail == {"from": "Before", "to": "After"}


def test_every_change_moves_updated_at(hub: Hub, clock: MovedClock) -> None:
    hub.create_issue(REPO, "ada", "Watched")
    other = hub.create_issue(REPO, "ada", "Other")
    changes: list[Callable[[], object]] = [
        lambda: hub.comment(REPO, 1, "bob", "Hello"),
        lambda: hub.add_labels(REPO, 1, "ada", "bug"),
        lambda: hub.remove_label(REPO, 1, "ada", "bug"),
        lambda: hub.edit_issue(REPO, 1, "ada", assignees=("wes",)),
        lambda: hub.edit_issue(REPO, 1, "ada", body="New"),
        lambda: hub.add_sub_issue(REPO, 1, "ada", other.id),
        lambda: hub.close_issue(REPO, 1, "ada"),
    ]
    for change in changes:
        clock.advance(minutes=1)
        change()
        assert hub.repository(REPO).issue(1).updated_at == clock.now


def test_a_refused_edit_changes_nothing(hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Before")
    before = hub.repository(REPO).issue(1)
    with pytest.raises(Refused):
        hub.edit_issue(REPO, 1, "ada", title="After", state="closed", assignees=("nobody",))
    assert hub.repository(REPO).issue(1) == before


def test_links_cross_repositories_of_one_owner_only(hub: Hub) -> None:
    hub.create_repository("acme/api")
    hub.create_repository("other/api")
    for name in ("acme/api", "other/api"):
        hub.add_collaborator(name, "ada", "admin")
    hub.create_issue(REPO, "ada", "Parent")
    near, far = (hub.create_issue(name, "ada", "Child") for name in ("acme/api", "other/api"))

    hub.add_sub_issue(REPO, 1, "ada", near.id)
    with pytest.raises(Refused, match="same owner"):
        hub.add_sub_issue(REPO, 1, "ada", far.id)
    hub.add_blocked_by(REPO, 1, "ada", far.id)

    assert [issue.repository for issue in hub.repository(REPO).sub_issues(1)] == ["acme/api"]
    assert [issue.repository for issue in hub.repository(REPO).blocked_by(1)] == ["other/api"]


# Webhooks


def test_a_delivery_is_signed_and_says_what_it_is(hub: Hub, receiver: Receiver) -> None:
    hook = hub.add_hook(REPO, receiver.url, secret="It's a Secret to Everybody")
    hub.create_issue(REPO, "ada", "Told")
    hub.drain_deliveries()

    [received] = receiver.received
    digest = hmac.new(b"It's a Secret to Everybody", received.body, hashlib.sha256).hexdigest()
    assert received.headers["x-hub-signature-256"] == f"sha256={digest}"
    assert received.headers["x-github-hook-id"] == str(hook.id)
    assert received.headers["x-github-event"] == "issues"
    assert received.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert received.headers["content-type"] == "application/json"
    assert received.payload["sender"]["login"] == "ada"
    assert received.payload["repository"]["full_name"] == REPO
    assert received.payload["organization"]["login"] == "acme"


def test_a_hook_hears_only_what_it_asked_for_and_while_it_is_active(hub: Hub, receiver: Receiver) -> None:
    hook = hub.add_hook(REPO, receiver.url, events=("issue_comment",))
    hub.create_issue(REPO, "ada", "Unheard")
    hub.comment(REPO, 1, "bob", "Heard")
    hub.drain_deliveries()
    hub.hooks.edit(hook, {"active": False})
    hub.comment(REPO, 1, "bob", "Unheard")
    hub.drain_deliveries()

    assert receiver.events == ["issue_comment.created"]
    assert "x-hub-signature-256" not in receiver.received[0].headers


def test_deliveries_keep_the_order_of_what_happened(hub: Hub, receiver: Receiver) -> None:
    hub.add_hook(REPO, receiver.url)
    for n in range(1, 6):
        hub.create_issue(REPO, "ada", f"issue {n}")
        hub.close_issue(REPO, n, "ada")
    hub.drain_deliveries()

    told = [(one.payload["issue"]["number"], one.payload["action"]) for one in receiver.received]
    assert told == [(n, action) for n in range(1, 6) for action in ("opened", "closed")]


def test_an_edit_tells_what_it_was_before_and_each_label_by_itself(hub: Hub, receiver: Receiver) -> None:
    hub.create_issue(REPO, "ada", "Before", "Old", labels=("bug",))
    hub.add_hook(REPO, receiver.url, events=("issues",))
    hub.edit_issue(REPO, 1, "ada", title="After", body="New", state="closed", labels=("question",))
    hub.drain_deliveries()

    edited, closed, unlabeled, labeled = (one.payload for one in receiver.received)
    assert edited["changes"] == {"title": {"from": "Before"}, "body": {"from": "Old"}}
    assert (closed["action"], closed["issue"]["state_reason"]) == ("closed", "completed")
    assert (unlabeled["action"], unlabeled["label"]["name"]) == ("unlabeled", "bug")
    assert (labeled["action"], labeled["label"]["name"]) == ("labeled", "question")


def test_an_edit_that_changes_nothing_tells_nothing(hub: Hub, receiver: Receiver) -> None:
    hub.create_issue(REPO, "ada", "Same", "Same", labels=("bug",))
    comment = hub.comment(REPO, 1, "ada", "Same")
    hub.add_hook(REPO, receiver.url)
    hub.edit_issue(REPO, 1, "ada", title="Same", body="Same", labels=("bug",), state="open")
    hub.edit_comment(REPO, comment.id, "ada", "Same")
    hub.drain_deliveries()
    assert receiver.events == []


def test_both_sides_of_a_link_are_told(hub: Hub, receiver: Receiver) -> None:
    parent = hub.create_issue(REPO, "ada", "Parent")
    child = hub.create_issue(REPO, "ada", "Child")
    hub.add_hook(REPO, receiver.url)
    hub.add_sub_issue(REPO, 1, "ada", child.id)
    hub.add_blocked_by(REPO, 2, "ada", parent.id)
    hub.drain_deliveries()

    assert receiver.events == [
        "sub_issues.sub_issue_added",
        "sub_issues.parent_issue_added",
        "issue_dependencies.blocked_by_added",
        "issue_dependencies.blocking_added",
    ]
    assert receiver.received[0].payload["sub_issue_id"] == child.id
    assert receiver.received[2].payload["blocking_issue_id"] == parent.id


def test_a_push_says_which_paths_changed(hub: Hub, receiver: Receiver) -> None:
    hub.add_hook(REPO, receiver.url, events=("push",))
    hub.put_file(REPO, "plans/a.md", "1", login="wes")
    hub.put_file(REPO, "plans/a.md", "2", login="wes")
    hub.drain_deliveries()

    added, modified = (one.payload for one in receiver.received)
    assert (added["commits"][0]["added"], modified["commits"][0]["modified"]) == (["plans/a.md"], ["plans/a.md"])
    assert (added["after"], added["ref"]) == (modified["before"], "refs/heads/main")


def test_a_receiver_that_cannot_be_reached_fails_the_delivery_for_good(hub: Hub) -> None:
    hook = hub.add_hook(REPO, "http://127.0.0.1:1/nobody")
    hub.create_issue(REPO, "ada", "Unheard")
    hub.drain_deliveries()

    [delivery] = hub.repository(REPO).deliveries(hook.id)
    assert (delivery.status, delivery.status_code) == ("failed to connect to host", 0)
    assert hub.repository(REPO).hooks[0].last_answer.status == "misconfigured"


@pytest.mark.parametrize("url", ["", "ftp://x/y", "http://", "http://[", "http://x:99999/", "nowhere"])
def test_a_hook_needs_an_address(url: str, hub: Hub) -> None:
    with pytest.raises(Refused, match="url"):
        hub.add_hook(REPO, url)


def test_a_hook_deleted_before_its_turn_delivers_nothing_and_holds_nothing_up(hub: Hub, receiver: Receiver) -> None:
    doomed = hub.add_hook(REPO, "http://127.0.0.1:1/nobody")
    hub.add_hook(REPO, receiver.url)
    hub.courier.hold()
    hub.create_issue(REPO, "ada", "Told to one")
    hub.hooks.delete(doomed)
    hub.courier.release()
    hub.drain_deliveries()
    assert receiver.events == ["issues.opened"]


def test_deliveries_can_be_dropped_doubled_and_reordered(hub: Hub, receiver: Receiver) -> None:
    hub.add_hook(REPO, receiver.url)
    hub.courier.hold()
    for title in ("one", "two", "three"):
        hub.create_issue(REPO, "ada", title)
    one, two, three = hub.courier.waiting()
    hub.courier.rearrange([three, one, one])
    assert two.event == "issues"
    hub.courier.release()
    hub.drain_deliveries()

    assert [received.payload["issue"]["title"] for received in receiver.received] == ["three", "one", "one"]
    guids = [received.headers["x-github-delivery"] for received in receiver.received]
    assert guids[1] == guids[2] != guids[0]


def test_a_form_hook_is_signed_over_the_form(hub: Hub, receiver: Receiver) -> None:
    hub.hooks.create(hub.repository(REPO).value, HookConfig(receiver.url, secret="s"), events=("issues",))
    hub.create_issue(REPO, "ada", "Told")
    hub.drain_deliveries()

    [received] = receiver.received
    digest = hmac.new(b"s", received.body, hashlib.sha256).hexdigest()
    assert received.headers["x-hub-signature-256"] == f"sha256={digest}"
    assert '"title": "Told"' in parse_qs(received.body.decode())["payload"][0]
