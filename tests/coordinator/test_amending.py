"""A plan takes the shape of a new version of its document; what ran, runs or is done is respected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.coordinator.decision import Decision
from services.domain.effects import (
    CreateIssue,
    Effect,
    LinkDependencies,
    PostComment,
    RefreshChild,
    RefreshParent,
    SetIssueState,
)
from services.domain.messages import (
    AmendPlan,
    ApprovePhase,
    CompletePhase,
    IssueCreated,
    PhaseShape,
    RetryPhase,
    SkipPhase,
)
from services.domain.phase import IssueRef, Rules
from services.domain.plan import Plan, PlanState, plan_of
from services.domain.progress import PlanStatus, plan_status
from services.domain.texts import PhaseText
from tests.plans import BY_HAND, FAIL, LOCAL, Story, chain, diamond, loose, published


def amended(story: Story, needs: dict[str, str], **other: dict[str, Any]) -> Decision:
    """The document now has these phases; `other` says what else is new about one of them."""
    shapes = (
        PhaseShape(key=key, needs=tuple(needed.split()), **({"title": key.capitalize()} | other.get(key, {})))
        for key, needed in needs.items()
    )
    return story.says_of_plan(AmendPlan, title=story.plan.title, overview="New.", phases=tuple(shapes))


def keys(effects: tuple[Effect, ...], kind: type) -> list[str | None]:
    return [getattr(one, "phase", None) for one in effects if isinstance(one, kind)]


# ---------------------------------------------------------------- nothing new


@pytest.mark.parametrize("plan", [chain("a b c"), diamond(), published(diamond())])
def test_the_same_shape_changes_nothing(plan: Plan) -> None:
    story = Story(plan)

    decision = amended(story, {key: " ".join(needs) for key, needs in plan.graph.needs.items()})

    assert decision.plan is plan
    assert not decision.effects
    assert not decision.events


# ---------------------------------------------------------------- added


def test_an_added_phase_joins_and_runs_in_its_turn() -> None:
    story = Story(chain("a b")).passes("a")

    decision = amended(story, {"a": "", "new": "a", "b": "new"})

    assert story.statuses == "completed ready queued"
    assert [(one.key, one.ordinal, one.serial) for one in story.plan] == [("a", 1, 1), ("new", 2, 3), ("b", 3, 2)]
    assert [(event.kind, event.phase) for event in decision.events] == [("phase_added", "new")]
    story.passes("new", "b")
    assert plan_status(story.plan) is PlanStatus.COMPLETED


def test_an_added_phase_gets_its_issue_and_the_plan_waits_for_it() -> None:
    story = Story(published(chain("a b")))

    decision = amended(story, {"a": "", "b": "a", "new": "b"})

    assert story.plan.state is PlanState.PUBLISHING
    assert keys(decision.effects, CreateIssue) == ["new"]
    told = story.says_of_plan(IssueCreated, phase="new", issue=IssueRef(9, 9))
    assert keys(told.effects, LinkDependencies) == ["new"]


def test_a_finished_plan_opens_again_for_a_new_phase() -> None:
    story = Story(published(chain("a"))).passes("a")

    decision = amended(story, {"a": "", "new": "a"})

    assert [(one.phase, one.state) for one in decision.effects if isinstance(one, SetIssueState)] == [(None, "open")]
    assert plan_status(story.plan) is PlanStatus.PUBLISHING


# ---------------------------------------------------------------- removed


def test_a_waiting_phase_that_is_gone_leaves_graph_and_counts() -> None:
    story = Story(published(chain("a b c")))

    decision = amended(story, {"a": "", "c": "a"})

    assert list(story.plan.phases) == ["a", "c"]
    assert story.plan.graph.needs == {"a": (), "c": ("a",)}
    assert story.plan.ever("b").removed_at is not None
    closed = [(one.phase, one.reason) for one in decision.effects if isinstance(one, SetIssueState)]
    assert closed == [("b", "not_planned")]
    assert keys(decision.effects, PostComment) == ["b"]
    assert "phase_removed" in [event.kind for event in decision.events]
    story.passes("a", "c")
    assert plan_status(story.plan) is PlanStatus.COMPLETED


def test_a_failed_phase_that_is_gone_stops_nothing_any_more() -> None:
    story = Story(chain("a b", {"a": FAIL}))
    story.breaks("a")
    assert plan_status(story.plan) is PlanStatus.FAILED

    amended(story, {"b": ""})

    assert story.statuses == "ready"


def test_a_completed_phase_is_kept_in_its_place() -> None:
    story = Story(chain("a b c")).passes("a", "b")

    decision = amended(story, {"a": "", "c": "a"})

    assert list(story.plan.phases) == ["a", "b", "c"]
    assert story.statuses == "completed completed ready"
    assert not amended(story, {"a": "", "c": "a"}).events, "the second time nothing is new"
    assert decision.plan.graph.needs["c"] == ("a",)


def test_a_skipped_phase_that_is_gone_goes_without_a_word() -> None:
    story = Story(published(chain("a b")))
    story.says(SkipPhase, "a")

    decision = amended(story, {"b": ""})

    assert keys(decision.effects, PostComment) == []
    assert keys(decision.effects, SetIssueState) == []
    assert list(story.plan.phases) == ["b"]


def test_a_running_phase_finishes_before_it_goes_and_is_waited_for() -> None:
    story = Story(published(chain("a b c"))).passes("a").starts("b")

    amended(story, {"a": "", "c": "a"})

    assert story.statuses == "completed running queued"
    decision = story.ends("b")
    assert list(story.plan.phases) == ["a", "c"]
    assert story.status("c") == "ready"
    assert [(one.phase, one.reason) for one in decision.effects if isinstance(one, SetIssueState)] == [
        ("b", "completed")
    ]


def test_a_leaving_phase_that_fails_is_not_run_again() -> None:
    story = Story(published(chain("a b", Rules(executor="local", retries=3)))).starts("a")
    amended(story, {"b": ""})
    assert story.says(RetryPhase, "a").refused

    decision = story.ends("a", "broke", retryable=True)

    assert list(story.plan.phases) == ["b"]
    assert keys(decision.effects, PostComment) == ["a"]
    assert [(one.phase, one.reason) for one in decision.effects if isinstance(one, SetIssueState)] == [
        ("a", "not_planned")
    ]


def test_a_stopped_run_of_a_removed_phase_still_has_to_end() -> None:
    story = Story(chain("a b")).starts("a")
    story.says(SkipPhase, "a")

    amended(story, {"b": ""})

    assert story.statuses == "skipped ready"
    assert story.phase("a").leaving
    story.ends("a", "cancelled")
    assert list(story.plan.phases) == ["b"]


def test_a_leaving_phase_that_comes_back_stays() -> None:
    story = Story(chain("a b")).starts("a")
    amended(story, {"b": ""})

    amended(story, {"a": "", "b": "a"})

    assert not story.phase("a").leaving
    story.ends("a")
    assert story.statuses == "completed ready"


def test_orders_about_a_removed_phase_are_refused_and_late_reports_are_stale() -> None:
    story = Story(chain("a b")).starts("a")
    fence = story.attempt("a").fence
    amended(story, {"b": ""})
    story.ends("a")
    late = story.plan.removed["a"]

    assert "removed" in story.says(CompletePhase, "a").refused
    story.plan = replace(story.plan)
    decision = story.says_of_plan(IssueCreated, phase="a", issue=IssueRef(5, 5))

    assert story.plan.removed["a"] == replace(late, issue=IssueRef(5, 5))
    assert decision.plan.phases == story.plan.phases
    assert fence == 1


def test_the_issue_of_a_removed_phase_is_closed_if_it_comes_late() -> None:
    story = Story(published(chain("a b")))
    unpublished = story.plan.with_phase(replace(story.phase("b"), issue=None, linked=False))
    story.plan = replace(unpublished, state=PlanState.PUBLISHING)
    amended(story, {"a": ""})

    decision = story.says_of_plan(IssueCreated, phase="b", issue=IssueRef(7, 7))

    assert [(one.phase, one.state) for one in decision.effects if isinstance(one, SetIssueState)] == [("b", "closed")]


# ---------------------------------------------------------------- changed


def test_new_words_are_stored_and_shown_and_ask_for_a_new_approval() -> None:
    story = Story(published(chain("a b", Rules(executor="local", approval=True))))
    story.says(ApprovePhase, "a")
    old, new = PhaseText("Old."), PhaseText("New.")

    decision = amended(story, {"a": "", "b": "a"}, a={"text": new, "old_text": old})

    assert decision.text is not None
    assert decision.text.phases == {"a": new}
    assert story.phase("a").approved_by == ""
    shown = [one for one in decision.effects if isinstance(one, RefreshChild)]
    assert [(one.phase, one.old_text) for one in shown] == [("a", old)]


def test_a_new_name_is_shown_on_the_phase_and_on_what_needs_it() -> None:
    story = Story(published(chain("a b c")))

    decision = amended(story, {"a": "", "b": "a", "c": "b"}, a={"title": "Alpha"})

    assert keys(decision.effects, RefreshChild) == ["a", "b"]
    assert keys(decision.effects, RefreshParent) == [None]
    assert story.phase("a").title == "Alpha"


def test_dependencies_that_are_gone_are_named_to_be_unlinked() -> None:
    story = Story(published(diamond()))

    decision = amended(story, {"top": "", "left": "top", "right": "top", "bottom": "left"})

    shown = [one for one in decision.effects if isinstance(one, RefreshChild)]
    assert [(one.phase, one.dropped) for one in shown] == [("bottom", ("right",))]


def test_new_rules_count_from_the_next_attempt() -> None:
    story = Story(chain("a", LOCAL)).starts("a")

    amended(story, {"a": ""}, a={"rules": Rules(executor="local", retries=2)})

    assert story.status("a") == "running"
    story.ends("a", "broke", retryable=True)
    assert story.status("a") == "ready"


def test_work_by_hand_that_a_machine_takes_over_begins_anew() -> None:
    story = Story(chain("a b", BY_HAND)).starts("a")

    amended(story, {"a": "", "b": "a"}, a={"rules": LOCAL})

    assert story.statuses == "ready queued"
    story.starts("a")
    assert story.attempt("a").executor == "local"


# ---------------------------------------------------------------- any


_KEYS = "abcd"


@st.composite
def _shape(draw: st.DrawFn) -> dict[str, str]:
    order = draw(st.lists(st.sampled_from(_KEYS), unique=True, min_size=1))
    return {key: " ".join(need for need in order[:place] if draw(st.booleans())) for place, key in enumerate(order)}


_steps = st.sampled_from(["start", "pass", "break", "skip", "retry"])


@given(st.lists(st.tuples(_steps, st.sampled_from(_KEYS)) | _shape(), max_size=12))
def test_any_story_with_any_amendments_leaves_a_sound_plan(steps: list[Any]) -> None:
    story = Story(published(loose(_KEYS)))
    for step in steps:
        before = story.plan
        if isinstance(step, dict):
            shape = {key: step[key] for key in step if key not in story.plan.removed}
            amended(story, {key: " ".join(n for n in needs.split() if n in shape) for key, needs in shape.items()})
        elif step[1] in story.plan.phases:
            _do(story, *step)
        _is_sound(before, story.plan)


def _do(story: Story, what: str, key: str) -> None:
    phase = story.phase(key)
    match what:
        case "start" if phase.status == "ready" and story.plan.state is PlanState.ACTIVE:
            if not any(one.is_stopping for one in story.plan):
                story.starts(key)
        case "pass" if phase.state == "running":
            story.ends(key)
        case "break" if phase.state == "running":
            story.ends(key, "broke")
        case "skip":
            story.says(SkipPhase, key)
        case "retry":
            story.says(RetryPhase, key)


def _is_sound(before: Plan, after: Plan) -> None:
    assert after == plan_of(after), "statuses follow from the facts"
    assert [phase.ordinal for phase in after] == list(range(1, len(after.phases) + 1))
    assert not after.phases.keys() & after.removed.keys()
    serials = [phase.serial for phase in (*after, *after.removed.values())]
    assert len(set(serials)) == len(serials)
    for phase in before:
        still = after.ever(phase.key)
        assert still.serial == phase.serial
        live = still.attempt is not None and still.attempt.state.is_live
        assert not live or phase.key in after.phases, "what runs is never lost from sight"
        assert phase.state != "completed" or phase.leaving or phase.key in after.phases
