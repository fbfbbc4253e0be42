"""Conditions: small expressions over the facts of a plan that decide whether a phase is carried out at all.

    failed("Build") or status("Tests") == "skipped"
    phase_modified("Transcode") and plan.project != "acme/site"
    not (phase.number in ["1", "2"])

`and or not` may be written `&& || !`. There are no loops, no assignments, and no facts but those declared here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

LONGEST = 500
_DEEPEST = 20

Value = str | float | bool | tuple["Value", ...]


class Facts(Protocol):
    """What a condition is asked about. A phase is called by its title, number or key; None: the phases that are needed."""

    def value(self, name: str) -> Value: ...
    def statuses(self, phase: str | None) -> tuple[str, ...]: ...
    def modified(self, phase: str | None) -> bool: ...


NAMES = ("phase.title", "phase.number", "phase.key", "phase.priority", "plan.title", "plan.project", "plan.source")


class BadCondition(ValueError):
    """It cannot be understood; says what and where, counting from 1."""


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that was understood. `phases` are the phases it names."""

    text: str
    phases: tuple[str, ...]
    _evaluate: Callable[[Facts], Value]

    def holds(self, facts: Facts) -> bool:
        return bool(self._evaluate(facts))


def condition(text: str) -> Condition:
    """Raises BadCondition."""
    if len(text) > LONGEST:
        raise BadCondition(f"is longer than {LONGEST} characters")
    parser = _Parser(_tokens(text))
    evaluate = parser.whole()
    return Condition(text, tuple(parser.phases), evaluate)


# ---------------------------------------------------------------- what it may ask


def _status(facts: Facts, phase: str | None) -> Value:
    found = facts.statuses(phase)
    return found[0] if found else "unknown"


def _any(status: str) -> Callable[[Facts, str | None], Value]:
    return lambda facts, phase: status in facts.statuses(phase)


def _all_completed(facts: Facts, phase: str | None) -> Value:
    return all(one == "completed" for one in facts.statuses(phase))


FUNCTIONS: Mapping[str, Callable[[Facts, str | None], Value]] = {
    "status": _status,
    "completed": _all_completed,
    "failed": _any("failed"),
    "skipped": _any("skipped"),
    "cancelled": _any("cancelled"),
    "phase_modified": lambda facts, phase: facts.modified(phase),
}
_BARE = ("phase_modified",)
"""Functions that may stand without parentheses."""

