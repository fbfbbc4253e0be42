"""What the table of hands says is what happens, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.commands.hands import ON_CHILD, ON_PARENT, hand_on, is_heeded, meaning
from services.commands.spec import Level
from services.domain.phase import IssueRef
from services.domain.plan import PlanState
from services.domain.pull import Pull
from services.domain.rules import Approvers, Rules
from services.domain.transitions import PhaseState
from tests import plans

ORDERS = {
    "": None,
    "complete": "complete_phase",
    "skip": "skip_phase",
    "reopen": "reopen_phase",
    "resume": "resume_plan",
    "merging": "complete_plan",
}


@pytest.mark.parametrize("row", ON_CHILD)
def test_a_deed_on_a_child_is_the_order_that_the_table_names(row: str) -> None:
    action, _, reason = row.partition("/")
    hand = hand_on(action, reason or None, is_child=True)
    assert hand is ON_CHILD[row]
    plan = plans.chain("a b", issue=IssueRef(1, 1))
    phase = plan.phase("a")
    if hand.verb == "reopen":
        phase = replace(phase, state=PhaseState.COMPLETED)
    order = meaning(hand, plan, phase, by="ada", cause="c")
    assert (order and order.kind) == (ORDERS | {"cancel": "cancel_phase"})[hand.verb]
    elsewhere = replace(phase, state=PhaseState.WAITING if hand.verb == "reopen" else PhaseState.COMPLETED)
    assert meaning(hand, plan, elsewhere, by="ada", cause="c") is None, "what the plan says already is no news"


@pytest.mark.parametrize("row", ON_PARENT)
def test_a_deed_on_a_parent_is_the_order_that_the_table_names(row: str) -> None:
    action, _, merging = row.partition("/")
    hand = hand_on(action, None, is_child=False, is_merging=bool(merging))
    assert hand is ON_PARENT[row]
    cancelled = hand.verb == "resume"
    plan = plans.chain(
        "a b", state=PlanState.CANCELLED if cancelled else PlanState.ACTIVE, pull=Pull("b") if merging else None
    )
    order = meaning(hand, plan, None, by="ada", cause="c")
    assert (order and order.kind) == (ORDERS | {"cancel": "cancel_plan"})[hand.verb if not merging else "merging"]


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_a_duplicate_is_as_little_planned(reason: str) -> None:
    assert hand_on("closed", reason, is_child=True) is ON_CHILD["closed/not_planned"]


@pytest.mark.parametrize("action", ["milestoned", "typed", "something_new"])
def test_any_other_deed_means_nothing(action: str) -> None:
    assert hand_on(action, None, is_child=True) is None
    assert hand_on(action, None, is_child=False) is None


def test_a_draft_may_be_given_up_by_whoever_wrote_it() -> None:
    draft = plans.chain("a", state=PlanState.PLANNED)
    under_way = replace(draft, state=PlanState.ACTIVE)
    assert is_heeded(ON_PARENT["closed"], draft, None, Level.READ, "bob")
    assert not is_heeded(ON_PARENT["closed"], under_way, None, Level.TRIAGE, "tia")
    assert is_heeded(ON_PARENT["closed"], under_way, None, Level.WRITE, "wes")


def test_a_named_approver_needs_no_other_role() -> None:
    waiting = plans.plan({"a": ""}, Rules(approval=True, approvers=Approvers(people=("tia",))))
    phase = waiting.phase("a")
    assert phase.awaits_person
    assert is_heeded(ON_CHILD["closed/completed"], waiting, phase, Level.READ, "tia")
    assert not is_heeded(ON_CHILD["closed/completed"], waiting, phase, Level.READ, "bob")
    assert not is_heeded(ON_CHILD["deleted"], waiting, phase, Level.READ, "tia")
