"""A plan becomes issues on a real server, once, whatever goes wrong on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.github.client import GitHub
from bot.github.errors import AmbiguousWrite
from bot.github.features import REMEMBERED, Passing
from bot.github.session import Access
from bot.localhub import Hub, HubServer
from bot.localhub.values import Issue
from services.domain.errors import TransientError, UserError
from services.ports import PhaseText, PlanText
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.publish import next_steps
from tests import plans
from tests.localhub.conftest import REPO, MovedClock

from .conftest import BOT, KEY, Desk, Moment, diamond

MARKERS = Markers(KEY)
LOST = ["lost_reply", "502_after"]
NOT_DONE = ["closed", "500", "502"]


def titles(issues: tuple[Issue, ...]) -> list[str]:
    return [issue.title for issue in issues]


ALL = ["[Multi-Phase] Build the site", "Phase 1: A", "Phase 2: B", "Phase 3: C", "Phase 4: D"]


def assert_published(desk: Desk) -> None:
    """Exactly the issues and links of the plan, none missing, none twice."""
    there = desk.there
    assert sorted(titles(there.issues)) == sorted(ALL)
    assert titles(there.sub_issues(desk.ref().number)) == ALL[1:]
    assert titles(there.blocked_by(desk.ref("b").number)) == ["Phase 1: A"]
    assert titles(there.blocked_by(desk.ref("d").number)) == ["Phase 2: B", "Phase 3: C"]
    assert next_steps(desk.plan) == ()


def test_a_plan_becomes_a_parent_with_linked_children_in_phase_order(desk: Desk) -> None:
    desk.publish()
    assert_published(desk)
    assert titles(desk.there.issues) == ALL
    assert desk.issue().label_names == ("multi-phase",)
    assert sorted(desk.issue("b").label_names) == ["multi-phase-child", "phase-2"]


def test_each_child_says_where_it_belongs(desk: Desk) -> None:
    desk.publish()
    bodies = {key: desk.issue(key).body or "" for key in "ad"}
    assert "Part of #1 · Executes first" in bodies["a"]
    assert "Part of #1 · After **Phase 2 (#3)** and **Phase 3 (#4)**" in bodies["d"]
    assert "Do d." in bodies["d"]
    assert MARKERS.find(bodies["d"]) == Marker(MarkerKind.PHASE, "plan", "d")


def test_publishing_takes_no_more_requests_than_promised(desk: Desk, hub: Hub) -> None:
    desk.publish().refresh()
    phases, dependencies = 4, 4
    assert len(hub.requests) <= phases + dependencies + 4


SHAPES = {
    "one phase": {"a": ""},
    "a chain": {"a": "", "b": "a", "c": "b", "d": "c", "e": "d", "f": "e"},
    "a fan": {"a": "", **{f"b{number}": "a" for number in range(12)}},
    "a funnel": {**{f"a{number}": "" for number in range(8)}, "z": " ".join(f"a{number}" for number in range(8))},
    "a mesh": {f"p{n}": " ".join(f"p{m}" for m in range(n)) for n in range(8)},
    "no order at all": {f"p{number}": "" for number in range(30)},
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_plans_of_every_shape_keep_to_the_promise(desk: Desk, hub: Hub, clock: MovedClock, shape: str) -> None:
    """Counted at the server, with whatever a new process asks first; then again in another process, with nothing changed."""
    needs = SHAPES[shape]
    made = plans.plan(needs, title="Shaped", project=REPO, tracked=True, created_at=clock() - timedelta(seconds=5))
    shaped = Desk(desk.github, hub, made).publish()
    shaped.refresh()
    edges = sum(len(needed.split()) for needed in needs.values())
    assert len(hub.requests) <= len(needs) + edges + 4

    hub.requests.clear()
    shaped.restart()
    shaped.refresh()
    assert shaped.writes() == []
    assert len(hub.requests) <= 3


def test_an_unchanged_plan_is_shown_again_without_a_request(desk: Desk, hub: Hub) -> None:
    desk.publish().refresh()
    hub.requests.clear()
    desk.refresh()
    assert len(hub.requests) == 0


def test_after_a_restart_an_unchanged_plan_is_only_read(desk: Desk, hub: Hub) -> None:
    desk.publish().refresh()
    assert desk.github.login == BOT
    desk.restart()
    hub.requests.clear()
    desk.refresh()
    assert desk.writes() == []
    assert len(hub.requests) <= 3


@pytest.mark.parametrize("fault", [*LOST, *NOT_DONE])
def test_the_first_status_comment_is_not_doubled(desk: Desk, hub: Hub, fault: str) -> None:
    """The performer knows that there is none yet, but only until it has tried to post one."""
    desk.publish()
    hub.faults.add("POST", "/comments$", fault)
    with pytest.raises(AmbiguousWrite):
        desk.refresh()
    desk.refresh(tries=2)
    assert len(desk.comments()) == 1


def test_every_step_done_twice_is_done_once(desk: Desk) -> None:
    while steps := next_steps(desk.plan):
        for step in steps:
            facts = desk.perform(step)
            assert desk.perform(step, tries=2) == facts
            desk.carry_out(step, tries=3)
    assert_published(desk)


@pytest.mark.parametrize("fault", [*LOST, *NOT_DONE])
def test_a_failure_of_any_write_leaves_nothing_missing_and_nothing_twice(desk: Desk, hub: Hub, fault: str) -> None:
    """Each write fails once; the outbox tries again, in another process."""
    while steps := next_steps(desk.plan):
        for step in steps:
            hub.faults.add("POST", "/issues", fault)
            with pytest.raises(TransientError):
                desk.perform(step)
            assert hub.faults.are_spent
            desk.restart()
            desk.carry_out(step, tries=2)
    assert_published(desk)


def test_what_was_created_unheard_is_found_by_one_request_however_many_issues_there_are(
    desk: Desk, hub: Hub, clock: MovedClock
) -> None:
    """Newest first, and nothing from before it was wished for."""
    for number in range(101):
        hub.create_issue(REPO, BOT, f"another {number}", "")
    clock.advance(hours=1)
    step = next_steps(desk.plan)[0]
    assert desk.github.login == BOT
    made = desk.perform(step)
    hub.requests.clear()

    assert desk.perform(step, tries=2) == made
    assert [one.method for one in hub.requests] == ["GET"]


def test_a_lost_reply_is_known_for_what_it_is(desk: Desk, hub: Hub) -> None:
    hub.faults.add("POST", "/issues$", "lost_reply")
    with pytest.raises(AmbiguousWrite):
        desk.publish()


def test_a_forged_marker_is_not_taken_for_ours(desk: Desk, hub: Hub) -> None:
    """Neither one of our own account with a bad signature, nor a genuine one that somebody else has copied."""
    genuine = MARKERS.write(Marker(MarkerKind.PLAN, "plan"))
    forged = Markers(b"their key").write(Marker(MarkerKind.PLAN, "plan"))
    hub.create_issue(REPO, "bob", "copied", genuine)
    hub.create_issue(REPO, BOT, "forged", forged)

    desk.carry_out(next_steps(desk.plan)[0], tries=2)

    assert desk.issue().title == ALL[0]


def test_an_issue_that_moved_on_is_still_found(desk: Desk, hub: Hub) -> None:
    """Closed and renamed by a person before we heard that it exists."""
    step = next_steps(desk.plan)[0]
    desk.perform(step)
    hub.edit_issue(REPO, 1, "ada", title="Renamed", state="closed")
    desk.carry_out(step, tries=2)
    assert titles(desk.there.issues) == ["Renamed"]


# ---------------------------------------------------------------- older servers


def test_a_server_that_ignores_the_parent_has_the_child_attached(desk: Desk, hub: Hub) -> None:
    hub.features.parent_issue_id = False
    desk.publish()
    assert_published(desk)


def test_a_child_left_unattached_is_attached_on_the_second_try(desk: Desk, hub: Hub) -> None:
    hub.features.parent_issue_id = False
    desk.carry_out(next_steps(desk.plan)[0])
    step = next_steps(desk.plan)[0]
    hub.faults.add("POST", "/sub_issues", "502")
    with pytest.raises(AmbiguousWrite):
        desk.perform(step)
    desk.carry_out(step, tries=2)
    assert titles(desk.there.sub_issues(1)) == ["Phase 1: A"]
    desk.publish()
    assert_published(desk)


def test_a_server_without_sub_issues_and_dependencies_gets_words(desk: Desk, hub: Hub) -> None:
    hub.features.parent_issue_id = hub.features.sub_issues = hub.features.dependencies = False
    desk.publish()
    assert titles(desk.there.issues) == ALL
    assert len(hub.requests.of("POST", "/sub_issues")) == 1, "once is enough to know"
    assert len(hub.requests.of("POST", "/blocked_by")) == 1
    assert next_steps(desk.plan) == ()
    assert "Part of #1 · After **Phase 2 (#3)** and **Phase 3 (#4)**" in (desk.issue("d").body or "")


def test_what_a_server_lacks_is_remembered_beyond_a_restart_and_tried_again_in_time(
    desk: Desk, hub: Hub, server: HubServer, clock: MovedClock
) -> None:
    hub.features.parent_issue_id = hub.features.sub_issues = hub.features.dependencies = False
    moments, token = Passing(), hub.create_token(BOT)

    def publishes() -> None:
        github = GitHub(Access(server.url, token), Moment(clock), moments=moments)
        Desk(github, hub, diamond(clock)).publish()
        github.close()

    publishes()
    hub.requests.clear()
    publishes()
    assert not hub.requests.of("POST", "/sub_issues")
    assert not hub.requests.of("POST", "/blocked_by")

    clock.advance(seconds=REMEMBERED.total_seconds())
    hub.features.sub_issues = hub.features.dependencies = True
    publishes()
    assert len(hub.requests.of("POST", "/sub_issues")) == 4


def test_words_name_a_need_whose_issue_came_later(desk: Desk, hub: Hub) -> None:
    """A phase may need one that stands below it in the document."""
    hub.features.dependencies = False
    graph = replace(desk.plan.graph, needs={"a": ("d",), "b": (), "c": (), "d": ()})
    desk.plan = replace(desk.plan, graph=graph)
    desk.publish()
    assert "Part of #1 · After **Phase 4 (#5)**" in (desk.issue("a").body or "")


def test_links_that_are_there_already_are_no_failure(desk: Desk, hub: Hub) -> None:
    desk.publish()
    desk.plan = desk.plan.with_phase(replace(desk.plan.phase("d"), linked=False))
    hub.requests.clear()
    desk.carry_out(next_steps(desk.plan)[0])
    assert_published(desk)
    desk.plan = desk.plan.with_phase(replace(desk.plan.phase("d"), linked=False))
    hub.requests.clear()
    desk.carry_out(next_steps(desk.plan)[0], tries=2)
    assert desk.writes() == []


def test_a_blocker_that_was_deleted_holds_nothing_up(desk: Desk, hub: Hub) -> None:
    desk.publish()
    hub.delete_issue(REPO, desk.ref("b").number, "ada")
    desk.plan = desk.plan.with_phase(replace(desk.plan.phase("d"), linked=False))
    desk.publish()
    assert titles(desk.there.blocked_by(desk.ref("d").number)) == ["Phase 3: C"]


def test_the_hundred_and_first_child_is_tied_by_words(desk: Desk, hub: Hub) -> None:
    desk.carry_out(next_steps(desk.plan)[0])
    for number in range(100):
        hub.create_issue(REPO, "ada", f"child {number}", parent_issue_id=desk.ref().id)
    desk.carry_out(next_steps(desk.plan)[0])
    assert desk.issue("a").parent is None
    assert "Part of #1" in (desk.issue("a").body or "")


def test_a_plan_longer_than_an_issue_is_cut(desk: Desk) -> None:
    phases = {key: PhaseText("A line of the plan.\n" * 10_000) for key in desk.plan.phases}
    desk.text = PlanText("An overview.\n" * 10_000, phases)
    desk.publish()
    assert_published(desk)


def test_a_plan_with_hostile_text_tells_nobody(desk: Desk) -> None:
    desk.text = PlanText("Ask @ada, fixes #7.", {key: PhaseText("cc @acme/team") for key in desk.plan.phases})
    desk.publish()
    assert "@ada" not in (desk.issue().body or "")
    assert "@acme" not in (desk.issue("a").body or "")


# ---------------------------------------------------------------- refusals


def test_an_account_that_may_not_write_is_told_so(desk: Desk, hub: Hub) -> None:
    hub.create_repository("acme/closed", private=True)
    desk.plan = replace(desk.plan, project="acme/closed")
    with pytest.raises(UserError):
        desk.publish()


def test_labels_that_were_dropped_are_noticed(desk: Desk, hub: Hub) -> None:
    hub.add_collaborator(REPO, BOT, "read")
    with capture_logs() as logs:
        desk.carry_out(next_steps(desk.plan)[0])
    assert desk.issue().label_names == ()
    assert [(one["event"], one["labels"]) for one in logs] == [("labels_dropped", ["multi-phase"])]
    (said,) = desk.comments()
    assert "left out the label `multi-phase`" in said.body
    desk.carry_out(next_steps(replace(desk.plan, issue=None))[0], tries=2)
    assert len(desk.comments()) == 1
