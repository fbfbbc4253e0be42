"""PhaseCoordinator: applies what has arrived and starts what may start, everything that is ready in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from services.coordinator.advance import Candidate, advance, allocate
from services.coordinator.answering import said
from services.coordinator.consequences import made
from services.coordinator.decide import decide, outdated
from services.coordinator.decision import Decision
from services.coordinator.reports import wake_at
from services.coordinator.spending import told, with_spending
from services.domain.budgets import Spending
from services.domain.effects import Effect
from services.domain.events import Event
from services.domain.messages import ClaimPhase, Message, ProjectSeen, Say, TimePassed, is_guarded
from services.domain.plan import Plan
from services.domain.world import World, most_that_can_start
from services.ports import Clock, Delivery, Meaning, OpenWork, PlanText, Sending, Sent, Unclear, Work

BATCH = 256
"""How many stored deliveries one round takes, so that a flood does not hold the transaction open for long."""

SPARE = 8
"""How many waiting plans are looked at beyond those that the free slots are for: a person's work needs no slot."""


@dataclass(frozen=True, slots=True)
class News:
    """What a round is to take in, besides what is stored already.

    `plans` are new; `deliveries` arrive from outside; `messages` are born in this process (reports of executors, facts of
    the outbox) and are written down and applied in one go; `resolved` says what stored deliveries mean, by their ids; `sent`
    says what became of sendings. `look`: something may be stored that this process did not write, so the inbox, the due plans
    and the waiting phases are looked at as well.
    """

    plans: Sequence[tuple[Plan, PlanText]] = ()
    deliveries: Sequence[Delivery] = ()
    messages: Sequence[Message] = ()
    resolved: Mapping[str, Meaning | Unclear] = field(default_factory=dict)
    sent: Sequence[Sent] = ()
    look: bool = False


@dataclass(slots=True)
class Round:
    """What a round did. `accepted` and `refused` answer the deliveries given, and `deferred` are those among them whose plan
    somebody else holds at this moment; `sendings` are this process's to carry out."""

    accepted: list[bool] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    deferred: set[str] = field(default_factory=set)
    sendings: list[Sending] = field(default_factory=list)
    touched: list[Plan] = field(default_factory=list)
    wakes: dict[str, datetime | None] = field(default_factory=dict)
    left_waiting: bool = False
    more: bool = False


class Surroundings(Protocol):
    """What lies outside the plans, as of now; the slots come from the store."""

    def __call__(self) -> World: ...


OnError = Callable[[str, Exception], None]
"""Told the id of a delivery that could not be applied, and why."""


class PhaseCoordinator:
    """One instance a process; `round` is called by one thread. Several processes may coordinate one database."""

    def __init__(self, open_work: OpenWork, clock: Clock, surroundings: Surroundings, on_error: OnError) -> None:
        self._open_work = open_work
        self._clock = clock
        self._surroundings = surroundings
        self._on_error = on_error

    def round(self, news: News) -> Round:
        """Take in the news, decide, start what may start, and commit, once."""
        with self._open_work() as work:
            turn = _Turn(work, self._surroundings(), self._clock.now(), self._on_error)
            turn.take_in(news)
            turn.start()
            return turn.close()


