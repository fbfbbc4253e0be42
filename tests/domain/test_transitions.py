"""The transition table, row by row, said a second time as the contract has it."""

from __future__ import annotations

from itertools import product

import pytest

from services.domain.transitions import TRANSITIONS, NoTransition, PhaseState, Trigger, allows, next_state
from tests.plans import chain

CONTRACT = """
waiting                                     start               running
waiting                                     gate_rejected       failed
running                                     passed              completed
running                                     passed_to_qa        needs_qa
running                                     broke               failed
running                                     broke_retryable     waiting
needs_qa                                    approved            completed
needs_qa                                    rejected            failed
needs_qa                                    rejected_retryable  waiting
waiting,failed                              passed              completed
failed,cancelled,skipped                    retry               waiting
waiting,running,needs_qa,failed,cancelled   complete            completed
waiting,running,needs_qa,failed,cancelled   skip                skipped
waiting,running,needs_qa,failed             cancel              cancelled
completed,skipped,cancelled                 reopen              waiting
"""

ROWS = {
    (PhaseState(state), Trigger(trigger)): PhaseState(to)
    for states, trigger, to in (line.split() for line in CONTRACT.split("\n") if line)
    for state in states.split(",")
}


def test_the_table_has_the_rows_of_the_contract_and_no_others() -> None:
    assert TRANSITIONS == ROWS


@pytest.mark.parametrize(("state", "trigger"), list(product(PhaseState, Trigger)))
def test_whatever_has_no_row_cannot_happen(state: PhaseState, trigger: Trigger) -> None:
    if (state, trigger) in ROWS:
        assert allows(state, trigger)
        assert next_state(state, trigger) is ROWS[state, trigger]
        return
    assert not allows(state, trigger)
    with pytest.raises(NoTransition, match=f"a phase that is {state} cannot"):
        next_state(state, trigger)


def test_a_phase_takes_its_other_changes_with_it() -> None:
    phase = chain("a").phase("a").on(Trigger.START, attempts=1)

    assert (phase.state, phase.attempts) == (PhaseState.RUNNING, 1)
