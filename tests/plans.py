"""Small plans for tests, said in a word, and a story: a plan that is told one message after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.coordinator.decide import decide
from services.coordinator.decision import Decision
from services.coordinator.reports import wake_at
from services.domain.attempts import Attempt, Outcome
from services.domain.effects import Effect
from services.domain.failure import Failure
from services.domain.graph import Graph
from services.domain.messages import AttemptFinished, AttemptStarted, ClaimPhase, Message, TimePassed
from services.domain.phase import IssueRef, OnError, Phase, Rules
from services.domain.plan import Plan, PlanState, plan_of
from services.domain.world import World

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
WORLD = World(holder="here")
LOCAL = Rules(executor="local")
BY_HAND = Rules()


def plan(needs: Mapping[str, str], rules: Rules | Mapping[str, Rules] = LOCAL, **facts: Any) -> Plan:
    """An active plan without issues. `needs` says of each phase which ones it needs: `{"a": "", "b": "a", "c": "a b"}`."""
    graph = Graph({key: tuple(needed.split()) for key, needed in needs.items()})
    of = {key: rules if isinstance(rules, Rules) else rules.get(key, LOCAL) for key in needs}
    phases = {
        key: Phase(key=key, ordinal=ordinal, title=key.capitalize(), rules=of[key])
        for ordinal, key in enumerate(needs, start=1)
    }
    about: dict[str, Any] = {
        "id": "plan",
        "project": "ada/site",
        "title": "Plan",
        "state": PlanState.ACTIVE,
        "tracked": False,
        "created_at": NOW,
    }
    return plan_of(Plan(phases=phases, graph=graph, **(about | facts)))


def chain(keys: str, rules: Rules | Mapping[str, Rules] = LOCAL, **facts: Any) -> Plan:
    """Each phase needs the one before it."""
    ordered = keys.split()
    return plan(dict(zip(ordered, ["", *ordered], strict=False)), rules, **facts)


def loose(keys: str, rules: Rules | Mapping[str, Rules] = LOCAL, **facts: Any) -> Plan:
    """Phases that need nothing."""
    return plan(dict.fromkeys(keys.split(), ""), rules, **facts)


def diamond(rules: Rules | Mapping[str, Rules] = LOCAL, **facts: Any) -> Plan:
    """`left` and `right` need `top`; `bottom` needs both."""
    return plan({"top": "", "left": "top", "right": "top", "bottom": "left right"}, rules, **facts)


def published(plan: Plan) -> Plan:
    """The plan with its issues: the parent is #1, the children follow in plan order."""
    for phase in plan:
        issue = IssueRef(number=1 + phase.ordinal, id=1000 + phase.ordinal)
        plan = plan.with_phase(replace(phase, issue=issue, linked=True))
    return replace(plan, tracked=True, issue=IssueRef(number=1, id=1000))


def with_rules(plan: Plan, key: str, **rules: Any) -> Plan:
    """The plan with other rules for one phase."""
    phase = plan.phase(key)
    return plan.with_phase(replace(phase, rules=replace(phase.rules, **rules)))


FAIL = replace(LOCAL, on_error=OnError.FAIL)
CONTINUE = replace(LOCAL, on_error=OnError.CONTINUE)
RETRIED = replace(LOCAL, retries=1)


Order = Callable[..., Message]
"""A class of orders."""


@dataclass
class Story:
    """A plan that is told one message after another by people, executors and the clock, each with a cause of its own."""

    plan: Plan
    world: World = WORLD
    now: datetime = NOW
    told: int = 0
    effects: list[Effect] = field(default_factory=list)

    def tell(self, message: Message) -> Decision:
        decision = decide(self.plan, message, self.world, self.now)
        self.plan = decision.plan
        self.effects += decision.effects
        return decision

    # ------------------------------------------------ what happens

    def starts(self, *keys: str) -> Story:
        for key in keys:
            decision = self.tell(
                ClaimPhase(plan=self.plan.id, cause=self._cause(), phase=key, holder=self.world.holder)
            )
            assert not decision.refused, f"{key}: {decision.refused}"
        return self

    def runs(self, key: str) -> Decision:
        fence = self.attempt(key).fence
        return self.tell(AttemptStarted(plan=self.plan.id, cause=self._cause(), phase=key, fence=fence))

    def ends(self, key: str, how: str = "passed", *, fence: int | None = None, retryable: bool = False) -> Decision:
        """The newest attempt (or that of an older fence) is reported to have ended."""
        outcome = Outcome(how)
        failure = None if outcome is Outcome.PASSED else Failure("exit", f"{key} {how}", retryable=retryable)
        report = AttemptFinished(
            plan=self.plan.id,
            cause=self._cause(),
            phase=key,
            fence=self.attempt(key).fence if fence is None else fence,
            outcome=outcome,
            failure=failure,
        )
        return self.tell(report)

    def passes(self, *keys: str) -> Story:
        """The phases run and pass, one after the other."""
        for key in keys:
            self.starts(key).ends(key)
        return self

    def breaks(self, key: str, *, retryable: bool = False) -> Decision:
        return self.starts(key).ends(key, "broke", retryable=retryable)

    def says(self, order: Order, key: str, *, by: str = "ada", **what: Any) -> Decision:
        return self.tell(order(plan=self.plan.id, cause=self._cause(), by=by, phase=key, **what))

    def says_of_plan(self, order: Order, *, by: str = "ada", **what: Any) -> Decision:
        return self.tell(order(plan=self.plan.id, cause=self._cause(), by=by, **what))

    def waits(self, passed: timedelta) -> Decision:
        self.now += passed
        return self.tell(TimePassed(plan=self.plan.id, cause=self._cause()))

    def waits_until_woken(self) -> Decision:
        """Time passes until the plan wants to be woken."""
        moment = wake_at(self.plan, self.world)
        assert moment is not None, "nothing is waited for"
        return self.waits(moment - self.now)

    # ------------------------------------------------ how things stand

    def phase(self, key: str) -> Phase:
        return self.plan.phase(key)

    def attempt(self, key: str) -> Attempt:
        attempt = self.phase(key).attempt
        assert attempt is not None, f"{key} has never been attempted"
        return attempt

    def status(self, key: str) -> str:
        return self.phase(key).status.value

    @property
    def statuses(self) -> str:
        """The statuses in plan order, as one line."""
        return " ".join(phase.status for phase in self.plan)

    def _cause(self) -> str:
        self.told += 1
        return f"cause-{self.told}"