class _Turn:
    """The inside of one round: plans as they were, as they are, and what is to be done about it."""

    def __init__(self, work: Work, world: World, now: datetime, on_error: OnError) -> None:
        self._work = work
        self._world = world
        self._now = now
        self._on_error = on_error
        self._before: dict[str, Plan] = {}
        self._plans: dict[str, Plan] = {}
        self._effects: list[Effect] = []
        self._answers: list[tuple[str, Effect]] = []
        self._events: list[Event] = []
        self._texts: list[tuple[str, PlanText]] = []
        self._seen: list[ProjectSeen] = []
        self._look = False
        self._left_elsewhere = False
        self.outcome = Round()

    # -------------------------------------------------------- taking in

    def take_in(self, news: News) -> None:
        for plan, text in news.plans:
            self._work.plans.add(plan, text)
            self._events += made(plan)
        if news.sent:
            self._work.outbox.mark(news.sent)
        self._write_down(news.resolved)
        stored = self._work.inbox.resolved(BATCH) if news.look or news.resolved else []
        born = [Delivery.of(message, "self", self._now) for message in news.messages]
        self.outcome.accepted = self._work.inbox.receive([*news.deliveries, *born])[: len(news.deliveries)]
        fresh = [one for one, new in zip(news.deliveries, self.outcome.accepted, strict=True) if new and one.messages]
        self._apply([*stored, *fresh, *born])  # oldest first: what is about one plan is applied in order
        self.outcome.more = len(stored) == BATCH
        self._look = news.look
        if news.look:
            self._wake_due()

    def _write_down(self, resolved: Mapping[str, Meaning | Unclear]) -> None:
        for id, found in resolved.items():
            if isinstance(found, Meaning):
                self._work.inbox.resolve(id, found.messages)
            else:
                self._work.inbox.fail(id, found.error, retry_at=found.retry_at)

    def _wake_due(self) -> None:
        self._lock(due := self._work.plans.due(self._now))
        for id in due:
            if plan := self._plans.get(id):
                news = TimePassed(plan=id, cause=f"time/{id}/{self._now.isoformat()}")
                try:
                    self._keep(decide(plan, news, self._world, self._now))
                except Exception as error:  # noqa: BLE001 - nor must one bad plan stop the others
                    self._on_error(news.cause, error)

    def _apply(self, deliveries: Sequence[Delivery]) -> None:
        self._lock(message.plan for one in deliveries for message in one.messages or ())
        done = [one.id for one in deliveries if self._applied(one)]
        if done:
            self._work.inbox.finish(done)

    def _applied(self, delivery: Delivery) -> bool:
        """Apply a delivery whole. False if it has to wait for a plan that somebody else holds, or has failed."""
        messages = delivery.messages or ()
        if not all(self._is_at_hand(message.plan) for message in messages):
            self.outcome.deferred.add(delivery.id)
            return False
        try:
            decisions = self._decided(messages)
        except Exception as error:  # noqa: BLE001 - one bad delivery must not take the others of this round with it
            self._on_error(delivery.id, error)
            self._work.inbox.fail(delivery.id, f"{type(error).__name__}: {error}", retry_at=None)
            return False
        # causes are spent only now, so that a delivery that failed can be replayed
        causes = {message.cause for message in messages if is_guarded(message)}
        if causes and (seen := causes - self._work.inbox.first_time(causes)):
            decisions = self._decided([one for one in messages if not is_guarded(one) or one.cause not in seen])
        for one in messages:
            if isinstance(one, Say) and not one.plan:
                self._answers += [(one.project, effect) for effect in said(one)]
            if isinstance(one, ProjectSeen):
                self._seen.append(one)
        for decision in decisions:
            self._keep(decision)
            if decision.refused:
                self.outcome.refused[delivery.id] = decision.refused
        return True

    def _decided(self, messages: Sequence[Message]) -> list[Decision]:
        """What they mean, one after the other. Nothing is kept yet."""
        plans, decisions = dict[str, Plan](), list[Decision]()
        for message in messages:
            plan = plans.get(message.plan) or self._plans.get(message.plan)
            if plan is not None:
                decisions.append(decision := self._decide(plan, message))
                plans[message.plan] = decision.plan
        return decisions

    def _decide(self, plan: Plan, message: Message) -> Decision:
        """An order for a version that the plan has left behind, be it in this very round, changes nothing."""
        version = plan.version + (plan is not self._before[plan.id])
        if message.expected not in (None, version):
            return outdated(plan, message)
        return decide(plan, message, self._world, self._now)

    def _is_at_hand(self, id: str) -> bool:
        """Locked by us, or gone for good (then there is nothing to wait for)."""
        return id in self._plans or self._work.plans.find(id) is None

    def _lock(self, ids: Iterable[str]) -> None:
        if wanted := {id for id in ids if id not in self._plans}:
            locked = self._work.plans.locked(wanted)
            self._before.update(locked)
            self._plans.update(locked)

    def _keep(self, decision: Decision) -> None:
        """For the end of the round."""
        self._plans[decision.plan.id] = decision.plan
        self._effects += decision.effects
        self._events += decision.events
        if decision.text is not None:
            self._texts.append((decision.plan.id, decision.text))

    # -------------------------------------------------------- starting

    def start(self) -> None:
        """Give free slots to whoever may start: in the plans touched, and, where phases wait for a slot, in all."""
        self._count(self._plans.values())
        candidates = [one for plan in self._plans.values() for one in advance(plan, self._world, self._now)]
        if not candidates and not self._look:
            return
        paused = self._work.projects.paused()
        candidates = [one for one in candidates if one.plan.project not in paused]
        self._save()  # so that the slots are counted as this round has left them
        world = replace(self._world, slots=self._work.plans.slots())
        if self._look:
            candidates += self._waiting_elsewhere(world)
        allocation = allocate(candidates, world)
        self.outcome.left_waiting = allocation.left_waiting or self._left_elsewhere
        for candidate in allocation.chosen:
            self._claim(candidate)

    def _waiting_elsewhere(self, world: World) -> list[Candidate]:
        """The first in the row of those that this round has not touched; no more of them than could start."""
        most = most_that_can_start(world.limits, world.slots)
        limit = BATCH if most is None else min(BATCH, most + len(self._plans) + SPARE)
        found = self._work.plans.startable(limit)
        self._left_elsewhere = len(found) == limit
        self._lock(new := [id for id in found if id not in self._plans])
        plans = [self._plans[id] for id in new if id in self._plans]
        self._count(plans)
        return [one for plan in plans for one in advance(plan, self._world, self._now)]

    def _count(self, plans: Collection[Plan]) -> None:
        """What these plans have used, where that matters; and say so where it was too much."""
        before = self._world
        self._world = with_spending(before, plans, self._spending, self._now)
        if self._world is not before:
            for plan in plans:
                self._effects += told(plan, self._world, self._now)

    def _spending(self, plan: Plan, since: datetime) -> Spending:
        self._save()  # so that what has just ended counts
        return self._work.plans.spending(plan, since)

    def _claim(self, candidate: Candidate) -> None:
        plan = self._plans[candidate.plan.id]
        order = ClaimPhase(
            plan=plan.id,
            phase=candidate.phase.key,
            cause=f"claim/{plan.id}/{plan.fences + 1}",
            holder=self._world.holder,
        )
        self._keep(decide(plan, order, self._world, self._now))

    # -------------------------------------------------------- closing

    def close(self) -> Round:
        """Save what changed, store the effects, and say what is to be done now."""
        self._save()
        self.outcome.touched = [self._plans[id] for id in self.outcome.wakes]
        for project, effects in self._by_project().items():
            self.outcome.sendings += self._work.outbox.add(project, effects, holder=self._world.holder)
        self._work.events.append(self._events, self._now)
        for one in self._seen:  # at last, because plans follow to the new name
            paused_for = one.paused_for or ""
            if self._work.projects.see(one.project, name=one.name, paused_for=paused_for, repository=one.repository):
                self.outcome.more = True
        return self.outcome

    def _save(self) -> None:
        for id, after in self._plans.items():
            before = self._before[id]
            if after is not before:
                wake = wake_at(after, self._world)
                self._before[id] = self._plans[id] = self._work.plans.save(before, after, wake)
                self.outcome.wakes[id] = wake
        for id, text in self._texts:
            self._work.plans.rewrite(id, text)
        self._texts.clear()

    def _by_project(self) -> dict[str, list[Effect]]:
        """The effects of this round, in the order in which they were wished for; then answers that are about no plan."""
        grouped: dict[str, list[Effect]] = {}
        for effect in self._effects:
            grouped.setdefault(self._plans[effect.plan].project, []).append(effect)
        for project, effect in self._answers:
            grouped.setdefault(project, []).append(effect)
        return grouped
