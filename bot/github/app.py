"""The App as an identity: it signs for itself, and acts in each repository with a token made for that one alone.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from bot.github.errors import Rejected, unexpected
from bot.github.identity import Need
from bot.github.wire import Wire
from services.domain.errors import NotAllowed, NotFound, UserError
from services.ports import Clock

log = structlog.get_logger()

Shape = TypeVar("Shape", bound=BaseModel)

SIGNED_BEFORE, SIGNED_FOR = timedelta(seconds=60), timedelta(minutes=9)
"""The clocks of two machines differ; a signature that is good for more than ten minutes is refused."""

FRESH_FOR = timedelta(minutes=5)
"""A token that ends sooner is replaced before it is used."""


class AppKeyInvalid(UserError):
    """What is given as the App's key is none."""

    code = "app_key_invalid"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _App(_Answer):
    slug: str


class _Installation(_Answer):
    id: int


class _Place(_Answer):
    id: int
    name: str


class _Token(_Answer):
    token: SecretStr
    expires_at: datetime
    repositories: tuple[_Place, ...] = ()


@dataclass(slots=True)
class _Repository:
    """What is known of a repository: the installation in it, its id, and the tokens made for it, by what they allow."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    installation: int | None = None
    id: int | None = None
    tokens: dict[frozenset[tuple[str, str]], _Token] = field(default_factory=dict)

    def forget(self) -> None:
        """It may have been installed anew, or the repository has another name by now."""
        self.installation = self.id = None
        self.tokens.clear()


class AppIdentity:
    """Implements `Identity`. Safe to share: of several threads that need a token for a repository, one asks for it.

    `id` is the App's id or its client id, `key` its private key in PEM. Raises AppKeyInvalid for a key that is none.
    """

    is_app = True

    def __init__(self, api_url: str, id: str, key: str, clock: Clock, *, api_version: str = "") -> None:
        self._id = id
        self._pem = key
        self._key = _loaded(key)
        self._clock = clock
        self._wire = Wire(api_url, clock, api_version=api_version)
        self._lock = threading.Lock()
        self._repositories: defaultdict[str, _Repository] = defaultdict(_Repository)
        self._login = ""

    @property
    def login(self) -> str:
        """`slug[bot]`: the account that what the App writes belongs to."""
        with self._lock:
            if not self._login:
                self._login = f"{self._ask(_App, 'GET', '/app').slug}[bot]"
            return self._login

    def token(self, need: Need) -> str:
        """For no repository, or for what concerns the App itself, its own signature."""
        if not need.project or need.as_app:
            return self._signature()
        repository = self._repository(need)
        with repository.lock:
            known = repository.tokens.get(_what(need))
            if known is None or known.expires_at - self._clock.now() < FRESH_FOR:
                known = self._minted(repository, need)
            return known.token.get_secret_value()

    def renewed(self, need: Need, refused: str) -> str | None:
        """Another thread may have renewed it already: then that one will do."""
        if not need.project or need.as_app:
            return None
        repository = self._repository(need)
        with repository.lock:
            known = repository.tokens.get(_what(need))
            if known is None or known.token.get_secret_value() == refused:
                log.info("token_renewed", project=need.project)
                repository.forget()
                known = self._minted(repository, need)
            return known.token.get_secret_value()

    def lent(self, need: Need) -> str:
        return self.token(need) if need.project and not need.as_app else ""

    def account(self, need: Need) -> str:
        """The allowance is the installation's."""
        if not need.project or need.as_app:
            return f"app {self._id}"
        repository = self._repository(need)
        with repository.lock:
            return f"installation {self._installation(repository, need.project)}"

    def secrets(self) -> list[str]:
        return [self._pem]

    def close(self) -> None:
        self._wire.close()

    # ------------------------------------------------------------ asking

    def _repository(self, need: Need) -> _Repository:
        with self._lock:
            return self._repositories[need.project.lower()]

    def _installation(self, repository: _Repository, project: str) -> int:
        if repository.installation is None:
            try:
                repository.installation = self._ask(_Installation, "GET", f"/repos/{project}/installation").id
            except NotFound:
                raise NotAllowed(
                    f"the App is not installed in {project}", fix="Install it there, on the page of the App."
                ) from None
        return repository.installation

    def _minted(self, repository: _Repository, need: Need) -> _Token:
        try:
            token = self._mint(repository, need)
        except NotFound:  # installed anew since we asked
            repository.forget()
            token = self._mint(repository, need)
        except Rejected as refusal:
            raise NotAllowed(
                f"the App may not do this in {need.project}: {refusal.message}",
                fix=f"Grant it {_listed(need.permissions)}, on the page of its installation.",
            ) from refusal
        repository.id = next((one.id for one in token.repositories), repository.id)
        repository.tokens[_what(need)] = token
        return token

    def _mint(self, repository: _Repository, need: Need) -> _Token:
        """For this repository alone. By its id once that is known, so that a new name makes no difference."""
        path = f"/app/installations/{self._installation(repository, need.project)}/access_tokens"
        where: dict[str, object] = {"repositories": [need.project.partition("/")[2]]}
        if repository.id is not None:
            where = {"repository_ids": [repository.id]}
        return self._ask(_Token, "POST", path, {**where, "permissions": dict(need.permissions)})

    def _ask(self, shape: type[Shape], verb: str, path: str, body: Mapping[str, object] | None = None) -> Shape:
        data: Any = self._wire.ask(verb, path, token=self._signature(), body=body).data
        try:
            return shape.model_validate(data)
        except ValidationError:  # the answer may hold a token: nothing of it is repeated
            raise unexpected(f"no {shape.__name__.strip('_').lower()}", is_write=False) from None

    def _signature(self) -> str:
        now = self._clock.now()
        times = {"iat": int((now - SIGNED_BEFORE).timestamp()), "exp": int((now + SIGNED_FOR).timestamp())}
        return jwt.encode({"iss": self._id, **times}, self._key, algorithm="RS256")


def _what(need: Need) -> frozenset[tuple[str, str]]:
    return frozenset(need.permissions.items())


def _listed(permissions: Mapping[str, str]) -> str:
    return " and ".join(f"{name}: {level}" for name, level in sorted(permissions.items()))


def _loaded(key: str) -> RSAPrivateKey:
    """Line ends are often lost on the way through an environment variable."""
    try:
        loaded = load_pem_private_key(key.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError):
        loaded = None
    if not isinstance(loaded, RSAPrivateKey):
        raise AppKeyInvalid(
            "this is no private key of an App",
            where="PHASEBOT_APP_PRIVATE_KEY",
            fix="Give the whole file that GitHub made, or name it in PHASEBOT_APP_PRIVATE_KEY_FILE.",
        )
    return loaded
