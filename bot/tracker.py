"""The tracker: where issues live. GitHub (or a server that speaks its API), or the local one that needs no account."""

from __future__ import annotations

import getpass
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx

from services.domain.errors import RemoteUnavailable

if TYPE_CHECKING:
    from bot.localhub import Hub, HubServer

BOT = "phasebot[bot]"


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach a tracker: the API, a token for it, and where its pages are."""

    api_url: str
    token: str
    web_url: str


class Tracker(Protocol):
    """Where the issues of a process's plans live."""

    def open(self) -> Address:
        """Make it reachable. Safe to call again, for example after it went away."""

    def prepare(self, project: str) -> None:
        """Make sure that the repository is there."""

    def close(self) -> None: ...


class RemoteTracker:
    """GitHub, or an Enterprise server. It is there without our doing."""

    def __init__(self, api_url: str, token: str) -> None:
        self._address = Address(api_url, token, _pages_of(api_url))

    def open(self) -> Address:
        return self._address

    def prepare(self, project: str) -> None:
        """Nobody's repository is made for them."""

    def close(self) -> None:
        """It is not ours to close."""


class LocalTracker:
    """localhub on a loopback port that is remembered, so that links stay good. Processes share the one that serves it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memory = folder / "localhub.json"
        self._hub: Hub | None = None
        self._server: HubServer | None = None

    def open(self) -> Address:
        remembered = self._remembered()
        if self._server is None and not (remembered and _answers(remembered)):
            remembered = self._serve(remembered)
            self._remember(remembered)
        assert remembered is not None
        return remembered

    def prepare(self, project: str) -> None:
        """The repository, with the bot as a writer and the person at this machine as its administrator."""
        if self._hub is not None:
            self._hub.create_repository(project)
            self._hub.add_collaborator(project, BOT, "write")
            self._hub.add_collaborator(project, person(), "admin")

    def close(self) -> None:
        if self._server is not None:
            self._server.stop()
        if self._hub is not None:
            self._hub.close()
        self._server = self._hub = None

    def _serve(self, remembered: Address | None) -> Address:
        from bot.localhub import Hub, HubServer

        self._folder.mkdir(parents=True, exist_ok=True)
        hub = Hub(self._folder / "localhub.db")
        hub.create_user(BOT, kind="Bot")
        hub.create_user(person())
        server = HubServer(hub, port=int(remembered.api_url.rsplit(":", 1)[1]) if remembered else 0)
        try:
            server.start()
        except OSError:  # somebody else has taken the port we remember
            server = HubServer(hub)
            server.start()
        self._hub, self._server = hub, server
        token = remembered.token if remembered else hub.create_token(BOT)
        return Address(server.url, token, server.url)

    def _remembered(self) -> Address | None:
        try:
            return Address(**json.loads(self._memory.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _remember(self, address: Address) -> None:
        text = json.dumps({"api_url": address.api_url, "token": address.token, "web_url": address.web_url})
        descriptor = os.open(self._memory, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)


def person() -> str:
    """The login of whoever sits at this machine, as the local tracker knows them."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container without a user entry
        name = ""
    return re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-") or "you"


def _answers(address: Address) -> bool:
    """True if a tracker that knows our token is there."""
    try:
        answer = httpx.get(
            f"{address.api_url}/user", headers={"Authorization": f"Bearer {address.token}"}, timeout=2, trust_env=False
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK and answer.json().get("login") == BOT


def _pages_of(api_url: str) -> str:
    """`https://api.github.com` → `https://github.com`; an Enterprise server's API lives under its pages."""
    pages = api_url.rstrip("/").removesuffix("/api/v3")
    return pages.replace("://api.", "://", 1)


def unreachable(address: Address, error: Exception) -> RemoteUnavailable:
    """Says in words that the tracker did not answer."""
    return RemoteUnavailable(
        f"no answer: {error}", where=address.api_url, fix="Is the address right, and are you connected?"
    )
