"""Sessions: requests in the name of one identity, at its pace, with every answer read into a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError

from bot.github.errors import TokenRefused, unexpected
from bot.github.identity import Identity, Need, PersonalToken
from bot.github.pacing import Pacer
from bot.github.wire import PER_PAGE, Answer, Wire
from services.ports import Clock

_NEXT = 'rel="next"'

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an API: its base URL and who asks, by an identity or simply by a token.

    `api_version` is the version that is asked for; empty for whatever the server takes as its default.
    """

    api_url: str
    by: Identity | str
    api_version: str = ""

    @property
    def identity(self) -> Identity:
        return PersonalToken(self.by) if isinstance(self.by, str) else self.by


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, as JSON. `etag` names its content; `next` is what to ask for the page after it, empty for the last."""

    items: tuple[Mapping[str, Any], ...]
    etag: str
    next: Mapping[str, str]


class Sessions:
    """Threads may share it. `pacer` keeps the pace of whoever writes with the same allowance."""

    def __init__(self, access: Access, clock: Clock, pacer: Pacer) -> None:
        self._identity = access.identity
        self._wire = Wire(access.api_url, clock, api_version=access.api_version)
        self._pacer = pacer

    def close(self) -> None:
        self._wire.close()

    @property
    def login(self) -> str:
        """Who acts, as far as the identity knows it by itself."""
        return self._identity.login

    @property
    def is_app(self) -> bool:
        return self._identity.is_app

    def spent(self, path: str) -> int:
        """How many writes of the last hour count against the limit of whoever would write there."""
        return self._pacer.spent(self._identity.account(Need.of(path)))

    def one(
        self,
        shape: type[Shape],
        verb: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        in_turn: bool = True,
    ) -> Shape:
        """Ask for one thing, or do one. Raises what `errors` names. `in_turn` is what the pacer says of it."""
        return _read(shape, self.ask(verb, path, body=body, in_turn=in_turn).data, is_write=verb != "GET")

    def all(self, shape: type[Shape], path: str, **asked: str) -> Iterator[Shape]:
        """Everything in a list, a page of a hundred at a time."""
        page, more = 1, True
        while more:
            answer = self.ask("GET", path, asked={**asked, "per_page": str(PER_PAGE), "page": str(page)})
            if not isinstance(answer.data, list):
                raise unexpected("no list", is_write=False)
            yield from (_read(shape, one, is_write=False) for one in answer.data)
            page, more = page + 1, _NEXT in answer.headers.get("link", "")

    def page(self, path: str, asked: Mapping[str, str], *, etag: str = "") -> Page | None:
        """One page of a list; None if its content is still the one that `etag` names, which costs nothing of the allowance."""
        headers = {"If-None-Match": etag} if etag else None
        answer = self.ask("GET", path, asked={"per_page": str(PER_PAGE), **asked}, headers=headers)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        if not isinstance(answer.data, list):
            raise unexpected("no list", is_write=False)
        return Page(tuple(answer.data), answer.headers.get("etag", ""), _next_of(answer.headers.get("link", "")))

    def ask(
        self,
        verb: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        asked: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        need: Need | None = None,
        in_turn: bool = True,
    ) -> Answer:
        """One request, and its answer as it is; a 304 to a conditional one, too. `need` where the path does not say it."""
        need = need or Need.of(path, verb)
        account = self._identity.account(need)
        with self._pacer.request(account, is_write=verb != "GET", in_turn=in_turn):
            token = self._identity.token(need)
            try:
                answer = self._wire.ask(verb, path, token=token, body=body, asked=asked, headers=headers)
            except TokenRefused:  # nothing was done: it may have ended early, or been taken back
                fresh = self._identity.renewed(need, token)
                if fresh is None:
                    raise
                answer = self._wire.ask(verb, path, token=fresh, body=body, asked=asked, headers=headers)
        self._pacer.hear(account, answer.headers)
        return answer


def _read(shape: type[Shape], data: object, *, is_write: bool) -> Shape:
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise unexpected(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", is_write=is_write) from None


def _next_of(link: str) -> dict[str, str]:
    """The query of the next page, as the header `Link` has it."""
    for part in link.split(","):
        target, _, relation = part.partition(";")
        if _NEXT in relation:
            return dict(parse_qsl(urlsplit(target.strip(" <>")).query))
    return {}
