"""The server as a worker sees it: whom to ask for an attempt, and whom to tell of it. Only a ticket is needed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import TypeAdapter, ValidationError

from bot.workspaces.origins import Access
from services.domain.errors import TransientError
from services.domain.messages import AttemptFinished
from services.ports import Assignment

_assignments: TypeAdapter[Assignment] = TypeAdapter(Assignment)
_end: TypeAdapter[AttemptFinished] = TypeAdapter(AttemptFinished)
TIMEOUT = 15.0
_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


class Gone(Exception):
    """The attempt is not ours, or not any more."""


class Server:
    """`name` is what this worker is called there. Callable from any thread; `close` it in the end."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=TIMEOUT)

    def close(self) -> None:
        self._http.close()

    def take(self, ticket: str) -> Assignment:
        """Raises Gone, TransientError."""
        answer = self._ask("POST", "/worker/take", ticket, params={"worker": self.name})
        try:
            return _assignments.validate_json(answer.content)
        except ValidationError as error:
            raise TransientError(f"the server speaks of something else: {error.error_count()} problems") from None

    def place(self, ticket: str, access: Access) -> tuple[str, str]:
        """Where the repository is, and a token for it; both "" where there is none. Raises Gone, TransientError."""
        answer = self._ask("POST", "/worker/repository", ticket, params={"worker": self.name, "access": access})
        said = answer.json()
        return str(said["url"]), str(said["token"])

    def renew(self, ticket: str, turn: int) -> None:
        """Raises Gone, TransientError."""
        self._ask("POST", "/worker/renew", ticket, params={"worker": self.name, "turn": turn})

    def output(self, ticket: str, offset: int, chunk: bytes) -> None:
        """Raises Gone, TransientError."""
        self._ask("PUT", "/worker/output", ticket, params={"worker": self.name, "offset": offset}, content=chunk)

    def end(self, ticket: str, report: AttemptFinished, *, patience: float) -> None:
        """Tried for so many seconds: by then the attempt counts as lost. Raises Gone, TransientError."""
        said = _end.dump_python(report, mode="json", include={"outcome", "failure", "result"})
        deadline, pause = time.monotonic() + patience, _PAUSE
        while not self._has_heard(ticket, {**said, "worker": self.name}, is_last=time.monotonic() + pause > deadline):
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    def _has_heard(self, ticket: str, said: Mapping[str, Any], *, is_last: bool) -> bool:
        try:
            self._ask("POST", "/worker/end", ticket, json=said)
        except TransientError:
            if is_last:
                raise
            return False
        return True

    def _ask(self, method: str, path: str, ticket: str, **request: Any) -> httpx.Response:
        headers: Mapping[str, str] = {"Authorization": f"Bearer {ticket}"}
        try:
            answer = self._http.request(method, path, headers=headers, **request)
        except httpx.HTTPError as error:
            raise TransientError(f"the server cannot be reached: {error}") from None
        if answer.status_code == HTTPStatus.GONE:
            raise Gone
        if not answer.is_success:
            raise TransientError(f"the server answers {answer.status_code}: {answer.text[:200]}")
        return answer
