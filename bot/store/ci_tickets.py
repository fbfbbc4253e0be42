"""Tickets of CI in SQL: by digests of what proves them, each good for one word about one attempt."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Table, Text, bindparam, select, text

from bot.store.sql import Apart, insert_into
from bot.store.tables import metadata
from bot.store.values import micros
from bot.tickets import Subject

ci_tickets = Table(
    "ci_tickets",
    metadata,
    Column("digest", Text, primary_key=True),  # of the ticket, which is kept nowhere
    Column("plan_id", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("said", Text),  # digest of what it was used for; none while it was not
)
Index("ix_ci_tickets_expires_at", ci_tickets.c.expires_at)

_t = ci_tickets.c
_ADD = insert_into(ci_tickets)
_USE = text(
    "UPDATE ci_tickets SET said = :said WHERE digest = :digest AND expires_at > :now AND (said IS NULL OR said = :said)"
)
_OF = select(_t.plan_id, _t.phase, _t.fence).where(_t.digest == bindparam("digest"), _t.said == bindparam("said"))


class CiTickets(Apart):
    """Each call is a transaction of its own."""

    def add(self, digest: str, subject: Subject, expires_at: datetime) -> None:
        row = {
            "digest": digest,
            "plan_id": subject.plan,
            "phase": subject.phase,
            "fence": subject.fence,
            "expires_at": micros(expires_at),
            "said": None,
        }
        with self._writing() as session:
            session.each(_ADD, [row])

    def use(self, digest: str, said: str, now: datetime) -> Subject | None:
        """The attempt that the ticket speaks for; used up by that for anything but the same words, which may come again
        because their answer was lost. None for one that is used up, has expired, or never was."""
        with self._writing() as session:
            session.run(_USE, digest=digest, said=said, now=micros(now))
            row = session.row(_OF, digest=digest, said=said)
        return Subject(*row) if row else None
