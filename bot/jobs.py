"""Jobs: single tools run on request by threads of this process, each in a folder that is thrown away afterwards."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel

from bot.executors.attempt_log import JOBS, AttemptLog, job_log_path
from bot.executors.matching import Crew, WorkspaceFiles
from bot.executors.running_groups import Orphan, ProcessId, RunningGroups
from bot.store.jobs import SqlJobs
from services.domain.errors import TransientError, UserError
from services.domain.failure import Failure
from services.execution.cancellation import Cancellation, Stop, Stopped
from services.execution.envelope import envelope
from services.execution.jobs import Job
from services.execution.redaction import Redactor
from services.execution.tool import Context, ToolFailed
from services.execution.tool_runner import ToolRunner
from services.ports import Clock

log = structlog.get_logger()

AT_ONCE = 4
MOST_WAITING = 100
"""Jobs that this process takes on before it asks to come back later."""

LARGEST_RESULT = 1024 * 1024
"""Characters, as JSON: what is shown as the answer of a request and kept in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPremises:
    """Where jobs work: `lend` gives one a folder by its name, `log_dir` keeps the output, `holder` names this process,
    `changed` is called from any thread whenever something was stored about one."""

    lend: Callable[[str], AbstractContextManager[str]]
    log_dir: Path
    holder: str
    redactor: Redactor = field(default_factory=Redactor)
    crew: Crew = field(default_factory=Crew)
    changed: Callable[[], None] = lambda: None


class Jobs:
    """Callable from any thread. What is asked about jobs is in the store; here is what this process does about its own."""

    def __init__(self, runner: ToolRunner, store: SqlJobs, clock: Clock, premises: JobPremises) -> None:
        self._runner = runner
        self._store = store
        self._clock = clock
        self._premises = premises
        self._changed = threading.Condition()
        self._held: dict[str, Cancellation] = {}
        self._running: set[str] = set()
        self._is_ending = False
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="phasebot-job")

    def submit(self, job: Job, why: str = "") -> Job:
        """Take it on: it is stored when this returns, and runs soon; `why` is for the audit trail.

        Raises TransientError where there are too many.
        """
        cancellation = Cancellation()
        with self._changed:
            if self._is_ending:
                raise TransientError("this server is ending", retry_after=5)
            if len(self._held) >= MOST_WAITING:
                raise TransientError(f"{MOST_WAITING} jobs are waiting already", retry_after=5)
            self._held[job.id] = cancellation
        try:
            shown = replace(job, arguments=self._premises.redactor.value(job.arguments))
            self._store.add(shown, holder=self._premises.holder, why=why)
            self._premises.changed()
            self._threads.submit(self._work, job, cancellation)
        except BaseException:
            self._let_go(job.id)
            raise
        return self._store.one(job.id)

    def cancel(self, id: str, *, by: str, why: str = "") -> bool:
        """Wish for its end, wherever it runs; one that has not begun has ended then. False if it had ended already."""
        if not self._store.cancel(id, by=by, why=why):
            return False
        self._premises.changed()
        self._request(id, Stop.CANCELLED)
        return True

    def look_for_lost(self) -> None:
        """Say of those whose process is gone that they are lost."""
        if self._store.give_up():
            self._premises.changed()

    def look(self) -> None:
        """End those whose end was wished for by way of another process."""
        with self._changed:
            held = list(self._held)
        for id in self._store.cancelling(held) if held else ():
            self._request(id, Stop.CANCELLED)

    def drain(self, timeout: float | None = None) -> bool:
        """Begin nothing new, and let finish what runs; what has not begun is lost. True if all ended within `timeout`."""
        with self._changed:
            self._is_ending = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout)

    def close(self) -> None:
        """End all of them; they count as lost."""
        with self._changed:
            self._is_ending = True
            held = list(self._held)
        for id in held:
            self._request(id, Stop.INTERRUPTED)
        self._threads.shutdown(wait=True, cancel_futures=True)

    def prune(self, age: timedelta) -> None:
        """Remove the output of jobs that is older than that."""
        before = (self._clock.now() - age).timestamp()
        for path in (self._premises.log_dir / JOBS).glob("*.log"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _request(self, id: str, reason: Stop) -> None:
        with self._changed:
            cancellation = self._held.get(id)
        if cancellation is not None:
            cancellation.request(reason)

    def _let_go(self, id: str) -> None:
        with self._changed:
            self._held.pop(id, None)
            self._running.discard(id)
            self._changed.notify_all()

    # ------------------------------------------------------------ working

    def _work(self, job: Job, cancellation: Cancellation) -> None:
        with self._changed:
            self._running.add(job.id)
        try:
            if self._store.start(job.id):
                self._premises.changed()
                self._store.finish(job.id, *self._told(job, self._carried_out(job, cancellation)))
                self._premises.changed()
        except Exception:  # nobody waits for this thread; as its end is not stored, the job becomes lost
            log.exception("job_not_finished", job=job.id)
        finally:
            self._let_go(job.id)

    def _carried_out(self, job: Job, cancellation: Cancellation) -> BaseModel | Failure | BaseException:
        premises = self._premises
        try:
            with (
                closing(AttemptLog(job_log_path(premises.log_dir, job.id), premises.redactor)) as output,
                premises.lend(f"job-{job.id}") as folder,
            ):
                context = self._context(job, folder, cancellation.within(job.timeout), output)
                return self._runner.run(job.tool, job.arguments, context)
        except (UserError, ToolFailed, Stopped, OSError) as error:
            return error

    def _context(self, job: Job, folder: str, cancellation: Cancellation, output: AttemptLog) -> Context:
        us = ProcessId.of(os.getpid())
        orphan = Orphan(JOBS, job.id, 0)
        return Context(
            workspace=folder,
            cancellation=cancellation,
            output=output,
            processes=RunningGroups(self._premises.log_dir / "running", orphan, us),
            files=WorkspaceFiles(Path(folder), self._premises.crew, lambda _: None),
            environment=orphan.variables(us),
        )

    def _told(
        self, job: Job, ended: BaseModel | Failure | BaseException
    ) -> tuple[Mapping[str, Any] | None, Failure | None]:
        """The result or the failure, as they are kept: without secrets."""
        match ended:
            case Failure():
                return None, ended
            case BaseModel():
                return self._kept(job, ended.model_dump(mode="json"))
        return None, self._failure(job, envelope(ended))

    def _kept(self, job: Job, result: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, Failure | None]:
        kept = self._premises.redactor.value(result)
        if len(json.dumps(kept)) <= LARGEST_RESULT:
            return kept, None
        message = f"what the tool returned is longer than {LARGEST_RESULT:,} characters"
        return None, self._failure(job, Failure("result_too_large", message))

    def _failure(self, job: Job, bare: Failure) -> Failure:
        message = self._premises.redactor.text(bare.message)
        return replace(bare, tool=job.tool, message=message, timestamp=self._clock.now().isoformat())
