"""A hub with a clock the test moves, served on loopback, and clients for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from github import Auth, Github
from github.Repository import Repository

from bot.localhub import Hub, HubServer

from .receiver import Receiver

REPO = "acme/site"


class MovedClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


def populate(hub: Hub) -> Hub:
    """ada administers acme/site, tia triages, wes writes, bob only reads; bot is a Bot that administers."""
    hub.create_repository(REPO)
    for login, role in (("ada", "admin"), ("tia", "triage"), ("wes", "write")):
        hub.create_user(login)
        hub.add_collaborator(REPO, login, role)
    hub.create_user("bob")
    hub.create_user("phasebot[bot]", kind="Bot")
    hub.add_collaborator(REPO, "phasebot[bot]", "admin")
    return hub


@pytest.fixture
def hub(clock: MovedClock) -> Iterator[Hub]:
    hub = populate(Hub(None, clock))
    yield hub
    hub.close()


@pytest.fixture
def server(hub: Hub) -> Iterator[HubServer]:
    with HubServer(hub) as server:
        yield server


class Clients:
    """Clients of one server, by login."""

    def __init__(self, server: HubServer) -> None:
        self._server = server
        self._opened: list[Github | httpx.Client] = []

    def github(self, login: str, prefix: str = "", *, per_page: int = 30) -> Github:
        client = Github(
            base_url=self._server.url + prefix,
            auth=Auth.Token(self._server.hub.create_token(login)),
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
            per_page=per_page,
        )
        self._opened.append(client)
        return client

    def http(self, login: str | None = None, **headers: str) -> httpx.Client:
        if login:
            headers["Authorization"] = f"Bearer {self._server.hub.create_token(login)}"
        client = httpx.Client(base_url=self._server.url, headers=headers, trust_env=False)
        self._opened.append(client)
        return client

    def close(self) -> None:
        for client in self._opened:
            client.close()


@pytest.fixture
def clients(server: HubServer) -> Iterator[Clients]:
    clients = Clients(server)
    yield clients
    clients.close()


@pytest.fixture
def repo(clients: Clients) -> Repository:
    """The repository as ada's PyGithub client sees it."""
    return clients.github("ada").get_repo(REPO)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
