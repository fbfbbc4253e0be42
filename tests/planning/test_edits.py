"""Edits of a draft: another order, other needs, other rules, without another document."""

from __future__ import annotations

import json

from services.domain.findings import Severity
from services.domain.phase import OnError, Rules
from services.planning import parser
from services.planning.draft import PlanDraft
from services.planning.edits import Edits, PhaseEdit, edited, edits_of

CHAIN = parser.parse("# P\n\n## Phase 1: A\n\nDo.\n\n## Phase 2: B\n\nDo.\n\n## Phase 3: C\n\nDo.\n")
STATED = parser.parse(
    "# P\n\n## Phase 1: A\n\nNo dependencies.\n\n## Phase 2: B\n\nDepends on Phase 1.\n\n## Phase 3: C\n\nDepends on Phase 1.\n"
)
A, B, C = (phase.key for phase in CHAIN.phases)


def needs(draft: PlanDraft) -> dict[str, list[str]]:
    return {phase.title: [need.key for need in phase.depends_on] for phase in draft.phases}


def test_without_edits_a_draft_is_what_it_was() -> None:
    assert edited(CHAIN, Edits()) is CHAIN


def test_phases_that_just_follow_one_another_do_so_in_the_new_order() -> None:
    assert needs(edited(CHAIN, Edits(order=(B, A, C)))) == {"B": [], "A": [B], "C": [A]}


def test_what_was_stated_stays_when_phases_move() -> None:
    assert needs(edited(STATED, Edits(order=(A, C, B)))) == {"A": [], "C": [A], "B": [A]}


def test_needs_are_replaced_and_unknown_ones_left_out() -> None:
    edits = Edits(phases={C: PhaseEdit(needs=(A, "gone", C)), B: PhaseEdit(needs=())})

    assert needs(edited(CHAIN, edits)) == {"A": [], "B": [], "C": [A]}


def test_a_circle_is_a_finding() -> None:
    draft = edited(CHAIN, Edits(phases={A: PhaseEdit(needs=(C,))}))

    (finding,) = [one for one in draft.findings if one.code == "cycle"]
    assert finding.severity is Severity.ERROR
    assert "A" in finding.message


def test_phases_that_the_order_does_not_name_come_after_the_others() -> None:
    assert [phase.key for phase in edited(CHAIN, Edits(order=(C, "gone"))).phases] == [C, A, B]


def test_rules_are_those_of_the_policy_but_for_what_was_edited() -> None:
    edits = Edits(phases={A: PhaseEdit(executor="local", on_error=OnError.FAIL)})
    rules_for = edits.ruling(lambda _: Rules(executor="actions", retries=2))

    first, second, _ = CHAIN.phases
    assert rules_for(first) == Rules(executor="local", on_error=OnError.FAIL, retries=2)
    assert rules_for(second) == Rules(executor="actions", retries=2)


def test_edits_survive_being_stored() -> None:
    edits = Edits((B, A), {A: PhaseEdit(needs=(), executor="local"), B: PhaseEdit(on_error=OnError.CONTINUE)})

    assert edits_of(json.loads(json.dumps(edits.as_json()))) == edits
    assert edits_of({}) == Edits()
