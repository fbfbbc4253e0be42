"""The parent's block and the status comment follow the plan; what people wrote stays; nothing is written for nothing."""

from __future__ import annotations

import pytest

from bot.github.errors import AmbiguousWrite
from bot.localhub import Hub
from services.domain.transitions import PhaseState
from services.publishing.markers import Marker, MarkerKind, Markers
from tests.localhub.conftest import REPO

from .conftest import BOT, KEY, Desk

STATUS = Markers(KEY).write(Marker(MarkerKind.STATUS, "plan"))


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A published plan, shown once."""
    desk.publish().refresh()
    return desk


def test_the_table_follows_the_plan(desk: Desk) -> None:
    desk.ends("a").refresh()
    body = desk.issue().body or ""
    assert "| Phase 1: A | #2 | ✅ completed | – |" in body
    assert "| Phase 2: B | #3 | 🔵 ready | Phase 1 |" in body
    assert "1 of 4 phases done" in body
    assert body.count("### Progress") == 1


def test_there_is_one_status_comment_edited_in_place(desk: Desk) -> None:
    desk.ends("a").refresh()
    desk.ends("b", PhaseState.FAILED).refresh()
    (comment,) = desk.comments()
    assert "❌ failed: **Phase 2 (#3)**" in comment.body
    assert "⛔ blocked: **Phase 4 (#5)** – needs Phase 2 and Phase 3" in comment.body


def test_what_people_wrote_around_the_block_stays_byte_for_byte(desk: Desk, hub: Hub) -> None:
    before, after = "Edited  by hand\t.\r\n\r\n", "\r\n\r\n- [x] mine @ada #1 \r\n"
    edited = before + (desk.issue().body or "").replace("\n", "\r\n") + after
    hub.edit_issue(REPO, 1, "ada", body=edited)

    desk.ends("a").refresh()

    body = desk.issue().body or ""
    assert body.startswith(before)
    assert body.endswith(after)
    assert "✅ completed" in body
    assert "\n" not in body.replace("\r\n", "")


def test_a_block_that_was_deleted_comes_back(desk: Desk, hub: Hub) -> None:
    hub.edit_issue(REPO, 1, "ada", body="Only this.")
    desk.ends("a").refresh()
    assert (desk.issue().body or "").startswith("Only this.\n\n<!-- phasebot:begin ")


def test_after_a_restart_the_same_comment_is_edited(desk: Desk) -> None:
    desk.restart()
    desk.ends("a").refresh()
    (comment,) = desk.comments()
    assert "1 of 4" in comment.body


def test_a_status_comment_that_was_deleted_is_posted_anew(desk: Desk, hub: Hub) -> None:
    (comment,) = desk.comments()
    hub.delete_comment(REPO, comment.id, "ada")
    desk.ends("a").refresh()
    (comment,) = desk.comments()
    assert "1 of 4" in comment.body


def test_a_copied_status_marker_is_not_taken_for_our_comment(desk: Desk, hub: Hub) -> None:
    copied = hub.comment(REPO, 1, "bob", f"mine\n\n{STATUS}")
    (ours, _) = desk.comments()
    hub.delete_comment(REPO, ours.id, "ada")
    desk.restart()
    desk.ends("a").refresh()
    assert {one.user.login: one.body for one in desk.comments()}["bob"] == copied.body
    assert [one.user.login for one in desk.comments()] == ["bob", BOT]


@pytest.mark.parametrize("fault", ["lost_reply", "502_after", "502", "closed"])
def test_a_first_status_comment_whose_reply_is_lost_is_not_doubled(desk: Desk, hub: Hub, fault: str) -> None:
    (comment,) = desk.comments()
    hub.delete_comment(REPO, comment.id, "ada")
    desk.restart()
    hub.faults.add("POST", "/comments$", fault)
    with pytest.raises(AmbiguousWrite):
        desk.refresh()
    desk.refresh(tries=2)
    assert len(desk.comments()) == 1


def test_only_what_looks_different_is_written(desk: Desk, hub: Hub) -> None:
    hub.requests.clear()
    desk.ends("a").refresh()
    assert len(desk.writes()) == 2
    hub.requests.clear()
    desk.refresh()
    assert len(hub.requests) == 0


def test_a_parent_that_was_deleted_shows_nothing_any_more(desk: Desk, hub: Hub) -> None:
    hub.delete_issue(REPO, 1, "ada")
    hub.requests.clear()
    desk.ends("a").refresh()
    assert desk.writes() == []


def test_a_body_that_is_full_is_left_as_it_is(desk: Desk, hub: Hub) -> None:
    full = "x" * 64_500
    hub.edit_issue(REPO, 1, "ada", body=full)
    desk.ends("a").refresh()
    assert desk.issue().body == full
    assert "1 of 4" in desk.comments()[0].body
