"""The local executor: a warm pool of threads in this process that carry out the operations of phases."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue

from bot.executors.attempt_log import AttemptLog, log_path
from bot.executors.held import Held, Key
from bot.executors.leases import Leases
from bot.executors.matching import Crew, WorkspaceFiles
from bot.executors.running_groups import Orphan, ProcessId, RunningGroups, reap
from bot.executors.secrets import named_secrets
from bot.tracing import span
from services.domain.attempts import Result
from services.domain.errors import TransientError, UserError
from services.domain.failure import Failure
from services.domain.messages import AttemptFinished
from services.execution.batch import Progress
from services.execution.cancellation import Cancellation, Stop, Stopped
from services.execution.envelope import envelope
from services.execution.operations import Ending, Surroundings, context_for, outcome_of, run_operations
from services.execution.redaction import Redactor
from services.execution.tool import ToolFailed
from services.execution.tool_runner import ToolRunner
from services.execution.workspace import Workspace, Workspaces
from services.ports import Assignment, Clock, Reports

_log = logging.getLogger("phasebot.executors.local")
_REMEMBERED = 10_000
"""Of how many phases the newest fence is known, so that a dispatch that comes twice is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """Where and how the executor works: `workspaces` makes the places, `log_dir` keeps the output.

    `lease` is how long the coordinator believes in an attempt without news of it, `crew` says how many files are worked on at
    once, `secrets` are those that policies may name, and `progress` hears how far batches have come.
    """

    workspaces: Workspaces
    log_dir: Path
    workers: int = 2
    lease: timedelta = timedelta(seconds=60)
    redactor: Redactor = field(default_factory=Redactor)
    crew: Crew = field(default_factory=Crew)
    secrets: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[Key, Progress], None] = lambda _key, _progress: None


