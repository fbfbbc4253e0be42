"""Sessions: requests to the API through PyGithub, one connection a thread, with every failure in our own words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
from github import Auth, Github, GithubException
from pydantic import BaseModel, ValidationError

from bot.github.errors import in_our_words, unexpected
from services.domain.errors import RemoteUnavailable
from services.ports import Clock

TIMEOUT = 15
PER_PAGE = 100
_NEXT = 'rel="next"'

Shape = TypeVar("Shape", bound=BaseModel)

Turn = Callable[[], None]
"""Waits until one more write is in order. Raises TransientError where that would take too long."""


def at_once() -> None:
    """The turn of a server that nobody else uses."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an API: its base URL and a token. `login` is whose token it is, where that cannot be asked (an App)."""

    api_url: str
    token: str
    login: str = ""


class Sessions:
    """A PyGithub client for each thread: its requester must not be shared between threads.

    It retries nothing by itself (it would send a POST again, and double issues) and does not wait between requests: trying
    again is the outbox's, and before each write it takes its turn.
    """

    def __init__(self, access: Access, clock: Clock, turn: Turn) -> None:
        self._access = access
        self._clock = clock
        self._turn = turn
        self._local = threading.local()
        self._opened: list[Github] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, []
        for client in opened:
            client.close()
        self._local = threading.local()

    def one(self, shape: type[Shape], verb: str, path: str, body: Mapping[str, object] | None = None) -> Shape:
        """Ask for one thing, or do one. Raises what `errors` names."""
        return _read(shape, self._ask(verb, path, body=body)[1], is_write=verb != "GET")

    def all(self, shape: type[Shape], path: str, **asked: str) -> Iterator[Shape]:
        """Everything in a list, a page of a hundred at a time."""
        page, more = 1, True
        while more:
            headers, found = self._ask("GET", path, asked={**asked, "per_page": str(PER_PAGE), "page": str(page)})
            if not isinstance(found, list):
                raise unexpected("no list", is_write=False)
            yield from (_read(shape, one, is_write=False) for one in found)
            page, more = page + 1, _NEXT in headers.get("link", "")

    def _ask(
        self, verb: str, path: str, *, body: Mapping[str, object] | None = None, asked: dict[str, str] | None = None
    ) -> tuple[Mapping[str, str], Any]:
        if verb != "GET":
            self._turn()
        try:
            return self._client().requester.requestJsonAndCheck(verb, path, parameters=asked, input=body)
        except (GithubException, requests.RequestException) as error:
            raise in_our_words(error, is_write=verb != "GET", now=self._clock.now()) from error
        except ValueError as error:  # no JSON, although GitHub says that it went well
            raise unexpected(str(error), is_write=verb != "GET") from error
        except RuntimeError as error:  # PyGithub was led to another host or protocol
            raise RemoteUnavailable(str(error), where=self._access.api_url, fix="Check the address.") from error

    def _client(self) -> Github:
        client: Github | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = self._open()
        return client

    def _open(self) -> Github:
        client = Github(
            base_url=self._access.api_url.rstrip("/"),
            auth=Auth.Token(self._access.token),
            user_agent="phasebot",
            timeout=TIMEOUT,
            per_page=PER_PAGE,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )
        with self._lock:
            self._opened.append(client)
        return client


def _read(shape: type[Shape], data: object, *, is_write: bool) -> Shape:
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise unexpected(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", is_write=is_write) from None
