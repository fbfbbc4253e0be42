"""What an attempt begins with."""

from __future__ import annotations

from dataclasses import replace

from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.transitions import PhaseState
from services.execution.assigning import assignment_of
from tests.plans import LOCAL, plan


def before(of: Plan, key: str) -> list[str]:
    return [phase.key for phase in assignment_of(of, of.phase(key), 1).before]


def changed(of: Plan, key: str, **facts: object) -> Plan:
    phase: Phase = replace(of.phase(key), **facts)  # type: ignore[arg-type]
    return of.with_phase(phase)


def test_it_begins_with_everything_before_it_in_plan_order() -> None:
    made = plan({"a": "", "b": "", "c": "b a", "d": "c", "e": ""}, dict.fromkeys("abcde", LOCAL))

    assert before(made, "d") == ["a", "b", "c"]
    assert before(made, "e") == []


def test_it_begins_with_what_others_have_done_to_its_files() -> None:
    made = plan({"a": "", "b": "", "c": ""}, dict.fromkeys("abc", LOCAL))
    for key in "abc":
        made = changed(made, key, paths=("src/app.py",))
    made = changed(made, "a", state=PhaseState.COMPLETED)

    assert before(made, "b") == ["a"]
