"""The wire: one request to the API through PyGithub, one connection a thread, every failure in our own words.

It retries nothing by itself (that would send a POST again, and double issues) and never waits: trying again is the
outbox's, the pace is `pacing`'s.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from github import GithubException
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from bot.github.errors import in_our_words, unexpected
from bot.tracing import span
from services.domain.errors import RemoteUnavailable
from services.ports import Clock

TIMEOUT = 15
PER_PAGE = 100
MOST_HOPS = 3
_MOVED = {301, 302, 307, 308}
_MOVED_FOR_GOOD, _SAME_BUT_LEFT_TO_US = 301, 308


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers with names in lower case, and the JSON (None where there is none)."""

    status: int
    headers: Mapping[str, str]
    data: Any


class _LeavesRedirectsToUs:
    """PyGithub follows a 301 by itself and loses the query: a list of everybody's issues would pass for ours."""

    def getresponse(self) -> RequestsResponse:
        answer: RequestsResponse = super().getresponse()  # type: ignore[misc]
        if answer.status == _MOVED_FOR_GOOD:
            answer.status = _SAME_BUT_LEFT_TO_US
        return answer


class _Http(_LeavesRedirectsToUs, HTTPRequestsConnectionClass):
    """A connection of its own for each thread."""


class _Https(_LeavesRedirectsToUs, HTTPSRequestsConnectionClass):
    """The same, encrypted."""


class Wire:
    """Leads to one API. A `Requester` of PyGithub must not be shared between threads, so each has its own."""

    def __init__(self, api_url: str, clock: Clock, *, api_version: str = "") -> None:
        self.api_url = api_url.rstrip("/")
        self._place = urlsplit(self.api_url)
        self._clock = clock
        self._version = api_version
        self._local = threading.local()
        self._opened: list[_Http | _Https] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, []
        for connection in opened:
            connection.close()
        self._local = threading.local()

    def ask(
        self,
        verb: str,
        path: str,
        *,
        token: str,
        body: Mapping[str, object] | None = None,
        asked: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send it, once for each redirect within the server. Raises what `errors` names."""
        is_write = verb != "GET"
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        for _ in range(MOST_HOPS):
            answer = self._sent(verb, path, {"parameters": dict(asked or {}), "headers": dict(sent), "input": body})
            if answer.status not in _MOVED:
                return self._checked(answer, is_write=is_write)
            path, asked = self._elsewhere(path, answer.headers.get("location", "")), None
        raise RemoteUnavailable("GitHub leads in circles", where=self.api_url, fix="Check the address.")

    def _sent(self, verb: str, path: str, given: dict[str, Any]) -> Answer:
        is_write = verb != "GET"
        with span(verb, "client", http__request__method=verb, url__full=urljoin(f"{self.api_url}/", path)) as note:
            try:
                status, headers, text = self._requester().requestJson(verb, path, cnx=self._connection(), **given)
            except requests.RequestException as error:
                raise in_our_words(error, is_write=is_write, now=self._clock.now()) from error
            note("http.response.status_code", status)
        try:
            data = json.loads(text) if text else None
        except ValueError as error:
            if status < HTTPStatus.BAD_REQUEST and status not in _MOVED:
                raise unexpected(str(error), is_write=is_write) from error
            data = None  # a gateway that answers in HTML: the status says enough
        return Answer(status, headers, data)

    def _checked(self, answer: Answer, *, is_write: bool) -> Answer:
        if answer.status < HTTPStatus.BAD_REQUEST:
            return answer
        data = answer.data if isinstance(answer.data, dict) else {}
        error = GithubException(answer.status, data, dict(answer.headers))
        raise in_our_words(error, is_write=is_write, now=self._clock.now())

    def _elsewhere(self, path: str, location: str) -> str:
        """Where a renamed repository is now. The token goes to no other server."""
        here = path if "://" in path else f"{self.api_url}{path}"
        target = urljoin(here, location)
        place = urlsplit(target)
        if not location or (place.scheme, place.netloc) != (self._place.scheme, self._place.netloc):
            raise RemoteUnavailable(
                f"redirected to {place.scheme}://{place.netloc}", where=self.api_url, fix="Check the address."
            )
        return target

    def _requester(self) -> Requester:
        requester: Requester | None = getattr(self._local, "requester", None)
        if requester is None:
            requester = self._local.requester = Requester(
                auth=None,
                base_url=self.api_url,
                timeout=TIMEOUT,
                user_agent="phasebot",
                per_page=PER_PAGE,
                verify=True,
                retry=None,
                pool_size=None,
                api_version=self._version or None,
            )
        return requester

    def _connection(self) -> _Http | _Https:
        connection: _Http | _Https | None = getattr(self._local, "connection", None)
        if connection is None:
            kind = _Https if self._place.scheme == "https" else _Http
            connection = kind(self._place.hostname or "", self._place.port, retry=0, timeout=TIMEOUT, verify=True)
            self._local.connection = connection
            with self._lock:
                self._opened.append(connection)
        return connection
