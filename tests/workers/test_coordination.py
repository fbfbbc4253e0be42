"""The coordination loop on a real store: wakes up for news, commits what is ready together, and loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.store import Store
from bot.workers.coordination import CoordinationLoop
from services.coordinator.phase_coordinator import PhaseCoordinator, Round
from services.domain.attempts import Outcome
from services.domain.effects import DispatchAttempt
from services.domain.errors import StorageUnavailable
from services.domain.messages import AttemptFinished, Message, PausePlan, RetryPhase, StartPlan
from services.domain.plan import Plan, PlanState
from services.domain.transitions import PhaseState
from services.domain.world import World
from services.ports import Delivery, Meaning, PhaseText, PlanText, Unclear, Work
from tests.plans import NOW, chain, loose

PATIENCE = 10


class Rounds:
    """Every round that was committed, and a way to wait for one."""

    def __init__(self) -> None:
        self.all: list[Round] = []
        self._changed = threading.Condition()

    def __call__(self, done: Round) -> None:
        with self._changed:
            self.all.append(done)
            self._changed.notify_all()

    def dispatched(self, count: int) -> list[DispatchAttempt]:
        """The first `count` dispatches, once there are as many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._dispatches()) >= count, PATIENCE)
            return self._dispatches()

    def _dispatches(self) -> list[DispatchAttempt]:
        effects = [sending.effect for done in self.all for sending in done.sendings]
        return [effect for effect in effects if isinstance(effect, DispatchAttempt)]


