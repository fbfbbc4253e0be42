"""After its plan was amended a phase's issue says what it should, and still what people wrote in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.domain.effects import CreateIssue, RefreshChild
from services.domain.graph import Graph
from services.domain.plan import Plan
from services.ports import PhaseText, PlanText
from services.publishing.bodies import child_title
from services.publishing.merge import HEADING
from tests.github.conftest import Desk
from tests.localhub.conftest import REPO

OLD = PhaseText("First.\n\nSecond.\n\nThird.")


@pytest.fixture
def published(desk: Desk) -> Desk:
    desk.text = PlanText("What it is about.", {**desk.text.phases, "b": OLD})
    return desk.publish()


def body(desk: Desk, key: str = "b") -> str:
    return desk.issue(key).body or ""


def amended(desk: Desk, content: str = OLD.content, *, title: str = "B", tries: int = 1) -> None:
    """The plan says something else about its phase `b`."""
    old = child_title(desk.plan.phase("b"))
    desk.plan = desk.plan.with_phase(replace(desk.plan.phase("b"), title=title))
    desk.text = PlanText(desk.text.overview, {**desk.text.phases, "b": PhaseText(content)})
    desk.perform(RefreshChild(plan=desk.plan.id, key="child", phase="b", old_title=old, old_text=OLD), tries=tries)


def needing(plan: Plan, key: str, *needs: str) -> Plan:
    return replace(plan, graph=Graph({**plan.graph.needs, key: needs}))


def test_title_and_text_follow_the_plan(published: Desk) -> None:
    amended(published, "First.\n\nNew.", title="Bee")

    assert published.issue("b").title == "Phase 2: Bee"
    assert "New." in body(published)
    assert "Second." not in body(published)


def test_a_second_time_nothing_is_written(published: Desk) -> None:
    amended(published, "Other.")
    before = len(published.writes())

    amended(published, "Other.", tries=2)

    assert len(published.writes()) == before


def test_what_people_wrote_stays(published: Desk) -> None:
    edited = body(published).replace("First.", "First of all.\n\nAsk Eve.")
    published.hub.edit_issue(REPO, published.ref("b").number, "ada", title="Bee, but mine", body=edited)

    amended(published, "First.\n\nSecond.\n\nLast.", title="Bee")

    assert published.issue("b").title == "Bee, but mine"
    assert "First of all.\n\nAsk Eve.\n\nSecond.\n\nLast." in body(published)
    assert HEADING not in body(published)


def test_where_both_changed_the_same_both_stay_and_it_is_said_once(published: Desk) -> None:
    edited = body(published).replace("Second.", "Second, says Ada.")
    published.hub.edit_issue(REPO, published.ref("b").number, "ada", body=edited)

    amended(published, "First.\n\nSecond, says the plan.\n\nThird.")
    amended(published, "First.\n\nSecond, says the plan.\n\nThird.", tries=2)

    assert "Second, says Ada." in body(published)
    assert body(published).count("Second, says the plan.") == 1
    assert [("Both are kept" in one.body) for one in published.comments("b")] == [True]


def test_a_body_that_came_through_a_browser_keeps_its_line_ends(published: Desk) -> None:
    edited = body(published).replace("First.", "First of all.").replace("\n", "\r\n")
    published.hub.edit_issue(REPO, published.ref("b").number, "ada", body=edited)

    amended(published, "First.\n\nSecond.\n\nLast.")

    assert body(published) == edited.replace("Third.", "Last.")


def test_links_follow_and_those_of_people_stay(published: Desk) -> None:
    hub = published.hub
    theirs = hub.create_issue(REPO, "ada", "Not of the plan")
    hub.add_blocked_by(REPO, published.ref("d").number, "ada", theirs.id)
    published.plan = needing(published.plan, "d", "a", "c")

    effect = RefreshChild(plan=published.plan.id, key="d", phase="d", old_title="Phase 4: D", dropped=("b",))
    published.perform(effect)

    blockers = {one.title for one in published.there.blocked_by(published.ref("d").number)}
    assert blockers == {"Phase 1: A", "Phase 3: C", "Not of the plan"}
    assert "After **Phase 1 (#2)** and **Phase 3 (#4)**" in body(published, "d")


def test_the_issue_of_a_phase_removed_before_it_was_created_is_not_created(desk: Desk) -> None:
    desk.carry_out(CreateIssue(plan=desk.plan.id, key="parent", phase=None))
    phases = dict(desk.plan.phases)
    gone = phases.pop("d")
    desk.plan = replace(desk.plan, phases=phases, removed={"d": gone})

    assert desk.perform(CreateIssue(plan=desk.plan.id, key="d", phase="d")) == ()
    assert desk.perform(CreateIssue(plan=desk.plan.id, key="d", phase="d"), tries=2) == ()
    assert [one.title for one in desk.there.issues] == ["[Multi-Phase] Build the site"]
