"""The loop of a worker: wait for a free hand, take the next job, carry it out, until it is told to end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from bot.executors.held import Key
from bot.executors.local import LocalExecutor
from bot.executors.rq import PRESENCE, PRESENT, QUEUE, STOPS, job_id
from bot.tickets import Subject
from bot.worker.server import Gone, Server
from bot.worker.told import Told
from services.domain.attempts import Outcome
from services.domain.errors import TransientError
from services.domain.messages import AttemptFinished, Report
from services.ports import Assignment

_log = logging.getLogger("phasebot.worker")

_LOOK = 1
"""Seconds that one look into the queue waits: an end is noticed within that."""
_PAUSE = 1.0
_OUTPUT_EVERY = 1.0


class Worker:
    """One for a process. `run` returns when `end` was called, with what was begun still under way: drain the executor then."""

    def __init__(self, redis: Redis, server: Server, executor: LocalExecutor, told: Told, *, hands: int) -> None:
        """`hands` is how many attempts are carried out at once."""
        self._redis = redis
        self._server = server
        self._executor = executor
        self._told = told
        self._hands = hands
        self._free = threading.BoundedSemaphore(hands)
        self._busy: dict[str, Key] = {}
        self._ending = threading.Event()

    def run(self) -> None:
        """Take jobs until the end; while Redis cannot be reached, wait for it."""
        with self._beside("phasebot-presence", self._be_present), self._beside("phasebot-stops", self._hear_of_stops):
            while not self._ending.is_set():
                if self._free.acquire(timeout=_LOOK) and not self._took_one():
                    self._free.release()

    def end(self) -> None:
        """Take nothing more. Callable from a signal handler."""
        self._ending.set()

    def report(self, report: Report) -> None:
        """What the executor says. After the last word the hand is free again."""
        try:
            self._told(report)
        finally:
            is_over = isinstance(report, AttemptFinished)
            if is_over and self._busy.pop(job_id(Subject(report.plan, report.phase, report.fence)), None) is not None:
                self._free.release()

    # ------------------------------------------------------------ taking

    def _took_one(self) -> bool:
        try:
            ticket = self._next()
        except RedisError as error:
            _log.warning("Redis cannot be reached: %s", error)
            self._ending.wait(_PAUSE)
            return False
        if ticket is None or self._ending.is_set():
            return False  # one that was taken out in vain is put into the queue again
        try:
            self._begin(self._server.take(ticket), ticket)
        except Gone:
            return False
        except TransientError as error:
            _log.warning("attempt not taken: %s", error)
            self._ending.wait(_PAUSE)
            return False
        return True

    def _next(self) -> str | None:
        """The ticket of the next job, which is out of the queue from now on."""
        found: Any = self._redis.blpop([f"{Queue.redis_queue_namespace_prefix}{QUEUE}"], _LOOK)
        if found is None:
            return None
        with suppress(NoSuchJobError):
            job = Job.fetch(found[1].decode(), self._redis, JSONSerializer)
            ticket = str(job.args[0])
            job.delete(remove_from_queue=False)
            return ticket
        return None

    def _begin(self, assignment: Assignment, ticket: str) -> None:
        key = (assignment.plan, assignment.phase.key, assignment.fence)
        self._busy[job_id(Subject(*key))] = key
        self._told.expect(key, ticket)
        try:
            self._executor.dispatch(assignment)
        except TransientError:  # it is shutting down; somebody else will run it
            self.report(AttemptFinished.of(*key, Outcome.LOST, None))

    # ------------------------------------------------------------ beside it

    def _be_present(self) -> None:
        """Say that this worker is there, and send the output of what it runs."""
        name = f"{PRESENCE}{self._server.name}"
        while not self._ending.wait(_OUTPUT_EVERY):
            with suppress(RedisError):
                self._redis.set(name, self._hands, ex=PRESENT)
            self._told.send_output()
        with suppress(RedisError):
            self._redis.delete(name)

    def _hear_of_stops(self) -> None:
        """Until the end. What is not heard here is heard when a lease is renewed."""
        while not self._ending.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]
                    heard.subscribe(STOPS)
                    while not self._ending.is_set():
                        message: Any = heard.get_message(timeout=_LOOK)
                        if message and (key := self._busy.get(message["data"].decode())):
                            self._executor.stop(*key)
            except RedisError:
                self._ending.wait(_PAUSE)

    @contextmanager
    def _beside(self, name: str, work: Any) -> Iterator[None]:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            thread.join(timeout=5)
