"""A Work in SQL: one transaction; what its ports collect is written together when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bot.store.events import SqlEvents
from bot.store.inbox import SqlInbox
from bot.store.outbox import SqlOutbox
from bot.store.plans import PlanCache, SqlPlans
from bot.store.projects import SqlProjects
from bot.store.sql import Session


@dataclass(frozen=True, slots=True)
class SqlWork:
    """Implements `services.ports.Work`."""

    inbox: SqlInbox
    plans: SqlPlans
    outbox: SqlOutbox
    events: SqlEvents
    projects: SqlProjects

    @classmethod
    def over(cls, session: Session, cache: PlanCache, now: datetime) -> Self:
        return cls(
            inbox=SqlInbox(session, now),
            plans=SqlPlans(session, cache, now),
            outbox=SqlOutbox(session, now),
            events=SqlEvents(session),
            projects=SqlProjects(session, now),
        )

    def flush(self) -> None:
        """Write all that was collected; plans first, so that a plan that moved fails before anything else is done."""
        self.plans.flush()
        self.inbox.flush()
        self.outbox.flush()
        self.events.flush()
