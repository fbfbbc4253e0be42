"""Conditions: what can be said, what it means, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.conditions import BadCondition, Value, condition


@dataclass(frozen=True)
class Known:
    """Build has completed, Test has failed, Lint was skipped; the phase needs Build and Test."""

    def value(self, name: str) -> Value:
        known: dict[str, Value] = {"phase.number": "2", "phase.title": "Ship", "phase.priority": 20.0}
        return known.get(name, "acme/site")

    def statuses(self, phase: str | None) -> tuple[str, ...]:
        if phase is None:
            return ("completed", "failed")
        return {"Build": ("completed",), "Test": ("failed",), "Lint": ("skipped",)}.get(phase, ())

    def modified(self, phase: str | None) -> bool:
        return phase != "Lint"


@pytest.mark.parametrize(
    "true",
    [
        'status("Build") == "completed"',
        "status('Nothing') == 'unknown'",
        'completed("Build") and failed("Test")',
        'completed("Build") && !skipped("Test")',
        "failed()",
        "not completed()",
        "phase_modified",
        'phase_modified("Build") and not phase_modified("Lint")',
        "phase.number == 2",
        'phase.number == "2"',
        "phase.number in [1, 2]",
        "phase.number not in ['3']",
        "phase.priority < 50 and phase.priority >= 20",
        "'site' in plan.project",
        "false or true and not false",
        "(false or true) and true",
        "not not true",
        'phase.title != "ship"',
        "1.5 <= 2",
    ],
)
def test_what_holds_is_found_to_hold(true: str) -> None:
    assert condition(true).holds(Known())
    assert not condition(f"not ({true})").holds(Known())


def test_and_goes_before_or() -> None:
    assert condition("true or true and false").holds(Known())
    assert not condition("(true or true) and false").holds(Known())


def test_words_are_in_no_order() -> None:
    assert not condition('"a" < "b"').holds(Known())


def test_the_phases_it_names_are_known() -> None:
    assert condition('failed("A") or (phase_modified("B") and failed())').phases == ("A", "B")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs a value at character 1"),
        ("failed(", "where the end is"),
        ("failed('A'", "needs `)`"),
        ("failed(A)", "the name of a phase in quotes"),
        ("failed", "needs `(`"),
        ("true true", "needs the end at character 6"),
        ("a = b", "something unexpected at character 3"),
        ("secrets.TOKEN == 'x'", "knows no `secrets.TOKEN`"),
        ("__import__('os')", "knows no `__import__`"),
        ("(" * 30 + "true" + ")" * 30, "too many parentheses"),
        ("true or " * 100 + "true", "longer than 500"),
        ("[1, 2", "needs `,`"),
        ("phase.number not [1]", "needs `in`"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(BadCondition) as refused:
        condition(text)
    assert words in str(refused.value)


@given(st.text(alphabet="()[]!&|<>=,.'\" notadrifle12phse", max_size=60))
def test_whatever_is_written_is_understood_or_refused(text: str) -> None:
    try:
        read = condition(text)
    except BadCondition:
        return
    assert read.holds(Known()) in (True, False)
