"""The ports of the core in memory: a second, honest implementation of their contract, for tests of what stands on them.

A Work sees a copy of everything; leaving it without an exception puts the copy in place. Plans that another coordinator
holds are named by the test.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.domain.budgets import Spending
from services.domain.effects import Effect
from services.domain.errors import PlanMoved
from services.domain.events import Event
from services.domain.messages import Message
from services.domain.phase import QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.world import Slots
from services.ports import Delivery, PlanText, Sending, Sent
from tests.plans import NOW


@dataclass
class HandClock:
    """Time stands still until the test moves it."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def passes(self, time: timedelta) -> None:
        self.moment += time


@dataclass(frozen=True)
class _Arrived:
    delivery: Delivery
    state: str
    error: str = ""
    retry_at: datetime | None = None


@dataclass
class InboxInMemory:
    """Deliveries in the order in which they arrived, and the causes that were spent."""

    rows: dict[str, _Arrived] = field(default_factory=dict)
    causes: set[str] = field(default_factory=set)

    def receive(self, deliveries: Sequence[Delivery]) -> list[bool]:
        return [self._receive(one) for one in deliveries]

    def received(self, limit: int) -> list[Delivery]:
        return self._in("received")[:limit]

    def resolve(self, id: str, messages: Sequence[Message]) -> None:
        row = self.rows[id]
        self.rows[id] = _Arrived(replace(row.delivery, messages=tuple(messages)), "resolved")

    def resolved(self, limit: int) -> list[Delivery]:
        return self._in("resolved")[:limit]

    def finish(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.rows[id] = replace(self.rows[id], state="applied")

    def fail(self, id: str, error: str, *, retry_at: datetime | None) -> None:
        state = "failed" if retry_at else "dead"
        self.rows[id] = replace(self.rows[id], state=state, error=error, retry_at=retry_at)

    def next_retry(self) -> datetime | None:
        return min((row.retry_at for row in self.rows.values() if row.retry_at), default=None)

    def first_time(self, causes: Collection[str]) -> set[str]:
        new = set(causes) - self.causes
        self.causes |= new
        return new

    def _receive(self, delivery: Delivery) -> bool:
        row = self.rows.get(delivery.id)
        if row is not None and row.state not in ("failed", "dead"):
            return False
        self.rows[delivery.id] = _Arrived(delivery, "received" if delivery.messages is None else "resolved")
        return True

    def _in(self, state: str) -> list[Delivery]:
        return [row.delivery for row in self.rows.values() if row.state == state]


@dataclass
class PlansInMemory:
    """Plans by id. `held` are locked by somebody else."""

    rows: dict[str, Plan] = field(default_factory=dict)
    texts: dict[str, PlanText] = field(default_factory=dict)
    wakes: dict[str, datetime | None] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    saves: int = 0
    spent: Spending = field(default_factory=Spending)

    def add(self, plan: Plan, text: PlanText) -> None:
        if plan.id in self.rows:
            raise ValueError(f"there is a plan {plan.id} already")
        self.rows[plan.id], self.texts[plan.id] = plan, text

    def find(self, id: str) -> Plan | None:
        return self.rows.get(id)

    def find_source(self, project: str, source: str) -> Plan | None:
        found = [plan for plan in self.rows.values() if (plan.project, plan.source) == (project, source)]
        return found[-1] if found else None

    def locked(self, ids: Collection[str]) -> dict[str, Plan]:
        return {id: self.rows[id] for id in ids if id in self.rows and id not in self.held}

    def save(self, before: Plan, after: Plan, wake_at: datetime | None) -> Plan:
        if self.rows[after.id].version != before.version:
            raise PlanMoved(after.id)
        self.rows[after.id] = saved = replace(after, version=before.version + 1)
        self.wakes[after.id] = wake_at
        self.saves += 1
        return saved

    def rewrite(self, id: str, text: PlanText) -> None:
        self.texts[id] = PlanText(text.overview, {**self.texts[id].phases, **text.phases})

    def startable(self, limit: int) -> list[str]:
        found = [
            plan
            for plan in self.rows.values()
            if plan.state is PlanState.ACTIVE and any(phase.status is QueueStatus.READY for phase in plan)
        ]
        return [plan.id for plan in sorted(found, key=lambda plan: (plan.priority, plan.created_at or NOW))][:limit]

    def due(self, now: datetime) -> list[str]:
        return [id for id, wake in self.wakes.items() if wake is not None and wake <= now]

    def next_wake(self) -> datetime | None:
        return min((wake for wake in self.wakes.values() if wake), default=None)

    def text(self, id: str) -> PlanText:
        return self.texts[id]

    def spending(self, plan: Plan, since: datetime) -> Spending:
        return self.spent

    def slots(self) -> Slots:
        slots = Slots()
        for plan in self.rows.values():
            for phase in plan:
                if phase.attempt is not None and phase.attempt.holds_slot:
                    slots = slots.moved(plan.project, plan.id, phase.attempt.executor, 1)
        return slots


@dataclass
class OutboxInMemory:
    """Effects by number, with what is known of each: who holds it, and what became of it."""

    effects: list[tuple[str, Effect]] = field(default_factory=list)
    holders: dict[int, str] = field(default_factory=dict)
    tries: dict[int, int] = field(default_factory=dict)
    outcomes: dict[int, Sent] = field(default_factory=dict)

    def add(self, project: str, effects: Sequence[Effect], *, holder: str) -> list[Sending]:
        known = {effect.key for _, effect in self.effects}
        found = []
        for effect in effects:
            if effect.key not in known:
                known.add(effect.key)
                self.effects.append((project, effect))
                found.append(self._sending(len(self.effects) - 1, holder))
        return found

    def claim(self, holder: str, limit: int) -> list[Sending]:
        free = [id for id in range(len(self.effects)) if id not in self.holders and self._is_open(id)]
        return [self._sending(id, holder) for id in free[:limit]]

    def mark(self, outcomes: Sequence[Sent]) -> None:
        for one in outcomes:
            if one.kept:
                self.tries[one.id] += 1
                continue
            self.outcomes[one.id] = one
            self.holders.pop(one.id, None)

    def next_retry(self) -> datetime | None:
        return min((one.retry_at for one in self.outcomes.values() if one.retry_at), default=None)

    def _is_open(self, id: int) -> bool:
        return id not in self.outcomes or self.outcomes[id].retry_at is not None

    def _sending(self, id: int, holder: str) -> Sending:
        self.holders[id] = holder
        self.tries[id] = self.tries.get(id, 0) + 1
        project, effect = self.effects[id]
        return Sending(id=id, project=project, effect=effect, tries=self.tries[id], wished_at=NOW)


@dataclass
class EventsInMemory:
    """The audit trail as a list."""

    lines: list[Event] = field(default_factory=list)

    def append(self, events: Iterable[Event], at: datetime) -> None:
        self.lines.extend(events)


@dataclass
class ProjectsInMemory:
    """Projects by name, and those that are paused."""

    known: set[str] = field(default_factory=set)
    resting: set[str] = field(default_factory=set)
    absent: dict[str, str] = field(default_factory=dict)

    def add(self, id: str) -> None:
        self.known.add(id)

    def pause(self, id: str) -> None:
        self.resting.add(id)

    def resume(self, id: str) -> None:
        self.resting.discard(id)
        self.absent.pop(id, None)

    def see(self, id: str, *, name: str, paused_for: str, repository: int | None = None) -> bool:
        assert name == id, "nothing is renamed in memory"
        if id not in self.known or self.absent.get(id, "") == paused_for:
            return False
        self.absent[id] = paused_for
        return True

    def paused(self) -> dict[str, str]:
        absent = {id: why for id, why in self.absent.items() if why}
        return dict.fromkeys(self.resting, "") | absent


@dataclass
class WorkInMemory:
    """All that is stored. Itself a Work; `opened` gives one that counts only if it is left without an exception."""

    inbox: InboxInMemory = field(default_factory=InboxInMemory)
    plans: PlansInMemory = field(default_factory=PlansInMemory)
    outbox: OutboxInMemory = field(default_factory=OutboxInMemory)
    events: EventsInMemory = field(default_factory=EventsInMemory)
    projects: ProjectsInMemory = field(default_factory=ProjectsInMemory)

    def copied(self) -> WorkInMemory:
        """As it is now; what is changed in one of the two does not show in the other. The values in it are immutable."""
        inbox, plans, outbox = self.inbox, self.plans, self.outbox
        return WorkInMemory(
            InboxInMemory(dict(inbox.rows), set(inbox.causes)),
            PlansInMemory(dict(plans.rows), dict(plans.texts), dict(plans.wakes), plans.held, plans.saves, plans.spent),
            OutboxInMemory(list(outbox.effects), dict(outbox.holders), dict(outbox.tries), dict(outbox.outcomes)),
            EventsInMemory(list(self.events.lines)),
            ProjectsInMemory(set(self.projects.known), set(self.projects.resting), dict(self.projects.absent)),
        )


@dataclass
class StoreInMemory:
    """Opens one Work after another. `stored` is what the last one that went well left behind."""

    stored: WorkInMemory = field(default_factory=WorkInMemory)
    commits: int = 0

    @contextmanager
    def open_work(self) -> Iterator[WorkInMemory]:
        work = self.stored.copied()
        yield work
        self.stored = work
        self.commits += 1
