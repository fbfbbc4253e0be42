"""Told: what the executor of a worker reports goes to the server, with the output that belongs to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.executors.attempt_log import log_path
from bot.executors.held import Key
from bot.worker.server import Gone, Server
from bot.workspaces.origins import Access, Origin
from services.domain.errors import TransientError
from services.domain.messages import AttemptFinished, AttemptRenewed, Report
from services.execution.cancellation import Stop, Stopped
from services.ports import Assignment

_PIECE = 256 * 1024


@dataclass(slots=True)
class _Attempt:
    """What is carried out here. `sent`: so many bytes of its output; `sending` is held by who sends more of it."""

    ticket: str
    sent: int = 0
    sending: threading.Lock = field(default_factory=threading.Lock)


class Told:
    """Implements `services.ports.Reports`. `unwanted` is called for an attempt that the server does not want any more."""

    def __init__(self, server: Server, log_dir: Path, unwanted: Callable[[Key], None], *, patience: float) -> None:
        """`patience` is for how many seconds the end of an attempt is told again, where the server cannot be reached."""
        self._server = server
        self._log_dir = log_dir
        self._unwanted = unwanted
        self._patience = patience
        self._attempts: dict[Key, _Attempt] = {}

    def expect(self, key: Key, ticket: str) -> None:
        """Reports of this attempt will come, to be sent with its ticket."""
        self._attempts[key] = _Attempt(ticket)

    def origin(self, assignment: Assignment) -> Origin | None:
        """Where the server says that the attempt's repository is. Raises Stopped, TransientError."""
        key = (assignment.plan, assignment.phase.key, assignment.fence)
        url, _ = self._place(key, "read")
        return Origin(assignment.project, url, lambda access: self._place(key, access)[1]) if url else None

    def _place(self, key: Key, access: Access) -> tuple[str, str]:
        attempt = self._attempts.get(key)
        try:
            if attempt is not None:
                return self._server.place(attempt.ticket, access)
        except Gone:
            self._forget(key)
        raise Stopped(Stop.INTERRUPTED)

    def __call__(self, report: Report) -> None:
        """Raises TransientError: not told."""
        key = (report.plan, report.phase, report.fence)
        attempt = self._attempts.get(key)
        if attempt is None:
            return
        try:
            self._tell(key, attempt, report)
        except Gone:
            self._forget(key)
            if not isinstance(report, AttemptFinished):
                self._unwanted(key)

    def _tell(self, key: Key, attempt: _Attempt, report: Report) -> None:
        match report:
            case AttemptRenewed():
                self._server.renew(attempt.ticket, int(report.cause.rpartition("/")[2]))
                self._send_output(key, attempt)
            case AttemptFinished():
                self._send_output(key, attempt)
                self._server.end(attempt.ticket, report, patience=self._patience)
                self._forget(key)

    def send_output(self) -> None:
        """What there is of all of them since the last time."""
        for key, attempt in list(self._attempts.items()):
            self._send_output(key, attempt)

    def _send_output(self, key: Key, attempt: _Attempt) -> None:
        """Output that is not sent is not worth more than the attempt: it goes with the next piece, or stays here."""
        path = log_path(self._log_dir, *key)
        with attempt.sending:
            try:
                with path.open("rb") as file:
                    file.seek(attempt.sent)
                    while chunk := file.read(_PIECE):
                        self._server.output(attempt.ticket, attempt.sent, chunk)
                        attempt.sent += len(chunk)
            except (OSError, TransientError, Gone):
                return

    def _forget(self, key: Key) -> None:
        self._attempts.pop(key, None)
