"""Where the queue is: in a database of this machine, or behind a server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Protocol

from bot.bootstrap import Options, Phasebot
from bot.client import Client
from bot.settings import Settings
from bot.store.views import item_place
from bot.web.api.shapes import AttemptShape, QueueItem
from bot.web.api.showing import attempt, queue_items
from services.commands.orders import CommandInvalid, Giver, order_for
from services.commands.spec import RETRY
from services.coordinator.phase_coordinator import News, PhaseCoordinator
from services.domain.errors import NotFound
from services.domain.plan import Plan
from services.domain.world import World
from services.ports import Delivery

_PAGE = 200


class Queue(Protocol):
    """What the commands ask and order. Raises UserError for whatever does not fit."""

    def items(self, *, project: str | None, status: str | None, plan: str | None) -> Iterator[QueueItem]: ...

    def item(self, queue_id: str) -> QueueItem: ...

    def attempts(self, queue_id: str) -> list[AttemptShape]: ...

    def order(self, verb: str, target: str, why: str) -> None:
        """`target` is a phase by its queue id, or a plan."""

    def close(self) -> None: ...


class OnServer:
    """By the API. Who has ordered it is the token."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def items(self, *, project: str | None, status: str | None, plan: str | None) -> Iterator[QueueItem]:
        if plan is None:
            return self._client.queue(project=project, status=status)
        return (one for one in self._client.plan(plan).phases if status is None or one.status == status)

    def item(self, queue_id: str) -> QueueItem:
        return self._client.phase(queue_id)

    def attempts(self, queue_id: str) -> list[AttemptShape]:
        return self._client.attempts(queue_id)

    def order(self, verb: str, target: str, why: str) -> None:
        if "." in target:
            self._client.order_phase(target, verb, why="" if verb == RETRY else why, how=why if verb == RETRY else "")
        else:
            self._client.order_plan(target, verb)

    def close(self) -> None:
        self._client.close()


class OnDatabase:
    """Beside whatever process works on it: orders are applied here, at once; what they lead to is that process's to do."""

    def __init__(self, settings: Settings, by: str) -> None:
        self._phasebot = Phasebot(settings, Options(issues=False))
        self._by = by

    def items(self, *, project: str | None, status: str | None, plan: str | None) -> Iterator[QueueItem]:
        views, place = self._phasebot.store.views, None
        if plan is not None:
            self._plan(plan)
        while True:
            found = views.queue(project=project, plan=plan, after=place, limit=_PAGE)
            yield from (one for one in queue_items(self._phasebot, found) if status is None or one.status == status)
            if len(found) < _PAGE:
                return
            place = item_place(found[-1])

    def item(self, queue_id: str) -> QueueItem:
        return queue_items(self._phasebot, [self._phasebot.store.views.item(queue_id)])[0]

    def attempts(self, queue_id: str) -> list[AttemptShape]:
        return [attempt(one) for one in self._phasebot.store.views.attempts(queue_id)]

    def order(self, verb: str, target: str, why: str) -> None:
        clock, store = self._phasebot.clock, self._phasebot.store
        phase = store.views.item(target) if "." in target else None
        plan = self._plan(phase.plan_id if phase else target)
        cause = f"cli/{uuid.uuid4().hex}"
        subject = plan.phase(phase.phase_key) if phase else None
        message = order_for(verb, plan, subject, Giver(by=self._by, cause=cause), why)
        holder = f"cli/{uuid.uuid4().hex}"
        world = World(holder=holder, executors=frozenset())  # this process ends: it starts nothing
        coordinator = PhaseCoordinator(store.open_work, clock, lambda: world, _raise)
        done = coordinator.round(News(deliveries=[Delivery.of(message, "order", clock.now())]))
        store.release(holder)
        if refused := done.refused.get(cause):
            raise CommandInvalid(refused)

    def close(self) -> None:
        self._phasebot.stop()

    def _plan(self, id: str) -> Plan:
        plan = self._phasebot.answers.plan(id)
        if plan is None:
            raise NotFound(f"there is no plan {id}", fix="`phasebot queue list` shows the phases of all plans.")
        return plan


def _raise(_delivery: str, error: Exception) -> None:
    raise error
