"""What it means for a plan that its document says of phases that they are done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.coordinator.decision import Decision
from services.coordinator.intake import Origin, by_hand, plan_from
from services.domain.effects import CreateIssue, RefreshParent, SetIssueState
from services.domain.errors import PlanInvalid
from services.domain.messages import AmendPlan, CancelPhase, IssueCreated, PhaseShape, ReopenPhase, SkipPhase, StartPlan
from services.domain.phase import IssueRef, Qa, Rules
from services.domain.plan import Plan
from services.domain.progress import PlanStatus, plan_status
from services.planning.parser import parse
from services.planning.scope import DonePhases, Scope
from tests.plans import BY_HAND, LOCAL, NOW, Story, chain, published

DOCUMENT = (
    "# Shop\n\n## Phase 1: Schema ✅\n\n## Phase 2: API\n\n- [x] Write it\n\n## Phase 3: Pages\n\n- [ ] Draw them\n"
)


def made(done: DonePhases, text: str = DOCUMENT) -> Plan:
    scope = Scope(done=done)
    draft = scope.taken_on(parse(text), "plan.md")
    plan, _ = plan_from(draft, by_hand, Origin("ada/shop", "plan.md", NOW), id="plan", done=done)
    return plan


def amended(story: Story, *ticked: str, complete: bool = True) -> Decision:
    """The document is as before, apart from what it calls done."""
    shapes = tuple(
        PhaseShape(key=one.key, title=one.title, needs=story.plan.graph.needs[one.key], ticked=one.key in ticked)
        for one in story.plan
    )
    return story.says_of_plan(AmendPlan, title=story.plan.title, overview="", phases=shapes, completes=complete)


# ---------------------------------------------------------------- a new plan


@pytest.mark.parametrize(
    ("done", "statuses"),
    [
        (DonePhases.COMPLETED, {"Schema": "completed", "API": "completed", "Pages": "ready"}),
        (DonePhases.LEFT_OUT, {"Pages": "ready"}),
        (DonePhases.AGAIN, {"Schema": "ready", "API": "queued", "Pages": "queued"}),
    ],
)
def test_the_policy_says_what_becomes_of_what_is_done(done: DonePhases, statuses: dict[str, str]) -> None:
    assert {phase.title: phase.status.value for phase in made(done)} == statuses


def test_a_document_of_which_nothing_is_left_is_no_plan() -> None:
    everything = DOCUMENT.replace("[ ]", "[x]")

    with pytest.raises(PlanInvalid, match="everything in this document is done already"):
        made(DonePhases.LEFT_OUT, everything)

    assert plan_status(made(DonePhases.COMPLETED, everything)) is PlanStatus.PLANNED


def test_the_issue_of_a_done_phase_is_created_and_closed() -> None:
    story = Story(made(DonePhases.COMPLETED))
    story.says_of_plan(StartPlan)
    told = story.says_of_plan(IssueCreated, phase=None, issue=IssueRef(1, 1))
    assert [one.phase for one in told.effects if isinstance(one, CreateIssue)] == [phase.key for phase in story.plan]

    closed = [
        (one.phase, one.state, one.reason)
        for number, phase in enumerate(list(story.plan), 2)
        for one in story.says_of_plan(IssueCreated, phase=phase.key, issue=IssueRef(number, number)).effects
        if isinstance(one, SetIssueState)
    ]

    assert closed == [("1-schema", "closed", "completed"), ("2-api", "closed", "completed")]


# ---------------------------------------------------------------- a plan that is there


def test_a_phase_that_becomes_done_in_the_document_is_completed_and_its_issue_closed() -> None:
    story = Story(published(chain("a b c")))

    decision = amended(story, "a")

    assert story.statuses == "completed ready queued"
    assert [(one.phase, one.reason) for one in decision.effects if isinstance(one, SetIssueState)] == [
        ("a", "completed")
    ]
    assert [event.kind for event in decision.events] == ["phase_completed"]


def test_a_phase_that_joins_done_is_told_as_added_and_completed() -> None:
    story = Story(published(chain("a")))
    shapes = (PhaseShape(key="a", title="A"), PhaseShape(key="new", title="New", ticked=True))

    decision = story.says_of_plan(AmendPlan, title="Plan", overview="", phases=shapes, completes=True)

    told = [(event.kind, event.phase) for event in decision.events]
    assert told[:2] == [("phase_added", "new"), ("phase_completed", "new")]


def test_the_same_ticks_again_are_no_news() -> None:
    story = Story(published(chain("a b")))
    amended(story, "a")
    plan = story.plan

    decision = amended(story, "a")

    assert decision.plan is plan
    assert not decision.effects


def test_a_phase_that_people_open_again_is_not_completed_by_the_tick_of_the_last_time() -> None:
    story = Story(chain("a b"))
    amended(story, "a")
    story.says(ReopenPhase, "a")

    amended(story, "a")

    assert story.statuses == "ready queued"


def test_a_tick_that_is_gone_opens_nothing_and_a_new_one_counts() -> None:
    story = Story(chain("a b"))
    amended(story, "a")
    amended(story)
    assert story.statuses == "completed ready"
    story.says(ReopenPhase, "a")
    amended(story)

    amended(story, "a")

    assert story.statuses == "completed ready"


def test_a_phase_that_ran_was_ticked_by_us_and_is_opened_again_is_not_completed_by_that() -> None:
    story = Story(chain("a b")).passes("a")
    story.says(ReopenPhase, "a")

    amended(story, "a")

    assert story.statuses == "ready queued"


def test_work_by_hand_is_over_when_the_document_says_so() -> None:
    story = Story(chain("a b", BY_HAND)).starts("a")

    amended(story, "a")

    assert story.statuses == "completed ready"
    assert not story.attempt("a").state.is_live


def test_what_a_machine_runs_ends_by_itself() -> None:
    story = Story(chain("a b", LOCAL)).starts("a")

    amended(story, "a")

    assert story.statuses == "running queued"
    story.ends("a", "broke")
    assert story.statuses == "failed blocked"


def test_a_failed_phase_that_somebody_has_mended_by_hand_is_completed() -> None:
    story = Story(chain("a b"))
    story.breaks("a")

    amended(story, "a")

    assert story.statuses == "completed ready"
    assert story.phase("a").failure is None


@pytest.mark.parametrize("rules", [replace(LOCAL, approval=True), replace(LOCAL, qa=Qa.MANUAL)])
def test_a_tick_is_neither_approval_nor_verdict(rules: Rules) -> None:
    story = Story(chain("a b", {"a": rules}))

    amended(story, "a")

    assert story.statuses == "ready queued"


@pytest.mark.parametrize(("order", "status"), [(SkipPhase, "skipped"), (CancelPhase, "completed")])
def test_what_was_given_up_is_done_after_all_but_not_what_was_skipped(order: type, status: str) -> None:
    story = Story(chain("a b"))
    story.says(order, "a")

    amended(story, "a")

    assert story.status("a") == status


def test_where_what_is_done_is_carried_out_again_a_tick_is_only_remembered() -> None:
    story = Story(published(chain("a b")))

    decision = amended(story, "a", complete=False)

    assert story.statuses == "ready queued"
    assert story.phase("a").ticked
    assert not [one for one in decision.effects if isinstance(one, RefreshParent)]


def test_a_phase_that_joins_and_is_done_is_completed() -> None:
    story = Story(chain("a"))
    shapes = (PhaseShape(key="a", title="A"), PhaseShape(key="b", title="B", needs=("a",), ticked=True))

    story.says_of_plan(AmendPlan, title="Plan", overview="", phases=shapes, completes=True)

    assert story.statuses == "ready completed"
