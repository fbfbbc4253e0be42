"""Approvals: who may give them, what they are for, and what happens when nobody does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.domain.approvers import may_judge
from services.domain.effects import PostComment
from services.domain.messages import (
    AmendPlan,
    ApprovePhase,
    CompletePhase,
    PausePlan,
    PhaseShape,
    RejectPhase,
    ResumePlan,
    SkipPhase,
)
from services.domain.phase import Operation, Qa, Rules
from services.domain.rules import Approvers, Escalation
from services.domain.texts import PhaseText
from tests.plans import LOCAL, Story, chain, loose, published

GATED = replace(LOCAL, approval=True, approvers=Approvers(("maintain",), ("Ada",)))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("login", "role", "may"),
    [
        ("bob", "maintain", True),
        ("bob", "admin", True),
        ("bob", "write", False),
        ("ada", "read", True),
        ("", "read", False),
    ],
)
def test_approvers_are_roles_and_people(login: str, role: str, may: bool) -> None:
    assert may_judge(GATED.approvers, login, role) is may


def test_where_nobody_is_named_whoever_may_write_may_judge() -> None:
    assert may_judge(Approvers(), "bob", "write")
    assert not may_judge(Approvers(), "bob", "triage")


def test_an_approval_by_somebody_else_is_refused_and_says_who_it_takes() -> None:
    story = Story(loose("a", GATED))

    decision = story.says(ApprovePhase, "a", by="bob", role="write")

    assert decision.refused == "this takes maintainers or @Ada, as the policy says"
    assert story.phase("a").approved_by == ""


def test_the_operator_may_approve_everything() -> None:
    story = Story(loose("a", GATED))

    story.says(ApprovePhase, "a", by="operator")

    assert story.phase("a").approved_by == "operator"


@pytest.mark.parametrize("order", [ApprovePhase, RejectPhase, CompletePhase, SkipPhase])
@pytest.mark.parametrize("rules", [GATED, replace(LOCAL, qa=Qa.MANUAL, approvers=Approvers(("admin",)))])
def test_no_other_verb_gets_round_the_approvers(order: type[ApprovePhase], rules: Rules) -> None:
    story = Story(loose("a", rules))
    if rules.qa is Qa.MANUAL:
        story.passes("a")
    before = story.plan

    assert story.says(order, "a", by="bob", role="write").refused
    assert story.plan is before


def test_automatic_retries_keep_an_approval() -> None:
    story = Story(loose("a", replace(GATED, retries=1)))
    story.says(ApprovePhase, "a", by="ada")

    story.breaks("a", retryable=True)

    assert story.status("a") == "ready"
    assert story.phase("a").approved_by == "ada"


def _amended(story: Story, *, text: PhaseText | None = None, rules: Rules | None = None) -> None:
    shape = PhaseShape(key="a", title="A", text=text, rules=rules)
    story.says_of_plan(AmendPlan, title="Plan", overview="", phases=(shape,))


def test_changed_words_need_a_new_approval_even_if_they_changed_while_the_phase_ran() -> None:
    story = Story(loose("a", replace(GATED, retries=1)))
    story.says(ApprovePhase, "a", by="ada")
    story.starts("a")

    _amended(story, text=PhaseText("other words"))
    story.ends("a", "broke", retryable=True)

    assert story.phase("a").approved_by == ""


def test_other_deeds_need_a_new_approval_and_another_patience_does_not() -> None:
    story = Story(loose("a", GATED))
    story.says(ApprovePhase, "a", by="ada")

    _amended(story, rules=replace(GATED, retries=5))
    assert story.phase("a").approved_by == "ada"

    _amended(story, rules=replace(GATED, operations=(Operation("command", {"run": "rm -r /"}),)))
    assert story.phase("a").approved_by == ""


def comments(story: Story) -> list[str]:
    return [one.body.splitlines()[0] for one in story.effects if isinstance(one, PostComment)]


def waiting(rules: Rules) -> Story:
    """A plan that has come to where it waits for a person."""
    story = Story(published(loose("b a", {"a": rules, "b": LOCAL})))
    return story.passes("a") if rules.qa is Qa.MANUAL else story


def test_a_verdict_that_nobody_gives_is_asked_for_again_and_never_passes_by_itself() -> None:
    story = waiting(replace(LOCAL, qa=Qa.MANUAL, escalation=Escalation(DAY), approvers=Approvers(("maintain",))))
    story.effects.clear()

    decision = story.waits(DAY)

    assert story.status("a") == "needs_qa"
    assert comments(story) == ["**A** still waits for a verdict for 24 h 0 min already."]
    assert [one.kind for one in decision.events] == ["wait_expired"]
    assert story.waits(DAY).plan.phase("a").expires_at is None


def test_a_wait_that_has_ended_does_not_expire() -> None:
    story = waiting(replace(LOCAL, qa=Qa.MANUAL, escalation=Escalation(DAY)))

    story.says(ApprovePhase, "a")

    assert story.phase("a").expires_at is None


def test_a_gate_has_patience_from_the_moment_at_which_only_the_approval_is_missing() -> None:
    story = Story(published(chain("a b", {"b": replace(GATED, escalation=Escalation(DAY))})))
    story.passes("a")
    assert story.phase("b").expires_at == story.now + DAY

    story.says_of_plan(PausePlan)
    assert story.phase("b").expires_at == story.now + DAY
    story.says_of_plan(ResumePlan)
    story.waits(DAY)

    assert story.status("b") == "ready"
    assert comments(story)[-1] == "**B** still waits for approval for 24 h 0 min already."


def test_an_approval_that_is_not_used_in_time_counts_no_more() -> None:
    story = Story(published(chain("a b", {"b": replace(GATED, approval_expires=DAY)})))
    story.says(ApprovePhase, "b", by="ada")

    story.waits(DAY)
    assert story.phase("b").approved_by == ""

    story.says(ApprovePhase, "b", by="ada")
    story.passes("a", "b")
    assert story.phase("b").approved_by == "ada"