class LocalExecutor:
    """Runs attempts in this process. Safe to use from several threads; `close` it, or use it as a context.

    `reports` is called from its threads, and has to be quick: leases are renewed through it. Were it to fail for the end
    of an attempt, the attempt's lease would run out, and it would be run again.
    """

    name = "local"

    def __init__(self, runner: ToolRunner, reports: Reports, clock: Clock, premises: Premises) -> None:
        self._runner = runner
        self._reports = reports
        self._clock = clock
        self._premises = premises
        self._changed = threading.Condition()
        self._held: dict[Key, Held] = {}
        self._newest: dict[tuple[str, str], int] = {}
        self._queue: SimpleQueue[Held | None] = SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._draining = False
        self._closed = threading.Event()

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ the port

    def dispatch(self, assignment: Assignment) -> None:
        """Take the attempt on. A fence not newer than the last one of its phase is one that came twice, or too late."""
        held = Held(assignment)
        with self._changed:
            if self._draining:
                raise TransientError("the local executor is shutting down")
            if not self._is_new(held.key):
                return
            self._held[held.key] = held
            self._hire()
        self._queue.put(held)

    def stop(self, plan: str, phase: str, fence: int) -> None:
        """End the attempt. Where there is none (any more, or yet), it has ended now, and will not begin."""
        with self._changed:
            self._is_new((plan, phase, fence))
        self._end((plan, phase, fence), Stop.CANCELLED)

    # ------------------------------------------------------------ the end

    def drain(self, timeout: float | None = None) -> bool:
        """Finish what runs, start nothing new; what is still queued counts as lost. True if all ended within `timeout`."""
        with self._changed:
            self._draining = True
            queued = [key for key, held in self._held.items() if held.give_up()]
        for held in self._in_hand():
            held.wind_down()
        for key in queued:
            self._finish(key, envelope(Stopped(Stop.INTERRUPTED)))
        with self._changed:
            return self._changed.wait_for(lambda: not self._held, timeout)

    def kill(self, timeout: float | None = 30.0) -> bool:
        """Stop everything now. The attempts count as lost, not as failed. True if all ended within `timeout`."""
        self.drain(timeout=0)
        for held in self._in_hand():
            held.interrupt(Stop.INTERRUPTED)
        return self.drain(timeout)

    def close(self) -> None:
        """Stop everything, and the threads."""
        self.kill()
        self._closed.set()
        for _ in self._workers:
            self._queue.put(None)
        for worker in self._workers:
            worker.join(timeout=5)

    def reap_orphans(self) -> list[Orphan]:
        """Kill what dead predecessors left running, and remove where it ran. To be called before the first dispatch."""
        orphans = reap(self._notes)
        self._premises.workspaces.clean_up()
        return orphans

    def _end(self, key: Key, reason: Stop) -> None:
        """Whoever runs it will say how it ended; of one that has not begun, it is said here."""
        with self._changed:
            held = self._held.get(key)
            if held is not None and held.interrupt(reason):
                return
            if held is not None:
                held.give_up()
        self._finish(key, envelope(Stopped(reason)))

    # ------------------------------------------------------------ keeping count

    def _is_new(self, key: Key) -> bool:
        """True for a fence that is newer than any of its phase seen so far; from now on it is not."""
        phase, fence = key[:2], key[2]
        newest = self._newest.pop(phase, 0)
        self._newest[phase] = max(newest, fence)
        if len(self._newest) > _REMEMBERED:
            del self._newest[next(iter(self._newest))]
        return fence > newest

    def _in_hand(self) -> list[Held]:
        with self._changed:
            return list(self._held.values())

    def _hire(self) -> None:
        """One more worker, if there is work for one; with the first comes the thread that renews the leases."""
        if not self._workers:
            leases = Leases(self._in_hand, self._reports, self._end, self._premises.lease)
            _start("phasebot-leases", lambda: leases.keep(self._closed))
        if len(self._workers) < min(self._premises.workers, len(self._held)):
            self._workers.append(_start(f"phasebot-local-{len(self._workers) + 1}", self._work))

    # ------------------------------------------------------------ working

    def _work(self) -> None:
        while (held := self._queue.get()) is not None:
            if held.age > self._premises.lease.total_seconds() and not held.is_over:
                self._end(held.key, Stop.INTERRUPTED)  # it waited too long: somebody else may run it by now
            with self._changed:
                cancellation = held.begin()
            if cancellation is not None:
                ending = self._carry_out(held.assignment, cancellation)
                self._finish(held.key, ending.failure, ending.result)

    def _carry_out(self, assignment: Assignment, cancellation: Cancellation) -> Ending:
        try:
            premises = self._premises
            with (
                span("attempt", phasebot__plan=assignment.plan, phasebot__phase=assignment.phase.key),
                closing(AttemptLog(self._log_path(assignment), premises.redactor)) as output,
                premises.workspaces.open(assignment, output) as workspace,
            ):
                context = context_for(
                    assignment,
                    self._surroundings(assignment, workspace),
                    cancellation=cancellation,
                    output=output,
                    processes=self._groups_of(assignment),
                )
                return workspace.settle(run_operations(assignment, self._runner, context))
        except (UserError, TransientError, ToolFailed, Stopped) as error:
            return Ending(envelope(error), None)
        except Exception as error:  # noqa: BLE001 - the attempt has ended, and it has to be said how
            _log.exception("attempt broken off: %s %s", assignment.plan, assignment.phase.key)
            return Ending(envelope(error), None)

    def _log_path(self, assignment: Assignment) -> Path:
        return log_path(self._premises.log_dir, assignment.plan, assignment.phase.key, assignment.fence)

    def _surroundings(self, assignment: Assignment, workspace: Workspace) -> Surroundings:
        """Raises SecretMissing."""
        premises, key = self._premises, (assignment.plan, assignment.phase.key, assignment.fence)
        return Surroundings(
            workspace=workspace.folder,
            holder=self._self.name,
            files=WorkspaceFiles(Path(workspace.folder), premises.crew, lambda told: premises.progress(key, told)),
            secrets=named_secrets(assignment.phase.rules.secrets, premises.secrets),
        )

    def _finish(self, key: Key, failure: Failure | None, result: Result | None = None) -> None:
        """Say how it ended, and only then let go of it."""
        plan, phase, fence = key
        if failure is not None and not failure.timestamp:
            failure = replace(failure, timestamp=self._clock.now().isoformat())
        try:
            self._reports(AttemptFinished.of(plan, phase, fence, outcome_of(failure), failure, result))
        except Exception:  # noqa: BLE001 - its lease runs out, and it is run again
            _log.error("end of attempt not reported: %s", key, exc_info=True)
        finally:
            with self._changed:
                self._held.pop(key, None)
                self._changed.notify_all()

    # ------------------------------------------------------------ processes

    @property
    def _notes(self) -> Path:
        return self._premises.log_dir / "running"

    @cached_property
    def _self(self) -> ProcessId:
        return ProcessId.of(os.getpid())

    def _groups_of(self, assignment: Assignment) -> RunningGroups:
        return RunningGroups(self._notes, Orphan(assignment.plan, assignment.phase.key, assignment.fence), self._self)


def _start(name: str, work: Callable[[], None]) -> threading.Thread:
    """Not waited for at the end of the process: who ends it without `close` wants it to end."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
