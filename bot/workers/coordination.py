"""The coordination loop: the one thread that writes.

Whatever is ready at one moment (deliveries, reports, what became of effects) goes into one transaction. Wake-ups are
events: a report wakes the loop at once; time wakes it at the moment a plan asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

import structlog

from bot.tracing import span
from services.coordinator.phase_coordinator import News, PhaseCoordinator, Round
from services.domain.errors import StorageUnavailable
from services.domain.messages import Message
from services.domain.plan import Plan
from services.ports import Clock, Delivery, Meaning, PlanText, Sent, Unclear

log = structlog.get_logger()

DRAIN = 512
"""How much one round takes in."""

IDLE = 1.0
"""Seconds without news after which marks that ride along are written by themselves."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery: stored (False: it was here already), and, if an order did not fit, why not.

    `is_deferred`: another process holds its plan at this moment; one of the two applies it right after that.
    """

    accepted: bool
    refused: str = ""
    is_deferred: bool = False


@dataclass(frozen=True, slots=True)
class _Arrival:
    deliveries: tuple[Delivery, ...]
    plans: tuple[tuple[Plan, PlanText], ...]
    receipts: Future[list[Receipt]]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a sending, with the facts it brought; somebody waits until that is durable."""

    sent: Sent
    facts: tuple[Message, ...]
    durable: threading.Event


@dataclass(frozen=True, slots=True)
class _Resolved:
    """What deliveries mean, by their ids; somebody waits until that is durable."""

    found: Mapping[str, Meaning | Unclear]
    durable: Future[None]


