"""The outbox in SQL: effects in the order in which they were wished for, each held by the process that carries it out.

Who is gone? Every holder leaves a sign of life in `holders`; one whose last sign is older than `SILENCE`, or who was struck
off (`Store.release`: bootstrap knows that the process is dead), holds nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, null, select, text, update

from bot.store.scheduling import take_turn
from bot.store.sql import Listed, Session, insert_into
from bot.store.tables import coordination, holders, outbox, outbox_pending
from bot.store.values import micros, micros_or_none, moment, moment_or_none, storable
from services.domain.effects import Effect, decode, encode
from services.ports import Sending, Sent

SILENCE = timedelta(seconds=60)

_c = outbox.c
_KNOWN = Listed(lambda keys: select(_c.key).where(_c.key.in_(keys)))
_LAST = select(coordination.c.sendings)
_COUNT = text("UPDATE coordination SET sendings = :last")
_ADD = insert_into(outbox)
_MARK = text(
    "UPDATE outbox SET state = :state, holder = '', error = :error, retry_at = :retry_at"
    " WHERE id = :id AND state = 'pending'"
)
_KEEP = text(
    "UPDATE outbox SET tries = tries + 1, error = :error, retry_at = :retry_at WHERE id = :id AND state = 'pending'"
)
_NEXT_RETRY = select(func.min(_c.retry_at)).where(outbox_pending, _c.retry_at.is_not(None))
BEAT = text(
    "INSERT INTO holders (holder, seen_at) VALUES (:holder, :now)"
    " ON CONFLICT (holder) DO UPDATE SET seen_at = excluded.seen_at"
)
GIVE_AWAY = text(
    "UPDATE outbox SET holder = '', tries = tries - 1 WHERE id = :id AND holder = :holder AND state = 'pending'"
)
_SEEN = select(holders.c.seen_at).where(holders.c.holder == bindparam("holder"))


def _claim() -> Any:
    lives = holders.c.holder == _c.holder, holders.c.seen_at > bindparam("silent_since")
    is_free = ~select(holders.c.holder).where(*lives).exists()
    is_due = _c.retry_at.is_(None) | (_c.retry_at <= bindparam("now"))
    oldest = (
        select(_c.id)
        .where(outbox_pending, _c.holder != bindparam("holder_"), is_due, is_free)
        .order_by(_c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return (
        update(outbox)
        .where(_c.id.in_(oldest))
        .values(holder=bindparam("holder_"), tries=_c.tries + 1, retry_at=null())
        .returning(_c.id, _c.project, _c.effect, _c.tries, _c.created_at)
    )


_CLAIM = _claim()


class SqlOutbox:
    """Implements `services.ports.Outbox` in one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._moment = now
        self._now = micros(now)
        self._last: int | None = None
        self._new: dict[str, dict[str, Any]] = {}
        self._marks: list[dict[str, Any]] = []
        self._kept: list[dict[str, Any]] = []
        self._present: set[str] = set()

    def add(self, project: str, effects: Sequence[Effect], *, holder: str) -> list[Sending]:
        if not effects:
            return []
        self._be_present(holder)
        last = self._last_id()
        known = {key for (key,) in self._session.among(_KNOWN, [effect.key for effect in effects])}
        fresh = {effect.key: effect for effect in reversed(effects) if effect.key not in known | self._new.keys()}
        wished = [effect for effect in effects if fresh.get(effect.key) is effect]
        self._last = last + len(wished)
        sendings = [
            Sending(id=id, project=project, effect=effect, tries=1, wished_at=self._moment)
            for id, effect in enumerate(wished, start=last + 1)
        ]
        self._new.update((sending.effect.key, self._row(sending, holder)) for sending in sendings)
        return sendings

    def _last_id(self) -> int:
        """Ids are numbered in the order of commits: whoever adds has the turn until its Work ends."""
        if self._last is None:
            take_turn(self._session)
            row = self._session.row(_LAST)
            assert row is not None
            self._last = row[0]
        return self._last

    def _be_present(self, holder: str) -> None:
        """A holder that was never seen is one from now on; its further signs of life come with `Store.beat`."""
        if holder in self._present:
            return
        if self._session.row(_SEEN, holder=holder) is None:
            self._session.run(BEAT, holder=holder, now=self._now)
        self._present.add(holder)

    def _row(self, sending: Sending, holder: str) -> dict[str, Any]:
        effect = sending.effect
        return {
            "id": sending.id,
            "key": effect.key,
            "project": sending.project,
            "plan_id": effect.plan,
            "kind": effect.kind,
            "effect": encode(effect).decode(),
            "state": "pending",
            "holder": holder,
            "tries": sending.tries,
            "retry_at": None,
            "error": "",
            "created_at": self._now,
        }

    def claim(self, holder: str, limit: int) -> list[Sending]:
        self.flush()
        take_turn(self._session)  # before the question is asked: only then it sees who else has just become a holder
        self._be_present(holder)
        silent_since = micros(self._moment - SILENCE)
        rows = self._session.rows(_CLAIM, holder_=holder, now=self._now, silent_since=silent_since, limit=limit)
        return [
            Sending(id=id, project=project, effect=decode(effect), tries=tries, wished_at=moment(wished_at))
            for id, project, effect, tries, wished_at in sorted(rows)
        ]

    def mark(self, outcomes: Sequence[Sent]) -> None:
        for sent in outcomes:
            mark = {"id": sent.id, "error": storable(sent.error), "retry_at": micros_or_none(sent.retry_at)}
            if sent.kept:
                self._kept.append(mark)
            else:
                self._marks.append({**mark, "state": _state(sent)})

    def next_retry(self) -> datetime | None:
        self.flush()
        row = self._session.row(_NEXT_RETRY)
        return moment_or_none(row[0]) if row else None

    def flush(self) -> None:
        """Write what was added and marked."""
        if self._new:
            self._session.run(_COUNT, last=self._last)
            self._session.each(_ADD, list(self._new.values()))
            self._new.clear()
        self._session.each(_KEEP, self._kept)
        self._session.each(_MARK, self._marks)
        self._kept, self._marks = [], []


def _state(sent: Sent) -> str:
    if sent.retry_at is not None:
        return "pending"
    return "dead" if sent.error else "done"