# ---------------------------------------------------------------- reading

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*)
    |(?P<sign>==|!=|<=|>=|&&|\|\||[<>!(),\[\]]))""",
    re.VERBOSE,
)
_SAME = {"&&": "and", "||": "or", "!": "not"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found, at = list[_Token](), 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise BadCondition(f"has something unexpected at character {at + 1}: {text[at : at + 10]}")
        kind = str(match.lastgroup)
        word = _SAME.get(match[kind], match[kind])
        kind = "sign" if word in ("and", "or", "not", "in") else kind
        found.append(_Token(kind, word, match.start(kind) + 1))
        at = match.end()
    return [*found, _Token("end", "", end + 1)]


_Evaluate = Callable[[Facts], Value]
_COMPARE: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": lambda one, other: _equal(one, other),  # noqa: PLW0108 - defined below
    "!=": lambda one, other: not _equal(one, other),
    "<": lambda one, other: _ordered(one, other, lambda a, b: a < b),
    "<=": lambda one, other: _ordered(one, other, lambda a, b: a <= b),
    ">": lambda one, other: _ordered(one, other, lambda a, b: a > b),
    ">=": lambda one, other: _ordered(one, other, lambda a, b: a >= b),
    "in": lambda one, other: (
        any(_equal(one, item) for item in other) if isinstance(other, tuple) else str(one) in str(other)
    ),
}


def _equal(one: Value, other: Value) -> bool:
    """Numbers also where one of them is written as text: phases are numbered in text."""
    if isinstance(one, str) is isinstance(other, str):
        return one == other
    return _ordered(one, other, lambda a, b: a == b)


def _ordered(one: Value, other: Value, compare: Callable[[float, float], bool]) -> bool:
    """Numbers by size, also where they are written as text; anything else is in no order."""
    try:
        return compare(float(one), float(other))  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        return False


class _Parser:
    """By precedence: or, and, not, comparisons, values."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self.phases: list[str] = []

    def whole(self) -> _Evaluate:
        found = self._or()
        if self._now.kind != "end":
            raise self._unexpected("the end")
        return found

    @property
    def _now(self) -> _Token:
        return self._tokens[self._place]

    def _next(self) -> _Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _takes(self, *signs: str) -> str:
        """The sign that comes next, if it is one of these."""
        return self._next().text if self._now.kind == "sign" and self._now.text in signs else ""

    def _needs(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._unexpected(f"`{sign}`")

    def _unexpected(self, wanted: str) -> BadCondition:
        there = f"`{self._now.text}`" if self._now.text else "the end"
        return BadCondition(f"needs {wanted} at character {self._now.at}, where {there} is")

    def _or(self) -> _Evaluate:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadCondition("has too many parentheses")
        parts = [self._and()]
        while self._takes("or"):
            parts.append(self._and())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else lambda facts: any(part(facts) for part in parts)

    def _and(self) -> _Evaluate:
        parts = [self._not()]
        while self._takes("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else lambda facts: all(part(facts) for part in parts)

    def _not(self) -> _Evaluate:
        negated = False
        while self._takes("not"):
            negated = not negated
        inner = self._comparison()
        return (lambda facts: not inner(facts)) if negated else inner

    def _comparison(self) -> _Evaluate:
        left = self._value()
        sign = self._takes(*_COMPARE) or ("not in" if self._takes("not") else "")
        if not sign:
            return left
        if sign == "not in":
            self._needs("in")
        compare, right = _COMPARE[sign.removeprefix("not ")], self._value()
        if sign == "not in":
            return lambda facts: not compare(left(facts), right(facts))
        return lambda facts: compare(left(facts), right(facts))

    def _value(self) -> _Evaluate:
        if self._takes("("):
            inner = self._or()
            self._needs(")")
            return inner
        if self._takes("["):
            return self._list()
        if self._now.kind == "name":
            return self._named(self._next())
        return self._literal()

    def _literal(self) -> _Evaluate:
        token = self._now
        if token.kind not in ("string", "number"):
            raise self._unexpected("a value")
        self._next()
        value: Value = token.text[1:-1] if token.kind == "string" else float(token.text)
        return lambda _: value

    def _list(self) -> _Evaluate:
        parts: list[_Evaluate] = []
        while not self._takes("]"):
            if parts:
                self._needs(",")
            parts.append(self._literal())
        return lambda facts: tuple(part(facts) for part in parts)

    def _named(self, token: _Token) -> _Evaluate:
        name = token.text
        if name in ("true", "false"):
            return lambda _: name == "true"
        if name in FUNCTIONS:
            ask, phase = FUNCTIONS[name], self._argument(name)
            return lambda facts: ask(facts, phase)
        if name not in NAMES:
            there = ", ".join((*NAMES, *(f"{one}()" for one in FUNCTIONS)))
            raise BadCondition(f"knows no `{name}` (character {token.at}); there are: {there}")
        return lambda facts: facts.value(name)

    def _argument(self, name: str) -> str | None:
        """The phase in parentheses, if one is named."""
        if not self._takes("("):
            if name in _BARE:
                return None
            raise self._unexpected("`(`")
        if self._takes(")"):
            return None
        if self._now.kind != "string":
            raise self._unexpected("the name of a phase in quotes")
        phase = self._next().text[1:-1]
        self.phases.append(phase)
        self._needs(")")
        return phase
