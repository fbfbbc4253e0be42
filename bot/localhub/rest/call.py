"""A request as the route functions see it, and the reply they give: parsed, typed, free of any framework."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from bot.localhub.problems import Refused, bad_credentials, needs_authentication, unprocessable
from bot.localhub.shapes import Shapes
from bot.localhub.values import App, Grant, Issue, Repository, Role, User

if TYPE_CHECKING:
    from bot.localhub.hub import Hub

T = TypeVar("T")


class Fields:
    """The JSON object of a request body; each reading checks its type and refuses in GitHub's words."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    @classmethod
    def parse(cls, body: bytes) -> Fields:
        try:
            given = json.loads(body) if body.strip() else {}
        except ValueError:
            raise Refused(400, "Problems parsing JSON") from None
        if isinstance(given, list):
            given = {"labels": given}  # the label routes take a bare list, too
        if not isinstance(given, dict):
            raise Refused(400, "Body should be a JSON object")
        return cls(given)

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def text(self, name: str) -> str:
        value = self._given.get(name)
        if value is None:
            raise unprocessable(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self._typed(name, value, str, "a string")

    def text_or_none(self, name: str) -> str | None:
        return None if self._given.get(name) is None else self.text(name)

    def integer(self, name: str) -> int:
        value = self._given.get(name)
        if value is None:
            raise unprocessable(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        if isinstance(value, bool):
            raise _mistyped(name, value, "an integer")
        return self._typed(name, value, int, "an integer")

    def integer_or_none(self, name: str) -> int | None:
        return None if self._given.get(name) is None else self.integer(name)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._given.get(name)
        return default if value is None else self._typed(name, value, bool, "a boolean")

    def names(self, name: str) -> tuple[str, ...]:
        """A list of texts, or of objects with a name, as labels may be given."""
        values = self._given.get(name)
        if values is None:
            return ()
        items = self._typed(name, values, list, "an array")
        named = [item.get("name") if isinstance(item, dict) else item for item in items]
        return tuple(self._typed(name, item, str, "a string") for item in named)

    def integers(self, name: str) -> tuple[int, ...]:
        values = self._given.get(name)
        items = () if values is None else self._typed(name, values, list, "an array")
        return tuple(self._typed(name, item, int, "an integer") for item in items)

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts."""
        values = self._given.get(name)
        items = {} if values is None else self._typed(name, values, dict, "an object")
        return {key: self._typed(name, item, str, "a string") for key, item in items.items()}

    def mapping(self, name: str) -> Mapping[str, object]:
        """An object of anything."""
        values = self._given.get(name)
        return {} if values is None else self._typed(name, values, dict, "an object")

    def nested(self, name: str) -> Fields:
        value = self._given.get(name)
        return Fields({} if value is None else self._typed(name, value, dict, "an object"))

    @staticmethod
    def _typed(name: str, value: object, kind: type[T], article: str) -> T:
        if not isinstance(value, kind):
            raise _mistyped(name, value, article)
        return value


def _mistyped(name: str, value: object, article: str) -> Refused:
    return unprocessable(f"Invalid request.\n\nFor 'properties/{name}', {json.dumps(value)} is not {article}.")


ANYBODY, PERSON, APP, NOBODY = "anybody", "person", "app", "nobody"
"""Who may ask at an endpoint: whoever holds a token (or none), only people, an App for itself, only without credentials."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request: an account, through a token of its own or (`grant`) of an installation; or an App for itself."""

    user: User | None = None
    grant: Grant | None = None
    app: App | None = None

    @property
    def name(self) -> str:
        """Whose allowance it is."""
        who = self.app.bot if self.app else self.user
        return who.login if who else "anonymous"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks, what for, and the shapes to answer in."""

    hub: Hub
    asker: Asker
    path: Mapping[str, Any]
    query: Mapping[str, str]
    fields: Fields
    shapes: Shapes
    url: str
    accept: str
    api_version: str

    @property
    def viewer(self) -> User | None:
        return self.asker.user

    @property
    def app(self) -> App:
        """The App that asks for itself."""
        if self.asker.app is None:
            raise bad_credentials()
        return self.asker.app

    @property
    def actor(self) -> User:
        """The authenticated user; 401 for anonymous requests."""
        if self.viewer is None:
            raise needs_authentication()
        return self.viewer

    @property
    def full_name(self) -> str:
        return f"{self.path['owner']}/{self.path['repo']}"

    def repository(self) -> Repository:
        return self.hub.repositories.seen_by(self.full_name, self.viewer)

    def tracker(self) -> Repository:
        """The repository, if it has issues; 410 if they are disabled."""
        return self.hub.repositories.with_issues(self.full_name, self.viewer)

    def administered(self) -> Repository:
        """The repository, for its administrators; 404 for everybody else, as with hooks."""
        repository = self.repository()
        self.hub.repositories.demand(repository, self.actor, Role.ADMIN, refusal=Refused(404, "Not Found"))
        return repository

    def issue(self) -> Issue:
        return self.hub.rows.numbered(self.tracker(), self.path["number"])

    def moment(self, name: str) -> datetime | None:
        """A query parameter that is a time; 422 if it is none."""
        text = self.query.get(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise unprocessable(f"Invalid request.\n\n'{name}' is not a timestamp.") from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. A body of bytes is sent as it is, None is an empty one, anything else is JSON."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route. `name` is the GitHub operation id; `permission` what a token needs, as the response header says it."""

    method: str
    path: str
    name: str
    answer: Callable[[Call], Reply]
    permission: str = "metadata=read"
    creates_content: bool = False
    feature: str | None = None
    asker: str = ANYBODY