class Site:
    """A loop on a store in a folder, with a plug that can be pulled."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(f"sqlite:///{folder / 'phasebot.db'}", clock=SystemClock())
        self.rounds = Rounds()
        self.errors: list[str] = []
        self.is_unplugged = False
        coordinator = PhaseCoordinator(
            self._open_work, SystemClock(), lambda: World(holder="here"), lambda id, _: self.errors.append(id)
        )
        self.loop = CoordinationLoop(coordinator, SystemClock(), self.rounds)

    def _open_work(self) -> AbstractContextManager[Work]:
        if self.is_unplugged:
            raise StorageUnavailable("the disk is full")
        return self.store.open_work()

    def begin(self, *plans: Plan) -> None:
        given = [(plan, PlanText("", {key: PhaseText("") for key in plan.phases})) for plan in plans]
        orders = [order(StartPlan(plan=plan.id, cause=f"start/{plan.id}")) for plan in plans]
        self.loop.receive(*orders, plans=given).result(PATIENCE)

    def plan(self, id: str = "plan") -> Plan:
        found = self.store.lookups.plan(id)
        assert found is not None
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.loop.start()
    yield made
    made.loop.stop()
    made.store.close()


def order(message: Message) -> Delivery:
    return Delivery(id=message.cause, source="test", received_at=NOW, messages=(message,))


def passed(dispatch: DispatchAttempt) -> AttemptFinished:
    cause = f"{dispatch.plan}/{dispatch.phase}/{dispatch.fence}/finished"
    return AttemptFinished(
        plan=dispatch.plan, phase=dispatch.phase, fence=dispatch.fence, cause=cause, outcome=Outcome.PASSED
    )


def planned(plan: Plan) -> Plan:
    """The plan before it was started."""
    return replace(plan, state=PlanState.PLANNED)


def test_the_end_of_a_phase_and_the_start_of_the_next_are_one_commit(site: Site) -> None:
    site.begin(planned(chain("a b")))
    (first,) = site.rounds.dispatched(1)
    rounds_before = len(site.rounds.all)

    site.loop.tell(passed(first))
    site.rounds.dispatched(2)

    (done,) = [one for one in site.rounds.all[rounds_before:] if one.touched]
    assert {phase.key: phase.state for phase in done.touched[0]} == {
        "a": PhaseState.COMPLETED,
        "b": PhaseState.RUNNING,
    }


def test_a_receipt_comes_when_the_delivery_is_durable_and_says_why_an_order_was_refused(site: Site) -> None:
    site.begin(planned(chain("a b")))
    site.rounds.dispatched(1)

    again = RetryPhase(plan="plan", phase="a", cause="retry-1")
    (receipt,) = site.loop.receive(order(again)).result(PATIENCE)

    assert receipt.accepted
    assert "cannot be run again" in receipt.refused


def test_the_same_delivery_twice_is_one(site: Site) -> None:
    site.begin(planned(chain("a b")))
    pause = order(PausePlan(plan="plan", cause="pause-1"))

    first = site.loop.receive(pause).result(PATIENCE)
    second = site.loop.receive(pause).result(PATIENCE)

    assert [receipt.accepted for receipt in (*first, *second)] == [True, False]


def test_the_same_order_by_two_roads_is_applied_once(site: Site) -> None:
    site.begin(planned(chain("a b")))
    pause = PausePlan(plan="plan", cause="comment-7/1")
    one = Delivery(id="webhook-1", source="github", received_at=NOW, messages=(pause,))
    other = Delivery(id="reconciled-1", source="reconcile", received_at=NOW, messages=(pause,))

    receipts = site.loop.receive(one, other).result(PATIENCE)

    assert [receipt.refused for receipt in receipts] == ["", ""]
    assert site.plan().state is PlanState.PAUSED


def test_reports_survive_a_store_that_cannot_be_written_for_a_while(site: Site) -> None:
    site.begin(planned(chain("a b")))
    (first,) = site.rounds.dispatched(1)
    site.is_unplugged = True
    site.loop.tell(passed(first))
    with pytest.raises(StorageUnavailable):
        site.loop.receive(order(PausePlan(plan="plan", cause="pause-1"))).result(PATIENCE)

    site.is_unplugged = False

    assert [one.phase for one in site.rounds.dispatched(2)] == ["a", "b"]


def test_many_reports_of_one_moment_share_commits(site: Site) -> None:
    site.begin(planned(loose(" ".join(f"phase-{number}" for number in range(40)))))
    dispatches = site.rounds.dispatched(40)
    before = len(site.rounds.all)

    with site.store.open_work():  # the loop has to wait, and the reports pile up
        for dispatch in dispatches:
            site.loop.tell(passed(dispatch))
    site.loop.receive(order(PausePlan(plan="plan", cause="pause-1"))).result(PATIENCE)

    assert all(phase.state is PhaseState.COMPLETED for phase in site.plan())
    assert len(site.rounds.all) - before <= 3


def test_what_a_delivery_means_is_written_down_and_applied_in_one_commit(site: Site) -> None:
    site.begin(planned(chain("a b")))
    (first,) = site.rounds.dispatched(1)
    site.loop.receive(Delivery(id="webhook-1", source="github", received_at=NOW)).result(PATIENCE)
    before = len(site.rounds.all)

    site.loop.resolved({"webhook-1": Meaning((passed(first),)), "webhook-2": Unclear("busy", None)})

    (done,) = [one for one in site.rounds.all[before:] if one.touched]
    assert [one.effect.phase for one in done.sendings if isinstance(one.effect, DispatchAttempt)] == ["b"]


def test_nothing_to_write_down_is_waited_for_by_nobody(site: Site) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(site.loop.resolved, {}).result(PATIENCE)


def test_what_a_delivery_means_is_found_out_again_if_it_could_not_be_stored(site: Site) -> None:
    site.begin(planned(chain("a b")))
    (first,) = site.rounds.dispatched(1)
    site.loop.receive(Delivery(id="webhook-1", source="github", received_at=NOW)).result(PATIENCE)
    site.is_unplugged = True

    with pytest.raises(StorageUnavailable):
        site.loop.resolved({"webhook-1": Meaning((passed(first),))})

    site.is_unplugged = False
    with site.store.open_work() as work:
        assert [one.id for one in work.inbox.received(10)] == ["webhook-1"]


def test_stopping_writes_down_what_was_told_before(site: Site) -> None:
    site.begin(planned(chain("a b")))
    (first,) = site.rounds.dispatched(1)

    site.loop.tell(passed(first))
    site.loop.stop()

    assert site.plan().phase("a").state is PhaseState.COMPLETED
