"""Told: what the executor of a worker reports goes to the server, with the output that belongs to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
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


class Told:
    """Implements `services.ports.Reports`. `unwanted` is called for an attempt that the server does not want any more."""

    def __init__(self, server: Server, log_dir: Path, unwanted: Callable[[Key], None], *, patience: float) -> None:
        """`patience` is for how many seconds the end of an attempt is told again, where the server cannot be reached."""
        self._server = server
        self._log_dir = log_dir
        self._unwanted = unwanted
        self._patience = patience
        self._tickets: dict[Key, str] = {}
        self._sent: dict[Key, int] = {}
        self._lock = threading.Lock()

    def expect(self, key: Key, ticket: str) -> None:
        """Reports of this attempt will come, to be sent with its ticket."""
        self._tickets[key] = ticket

    def origin(self, assignment: Assignment) -> Origin | None:
        """Where the server says that the attempt's repository is. Raises Stopped, TransientError."""
        key = (assignment.plan, assignment.phase.key, assignment.fence)
        url, _ = self._place(key, "read")
        return Origin(assignment.project, url, lambda access: self._place(key, access)[1]) if url else None

    def _place(self, key: Key, access: Access) -> tuple[str, str]:
        ticket = self._tickets.get(key)
        try:
            if ticket is not None:
                return self._server.place(ticket, access)
        except Gone:
            self._forget(key)
        raise Stopped(Stop.INTERRUPTED)

    def __call__(self, report: Report) -> None:
        """Raises TransientError: not told."""
        key = (report.plan, report.phase, report.fence)
        ticket = self._tickets.get(key)
        if ticket is None:
            return
        try:
            self._tell(key, ticket, report)
        except Gone:
            self._forget(key)
            if not isinstance(report, AttemptFinished):
                self._unwanted(key)

    def _tell(self, key: Key, ticket: str, report: Report) -> None:
        match report:
            case AttemptRenewed():
                self._server.renew(ticket, int(report.cause.rpartition("/")[2]))
                self._send_output(key, ticket)
            case AttemptFinished():
                self._send_output(key, ticket)
                self._server.end(ticket, report, patience=self._patience)
                self._forget(key)

    def send_output(self) -> None:
        """What there is of all of them since the last time."""
        for key, ticket in list(self._tickets.items()):
            self._send_output(key, ticket)

    def _send_output(self, key: Key, ticket: str) -> None:
        """Output that is not sent is not worth more than the attempt: it goes with the next piece, or stays here."""
        path = log_path(self._log_dir, *key)
        with self._lock:
            try:
                with path.open("rb") as file:
                    file.seek(offset := self._sent.get(key, 0))
                    while chunk := file.read(_PIECE):
                        self._server.output(ticket, offset, chunk)
                        self._sent[key] = offset = offset + len(chunk)
            except (OSError, TransientError, Gone):
                return

    def _forget(self, key: Key) -> None:
        self._tickets.pop(key, None)
        self._sent.pop(key, None)
