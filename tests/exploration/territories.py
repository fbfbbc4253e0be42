"""What is explored: in every run of the tests, and at leisure (`make explore`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from services.domain.messages import ApprovePhase, AskForMerge, CompletePlan, PullSeen, RejectPhase, RetryPhase
from services.domain.phase import MANUAL, OnError, Qa, Rules
from services.domain.rules import Deliver, Escalation
from tests.exploration.explorer import Scope, Tally, explore
from tests.exploration.graphs import Edges, colourings, shapes
from tests.exploration.moves import EVERYTHING, FULL, LATE, MACHINE, PEOPLE, TERSE
from tests.exploration.states import SHUT


@dataclass(frozen=True, slots=True)
class Territory:
    """All graphs of a size, with every mix of these rules over their phases, or with the same rules for all."""

    name: str
    size: int
    rules: tuple[Rules, ...]
    scope: Scope
    mixed: bool = True

    def graphs(self) -> Iterator[tuple[Edges, tuple[Rules, ...]]]:
        for edges in shapes(self.size):
            if self.mixed:
                for places in colourings(edges, self.size, range(len(self.rules))):
                    yield edges, tuple(self.rules[place] for place in places)
            else:
                yield from ((edges, (one,) * self.size) for one in self.rules)

    def explored(self, told: Callable[[Tally], None] = lambda tally: None) -> Tally:
        """The tally of all graphs; `told` hears how far it has come after each."""
        tally = Tally()
        for edges, rules in self.graphs():
            tally.add(explore(edges, rules, self.scope))
            told(tally)
        return tally


def _modes(rules: Rules, modes: tuple[OnError, ...] = tuple(OnError)) -> tuple[Rules, ...]:
    return tuple(replace(rules, on_error=mode) for mode in modes)


_ONCE = Rules(executor="local", retries=1)
_TIMED = replace(_ONCE, timeout=timedelta(hours=1))
_CONDITIONAL = (
    replace(_ONCE, on_error=OnError.CONTINUE),
    replace(_ONCE, skip_when="failed()"),
    replace(_ONCE, only_if="phase_modified", approval=True),
)
_MERGED = replace(_ONCE, deliver=Deliver.PULL_REQUEST)
_SHUT = replace(_ONCE, windows=(SHUT,))
_ALONE = Scope(TERSE, MACHINE)
_STEERED = Scope(TERSE, MACHINE | PEOPLE)
_MERGING = MACHINE | {PullSeen, AskForMerge, CompletePlan, RetryPhase}
_JUDGED = frozenset({ApprovePhase, RejectPhase})

QUICK: tuple[Territory, ...] = (
    Territory("1 phase, every message followed, a late clock", 1, _modes(_TIMED), Scope(LATE, EVERYTHING)),
    Territory(
        "1 phase with gate and verdict, every message followed",
        1,
        (
            replace(_TIMED, approval=True, qa=Qa.MANUAL, escalation=Escalation(timedelta(hours=1))),
            Rules(executor=MANUAL, approval=True),
            replace(_TIMED, qa=Qa.TOOL),
        ),
        Scope(FULL, EVERYTHING),
    ),
    Territory("1 phase to be merged, every message followed", 1, (_MERGED,), Scope(TERSE, EVERYTHING)),
    Territory("2 phases, to be merged or not", 2, (_ONCE, _MERGED), Scope(TERSE, _MERGING)),
    Territory("2 phases, checked by tools", 2, (replace(_ONCE, qa=Qa.TOOL),), Scope(TERSE, MACHINE | _JUDGED)),
    Territory("2 phases with conditions, steered by people", 2, _CONDITIONAL[:2], _STEERED),
    Territory("2 phases with closed windows", 2, (_ONCE, _SHUT), _ALONE),
    Territory("2 phases, every message followed", 2, (_TIMED,), Scope(TERSE, EVERYTHING)),
    Territory("2 phases, every mix of on_error, steered by people", 2, _modes(_ONCE), _STEERED),
    Territory("3 phases, every mix of on_error", 3, _modes(_ONCE), _ALONE),
    *(Territory(f"4 phases, on_error {one.on_error}", 4, (one,), _ALONE) for one in _modes(_ONCE)),
)

DEEP: tuple[Territory, ...] = (
    Territory(
        "2 phases, checked by tools, steered by people", 2, _modes(replace(_ONCE, qa=Qa.TOOL)), _STEERED, mixed=False
    ),
    Territory("2 phases with conditions and gates, steered by people", 2, _CONDITIONAL, _STEERED),
    Territory("2 phases with closed windows, every message followed", 2, (_ONCE, _SHUT), Scope(TERSE, EVERYTHING)),
    Territory(
        "2 phases, every mix of on_error, every message followed, a late clock",
        2,
        _modes(_TIMED),
        Scope(LATE, EVERYTHING),
    ),
    Territory(
        "2 phases, gates, verdicts and people's work mixed, every message followed",
        2,
        (
            _ONCE,
            replace(_ONCE, approval=True),
            replace(_ONCE, qa=Qa.MANUAL),
            Rules(executor=MANUAL),
            Rules(executor=MANUAL, approval=True),
        ),
        Scope(TERSE, EVERYTHING),
    ),
    Territory("3 phases, two retries, every mix of on_error", 3, _modes(replace(_TIMED, retries=2)), _ALONE),
    Territory("3 phases, local and people's work mixed", 3, (_ONCE, Rules(executor=MANUAL)), _ALONE),
    Territory(
        "3 phases, gates and verdicts mixed",
        3,
        (_ONCE, replace(_ONCE, approval=True, qa=Qa.MANUAL), replace(_ONCE, qa=Qa.CI)),
        Scope(TERSE, MACHINE | _JUDGED),
    ),
    Territory("3 phases, steered by people", 3, _modes(Rules(executor="local")), _STEERED, mixed=False),
    Territory("4 phases, every mix of on_error", 4, _modes(_ONCE), _ALONE),
    Territory("4 phases, two retries and a timeout", 4, _modes(replace(_TIMED, retries=2)), _ALONE, mixed=False),
)