@dataclass(frozen=True, slots=True)
class _Look:
    """Somebody else may have stored something."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """Finish what is in the queue before this, then end."""


_Item = Message | _Outcome | _Arrival | _Resolved | _Look | _Stop


@dataclass(slots=True)
class _Batch:
    messages: list[Message] = field(default_factory=list)
    riders: list[Sent] = field(default_factory=list)
    outcomes: list[_Outcome] = field(default_factory=list)
    arrivals: list[_Arrival] = field(default_factory=list)
    resolved: list[_Resolved] = field(default_factory=list)
    look: bool = False
    stop: bool = False

    def take(self, item: _Item) -> None:
        match item:
            case _Outcome():
                self.outcomes.append(item)
            case _Arrival():
                self.arrivals.append(item)
            case _Resolved():
                self.resolved.append(item)
            case _Look():
                self.look = True
            case _Stop():
                self.stop = True
            case _:
                self.messages.append(item)

    def news(self) -> News:
        return News(
            plans=[plan for arrival in self.arrivals for plan in arrival.plans],
            deliveries=[delivery for arrival in self.arrivals for delivery in arrival.deliveries],
            messages=[*self.messages, *(fact for outcome in self.outcomes for fact in outcome.facts)],
            resolved={id: meaning for one in self.resolved for id, meaning in one.found.items()},
            sent=[*self.riders, *(outcome.sent for outcome in self.outcomes)],
            look=self.look,
        )


CarryOut = Callable[[Round], None]
"""Told of every round after its commit: what is to be carried out, and which plans changed. Must return at once."""


class CoordinationLoop:
    """Feeds the PhaseCoordinator from a queue that any thread may put into."""

    def __init__(self, coordinator: PhaseCoordinator, clock: Clock, carry_out: CarryOut) -> None:
        self._coordinator = coordinator
        self._clock = clock
        self._carry_out = carry_out
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._riders: SimpleQueue[Sent] = SimpleQueue()
        self._wakes: dict[str, datetime] = {}
        self._phases_wait_for_slots = False
        self._thread = threading.Thread(target=self._run, name="coordination", daemon=True)

    # -------------------------------------------------------- from any thread

    def start(self) -> None:
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Write down everything given so far, then end."""
        self._queue.put(_Stop())
        if self._thread.is_alive():
            self._thread.join()

    def tell(self, message: Message) -> None:
        """A fact or report born in this process."""
        self._queue.put(message)

    def sent(self, outcome: Sent) -> None:
        """What became of a sending; written down soon, with whatever comes next."""
        self._riders.put(outcome)

    def sent_now(self, outcome: Sent, facts: Sequence[Message]) -> None:
        """The same, with facts that the plan waits for; returns when they are durable, so that more can build on them."""
        durable = threading.Event()
        self._queue.put(_Outcome(outcome, tuple(facts), durable))
        while not durable.wait(IDLE) and self._thread.is_alive():
            pass

    def receive(self, *deliveries: Delivery, plans: Sequence[tuple[Plan, PlanText]] = ()) -> Future[list[Receipt]]:
        """Store deliveries (and new plans); the future is done when they are durable, and applied where they could be."""
        receipts: Future[list[Receipt]] = Future()
        self._queue.put(_Arrival(deliveries, tuple(plans), receipts))
        return receipts

    def resolved(self, found: Mapping[str, Meaning | Unclear]) -> None:
        """Write down what stored deliveries mean, and apply it. Durable when it returns. Raises StorageUnavailable."""
        if not found:
            return
        durable: Future[None] = Future()
        self._queue.put(_Resolved(found, durable))
        durable.result()

    def look(self) -> None:
        """Look at what is stored: resolved deliveries, due plans, waiting phases."""
        self._queue.put(_Look())

    # -------------------------------------------------------- the thread

    def _run(self) -> None:
        stopping = False
        while not stopping:
            batch = self._next_batch()
            stopping = batch.stop
            self._round(batch)

    def _next_batch(self) -> _Batch:
        batch = _Batch()
        try:
            batch.take(self._queue.get(timeout=self._until_wake()))
            for _ in range(DRAIN):
                batch.take(self._queue.get_nowait())
        except Empty:
            pass
        while not self._riders.empty():
            batch.riders.append(self._riders.get_nowait())
        batch.look = batch.look or self._phases_wait_for_slots or self._is_due()
        return batch

    def _until_wake(self) -> float:
        wake = min(self._wakes.values(), default=None)
        if wake is None:
            return IDLE
        return max(0.0, min(IDLE, (wake - self._clock.now()).total_seconds()))

    def _is_due(self) -> bool:
        return bool(self._wakes) and min(self._wakes.values()) <= self._clock.now()

    def _round(self, batch: _Batch) -> None:
        news = batch.news()
        if not (news.look or news.messages or news.resolved or news.sent or batch.arrivals):
            return
        try:
            with span("round", phasebot__deliveries=len(news.deliveries), phasebot__messages=len(news.messages)):
                done = self._coordinator.round(news)
        except StorageUnavailable as error:
            log.warning("round_not_stored", error=str(error))
            self._give_back(batch, error)
        except Exception as error:  # nothing was written, and without this thread all would stand still
            log.exception("round_failed")
            self._give_back(batch, error)
        else:
            self._remember(done, looked=news.look)
            self._carry_out(done)
            _hand_out_receipts(batch.arrivals, done)
            for outcome in batch.outcomes:
                outcome.durable.set()
            for one in batch.resolved:
                one.durable.set_result(None)

    def _give_back(self, batch: _Batch, error: Exception) -> None:
        """Nothing was written. Those who wait are told; what was born here is kept and tried again."""
        for arrival in batch.arrivals:
            arrival.receipts.set_exception(error)
        for one in batch.resolved:
            one.durable.set_exception(StorageUnavailable(str(error)))
        for item in (*batch.messages, *batch.outcomes):
            self._queue.put(item)
        for rider in batch.riders:
            self._riders.put(rider)
        if not batch.stop:
            threading.Event().wait(IDLE)

    def _remember(self, done: Round, *, looked: bool) -> None:
        for id, wake in done.wakes.items():
            if wake is None:
                self._wakes.pop(id, None)
            else:
                self._wakes[id] = wake
        self._phases_wait_for_slots = done.left_waiting or (self._phases_wait_for_slots and not looked)
        if done.more:
            self.look()


def _hand_out_receipts(arrivals: Sequence[_Arrival], done: Round) -> None:
    accepted = iter(done.accepted)
    for arrival in arrivals:
        arrival.receipts.set_result(
            [
                Receipt(next(accepted), done.refused.get(delivery.id, ""), delivery.id in done.deferred)
                for delivery in arrival.deliveries
            ]
        )
