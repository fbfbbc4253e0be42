"""The local executor over many machines: attempts wait in a queue of RQ on Redis until a worker takes them.

Redis is a doorbell. What is to be done, and by whom, is known to the database alone: a queue that was lost is filled again, a
job that comes twice is taken once, and one that nobody wants any more is not taken at all. A worker that ended without a word
is noticed by its lease, as everywhere.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from bot.tickets import Subject, Tickets
from services.domain.attempts import Outcome
from services.domain.errors import RemoteUnavailable
from services.domain.messages import AttemptFinished, AttemptRenewed, Report
from services.domain.rules import LOCAL
from services.domain.world import Closed
from services.execution.workflow_runs import Carried
from services.ports import Assignment, Clock

_log = logging.getLogger("phasebot.executors.rq")

QUEUE = "phasebot"
STOPS = "phasebot:stops"
"""The channel on which workers hear that an attempt is not wanted any more. One that does not hear it learns it when it
renews its lease."""
PRESENCE = "phasebot:worker:"
"""Before the name of a worker: how many attempts it runs at once, for as long as it gives a sign of life."""
PRESENT = 10
"""Seconds that a sign of life counts."""
JOB = "bot.worker.job.carry_out"
_PATIENCE = 3.0
_ATTEMPT_TTL = timedelta(days=7)


def connected(url: str, *, patience: float | None = _PATIENCE) -> Redis:
    """A client that gives up early: nobody waits for a doorbell."""
    return Redis.from_url(
        url,
        socket_timeout=patience,
        socket_connect_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def job_id(subject: Subject) -> str:
    return f"{subject.plan}-{subject.fence}"


class RqExecutor:
    """Implements `services.ports.RemoteExecutor`; its attempts are heard of without being looked at.

    `changed` is called when work can be taken that could not before.
    """

    name = LOCAL
    reports_itself = True

    def __init__(self, redis: Redis, tickets: Tickets, clock: Clock, changed: Callable[[], None]) -> None:
        self._redis = redis
        self._queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
        self._tickets = tickets
        self._clock = clock
        self._changed = changed
        self._slots = 0
        self._closed: Closed | None = Closed("queue_unreachable")
        self._lock = threading.Lock()

    # ------------------------------------------------------------ the port

    def begin(self, assignment: Assignment, *, uncertain: bool) -> Sequence[Report]:
        """Put it into the queue; that it has begun is said by whoever takes it. In the queue twice, it is taken once."""
        self._ring([_subject(assignment)])
        return ()

    def end(self, assignment: Assignment) -> Sequence[Report]:
        """One that nobody has taken ends here: from now on nobody can. Whoever has taken it will say how it ended."""
        subject, attempt = _subject(assignment), assignment.phase.attempt
        if attempt is None or not attempt.ref:
            return [AttemptFinished.of(subject.plan, subject.phase, subject.fence, Outcome.CANCELLED, None)]
        with _in_words():
            self._redis.publish(STOPS, job_id(subject))
        return ()

    def look(self, of: Carried) -> Sequence[Report]:
        return ()

    def close(self) -> None:
        self._redis.close()

    # ------------------------------------------------------------ whether it can be used

    @property
    def slots(self) -> int:
        """How many attempts the workers that are there run at once."""
        return self._slots

    @property
    def closed(self) -> Closed | None:
        """Why nothing can be begun now; None if it can."""
        return self._closed

    def watch(self) -> None:
        """Look who is there. To be called every second or so."""
        with self._lock:
            before = (self._slots, self._closed)
            try:
                self._slots = sum(self._present())
                self._closed = None if self._slots else Closed("no_workers")
            except RedisError as error:
                self._closed = Closed("queue_unreachable")
                if before[1] != self._closed:
                    _log.warning("Redis cannot be reached: %s", error)
            has_changed = before != (self._slots, self._closed)
        if has_changed:
            self._changed()

    def _present(self) -> Iterator[int]:
        names = list(self._redis.scan_iter(match=f"{PRESENCE}*", count=1000))
        values: list[Any] = self._redis.mget(names) if names else []
        return (int(value) for value in values if value is not None)

    # ------------------------------------------------------------ what has to be in the queue

    def refill(self, live: Iterable[Carried]) -> Iterator[Report]:
        """Ring again for whatever nobody has taken and is not in the queue, and keep what waits there from being given up.
        Where no worker is there, it is given up: then it says why it does not run."""
        waiting = [one for one in live if _waits(one)]
        if not waiting or self._closed is not None:
            return
        with _in_words():
            there = set(self._queue.get_job_ids())
        subjects = [Subject(one.plan, one.phase, one.attempt.fence) for one in waiting]
        self._ring([one for one in subjects if job_id(one) not in there])
        at = self._clock.now().isoformat()
        for one in subjects:
            cause = f"{one.plan}/{one.phase}/{one.fence}/waits/{at}"
            yield AttemptRenewed(plan=one.plan, phase=one.phase, fence=one.fence, cause=cause)

    def _ring(self, subjects: Sequence[Subject]) -> None:
        with _in_words():
            for one in subjects:
                self._queue.enqueue_call(
                    JOB,
                    args=(self._tickets.made(one),),
                    job_id=job_id(one),
                    timeout=-1,  # ours are kept by whoever runs the attempt
                    result_ttl=0,
                    failure_ttl=60,
                    ttl=int(_ATTEMPT_TTL.total_seconds()),
                    description=f"{one.plan} {one.phase}",
                )


def _subject(assignment: Assignment) -> Subject:
    return Subject(assignment.plan, assignment.phase.key, assignment.fence)


def _waits(live: Carried) -> bool:
    attempt = live.attempt
    return attempt.executor == LOCAL and not attempt.ref and attempt.state.is_in_flight


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise RemoteUnavailable(f"Redis cannot be reached: {error}", where="PHASEBOT_REDIS_URL") from None
