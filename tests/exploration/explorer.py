"""The explorer: breadth first over every state that can be reached, trying every message in each of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field

from services.domain.messages import AttemptRenewed, AttemptTaken, Message, TimePassed
from services.domain.phase import Rules
from services.domain.plan import Plan
from services.domain.rules import Deliver
from tests.exploration.graphs import Edges, symmetries
from tests.exploration.invariants import ALL, Broken, Invariants, is_decided, step
from tests.exploration.moves import MACHINE, TERSE, Move, Vocabulary, moves
from tests.exploration.rulebook import REAL, Rulebook
from tests.exploration.states import THERE, StateKey, States
from tests.plans import NOW, plan


@dataclass
class Tally:
    """How much was looked at."""

    graphs: int = 0
    states: int = 0
    transitions: int = 0
    messages: Counter[type[Message]] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.graphs += other.graphs
        self.states += other.states
        self.transitions += other.transitions
        self.messages += other.messages

    def __str__(self) -> str:
        return f"{self.graphs:,} graphs, {self.states:,} states, {self.transitions:,} transitions"


def plan_with(edges: Edges, rules: tuple[Rules, ...]) -> Plan:
    """The plan of a graph: phases `p0`, `p1`, … under these rules."""
    needs = {
        f"p{n}": " ".join(f"p{before}" for after, before in sorted(edges) if after == n) for n in range(len(rules))
    }
    is_tracked = any(one.deliver is Deliver.PULL_REQUEST for one in rules)
    return plan(needs, dict(zip(needs, rules, strict=True)), tracked=is_tracked)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is tried, under which rules, and from which messages exploration goes on; all are tried and checked."""

    vocabulary: Vocabulary = TERSE
    follows: Collection[type[Message]] = MACHINE
    rulebook: Rulebook = REAL
    invariants: Invariants = ALL


class Explorer:
    """One graph, from one first state."""

    def __init__(self, start: Plan, states: States, scope: Scope) -> None:
        self._states = states
        self._vocabulary = scope.vocabulary
        self._follows = scope.follows
        self._rules = scope.rulebook
        self._invariants = scope.invariants
        self._met: dict[StateKey, Plan] = {}
        self._entered: set[StateKey] = set()
        self._ahead: deque[StateKey] = deque()
        self._leads_to: dict[StateKey, set[StateKey]] = {}
        self.tally = Tally(graphs=1)
        self._enter(self._meet(start))

    def run(self) -> Tally:
        while self._ahead:
            key = self._ahead.popleft()
            plan = self._met[key]
            for move in moves(plan, self._states.distinct(plan), self._vocabulary):
                self._try(key, move)
        self._left_alone_every_plan_ends()
        self.tally.states = len(self._met)
        return self.tally

    def _try(self, key: StateKey, move: Move) -> None:
        self.tally.transitions += 1
        after = move.plan if move.message is None else self._told(move.plan, move.message)
        if after is self._met[key]:
            return
        there = self._meet(after)
        by_itself = move.message is None or type(move.message) in MACHINE
        if by_itself and there != key and not isinstance(move.message, AttemptRenewed | AttemptTaken):
            self._leads_to.setdefault(key, set()).add(there)
        if move.message is None or type(move.message) in self._follows:
            self._enter(there)

    def _told(self, plan: Plan, message: Message) -> Plan:
        self.tally.messages[type(message)] += 1
        made = step(plan, message, self._rules.decide(plan, message, THERE, NOW))
        broken = self._invariants.broken_by(made)
        if broken:
            raise Broken(broken, plan, message)
        return made.after

    def _meet(self, plan: Plan) -> StateKey:
        """The key of the state; one that was never met is looked at."""
        key = self._states.key(plan)
        if key not in self._met:
            self._met[key] = plan = self._states.canonical(plan)
            for holds in self._invariants.of_states:
                if not holds(plan, self._rules):
                    raise Broken(holds.__name__, plan)
        return key

    def _enter(self, key: StateKey) -> None:
        if key not in self._entered:
            self._entered.add(key)
            self._ahead.append(key)

    def _left_alone_every_plan_ends(self) -> None:
        """Without people no way leads round in a circle, and wherever one ends, everything is decided."""
        arriving = Counter(there for found in self._leads_to.values() for there in found)
        ahead = [key for key in self._entered if not arriving[key]]
        left = len(self._entered)
        while ahead:
            key = ahead.pop()
            left -= 1
            if key not in self._leads_to and not is_decided(self._met[key]):
                raise Broken("left_alone_every_plan_ends", self._met[key])
            for there in self._leads_to.get(key, ()):
                arriving[there] -= 1
                if not arriving[there]:
                    ahead.append(there)
        if left:
            circle = next(key for key in self._entered if arriving[key])
            raise Broken("left_alone_every_plan_ends", self._met[circle])


def explore(edges: Edges, rules: tuple[Rules, ...], scope: Scope) -> Tally:
    """Explore one graph whose phases have these rules. Raises Broken where an invariant does not hold."""
    states = States(symmetries(edges, [repr(one) for one in rules]))
    start = REAL.decide(plan_with(edges, rules), TimePassed(plan="plan", cause="start"), THERE, NOW).plan
    return Explorer(start, states, scope).run()
