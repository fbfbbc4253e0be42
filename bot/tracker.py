"""The tracker: where issues live. GitHub (or a server that speaks its API), or the local one that needs no account."""

from __future__ import annotations

import getpass
import json
import os
import re
import secrets
import socket
import threading
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from bot.github.identity import Identity, PersonalToken
from services.domain.errors import NotFound, RemoteUnavailable, StorageUnavailable

if TYPE_CHECKING:
    import httpx

    from bot.localhub import Hub, HubServer

BOT = "phasebot[bot]"
HOOK_PATH = "/webhooks/github"
EVENTS = [
    *("issues", "issue_comment", "sub_issues", "issue_dependencies", "push", "pull_request"),
    *("workflow_run", "workflow_job", "check_run", "check_suite", "status"),
]

LOOKS, PAUSE = 20, 0.1
"""How often, and after how many seconds each, to look again while another process is starting the local tracker."""


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach a tracker: the API, in whose name the bot acts there, and where its pages are."""

    api_url: str
    identity: Identity
    web_url: str


class Tracker(Protocol):
    """Where the issues of a process's plans live."""

    is_shared: bool
    """Others write to it as well: writes keep to a pace."""

    @property
    def owner(self) -> str:
        """Whose repositories plans go to that name none; empty where they have to name one."""

    def open(self) -> Address:
        """Make it reachable. Safe to call again, for example after it went away."""

    def prepare(self, project: str) -> None:
        """Make sure that the repository is there, and tells us what people do in it."""

    def listen(self, url: str) -> bytes | None:
        """From now on, this server takes webhooks at `url`. The secret they are signed with, if the tracker makes one."""

    def sign_in_url(self, path: str) -> str:
        """A link that opens a page as the person at this machine; empty where people sign in by themselves."""

    def close(self) -> None: ...


class RemoteTracker:
    """GitHub, or an Enterprise server. It is there without our doing, and its hooks are its administrators' to set."""

    is_shared = True
    owner = ""

    def __init__(self, api_url: str, identity: Identity) -> None:
        self._address = Address(api_url, identity, pages_of(api_url))

    def open(self) -> Address:
        return self._address

    def prepare(self, project: str) -> None:
        """Nobody's repository is made for them."""

    def listen(self, url: str) -> bytes | None:
        return None

    def sign_in_url(self, path: str) -> str:
        return ""

    def close(self) -> None:
        """It is not ours to close."""


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is remembered of the local tracker between processes: its port, so that links stay good, and its keys."""

    url: str
    bot_token: str
    person_token: str
    hook_secret: str


class LocalTracker:
    """localhub on a loopback port. Processes share the one that serves it; when that ends, the next one goes on."""

    is_shared = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "localhub.json"
        self._memory: _Memory | None = None
        self._hub: Hub | None = None
        self._server: HubServer | None = None
        self._hook: str | None = None
        self._prepared: set[str] = set()

    @property
    def owner(self) -> str:
        return person()

    def open(self) -> Address:
        memory = self._opened()
        return Address(memory.url, PersonalToken(memory.bot_token, BOT), memory.url)

    def prepare(self, project: str) -> None:
        """The repository is the person's own; the bot may write to it."""
        if project in self._prepared:
            return
        import httpx  # late: most of a server's life it is not needed

        memory = self._opened()
        try:
            with httpx.Client(base_url=memory.url, headers=_bearer(memory.person_token), trust_env=False) as api:
                _make_repository(api, project)
                if self._hook is not None:
                    _hook_up(api, project, self._hook, memory.hook_secret)
        except httpx.HTTPError as error:
            raise RemoteUnavailable(f"the local tracker did not answer: {error}", where=memory.url) from error
        self._prepared.add(project)

    def listen(self, url: str) -> bytes | None:
        self._hook = url
        self._prepared.clear()
        memory = self._opened()
        for project in _repositories_of(memory):  # what people do in those that are there already is to be heard
            self.prepare(project)
        return memory.hook_secret.encode()

    def sign_in_url(self, path: str) -> str:
        """Only the process that serves the tracker can make one."""
        return self._server.sign_in_url(person(), path) if self._server is not None else ""

    def close(self) -> None:
        if self._server is not None:
            self._server.stop()
        if self._hub is not None:
            self._hub.close()
        self._server = self._hub = None

    def _opened(self) -> _Memory:
        memory = self._memory or self._remembered()
        if self._server is None and not (memory and _answers(memory)):
            memory = self._served(memory)
        assert memory is not None
        self._memory = memory
        return memory

    def _served(self, memory: _Memory | None) -> _Memory:
        """Serve it ourselves, or, where another process is about to, use that one's."""
        for _ in range(LOOKS):
            try:
                return self._serve(memory)
            except StorageUnavailable:
                threading.Event().wait(PAUSE)
                memory = self._remembered()
                if memory and _answers(memory):
                    return memory
        return self._serve(memory)

    def _serve(self, memory: _Memory | None) -> _Memory:
        from bot.localhub import Hub, HubServer

        self._folder.mkdir(parents=True, exist_ok=True)
        hub = Hub(self._folder / "localhub.db")
        server = HubServer(hub, port=urlsplit(memory.url).port or 0 if memory else 0)
        try:
            server.start()
        except OSError:  # somebody else has taken the port that we remember
            server = HubServer(hub)
            server.start()
        self._hub, self._server = hub, server
        return self._remember(hub, server.url, memory)

    def _remember(self, hub: Hub, url: str, memory: _Memory | None) -> _Memory:
        hub.create_user(BOT, kind="Bot")
        hub.create_user(person())
        fresh = _Memory(
            url=url,
            bot_token=memory.bot_token if memory else hub.create_token(BOT),
            person_token=memory.person_token if memory else hub.create_token(person()),
            hook_secret=memory.hook_secret if memory else secrets.token_hex(20),
        )
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(fresh), file)
        return fresh

    def _remembered(self) -> _Memory | None:
        try:
            return _Memory(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def person() -> str:
    """The login of whoever sits at this machine, as the local tracker knows them."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container without a user entry
        name = ""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "you"


def _answers(memory: _Memory) -> bool:
    """True if a tracker that knows our token is there."""
    try:
        return bool(_read(f"{memory.url}/user", memory.bot_token)["login"] == BOT)
    except (OSError, ValueError, KeyError):
        return False


def _repositories_of(memory: _Memory) -> list[str]:
    """The person's own on this tracker."""
    found = _read(f"{memory.url}/user/repos?per_page=100", memory.person_token)
    return [one["full_name"] for one in found if one["owner"]["login"].lower() == person().lower()]


def _read(url: str, token: str) -> Any:
    """What a tracker on this machine answers. By what is loaded anyway: a server asks at its start. Raises OSError."""
    request = Request(url, headers=_bearer(token))  # noqa: S310 - we have made the address ourselves
    with build_opener(ProxyHandler({})).open(request, timeout=5) as answer:
        return json.load(answer)


def _make_repository(api: httpx.Client, project: str) -> None:
    if api.get(f"/repos/{project}").status_code != HTTPStatus.NOT_FOUND:
        return
    owner, _, name = project.partition("/")
    if owner.lower() != person().lower():
        fix = f"Name one of {person()}'s own, or a repository on GitHub with --repo."
        raise NotFound(f"the local tracker has no repository {project}", fix=fix)
    api.post("/user/repos", json={"name": name}).raise_for_status()
    api.put(f"/repos/{project}/collaborators/{BOT}", json={"permission": "push"}).raise_for_status()


def _hook_up(api: httpx.Client, project: str, url: str, secret: str) -> None:
    """Our hook, once; those of servers that have ended are taken away."""
    known = False
    for hook in api.get(f"/repos/{project}/hooks", params={"per_page": 100}).raise_for_status().json():
        if hook["config"].get("url") == url:
            known = True
            if set(hook["events"]) != set(EVENTS):
                api.patch(f"/repos/{project}/hooks/{hook['id']}", json={"events": EVENTS}).raise_for_status()
        elif hook["config"].get("url", "").endswith(HOOK_PATH) and not _is_there(hook["config"]["url"]):
            api.delete(f"/repos/{project}/hooks/{hook['id']}").raise_for_status()
    if not known:
        config = {"url": url, "content_type": "json", "secret": secret}
        api.post(f"/repos/{project}/hooks", json={"config": config, "events": EVENTS}).raise_for_status()


def _is_there(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1):
            return True
    except OSError:
        return False


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def pages_of(api_url: str) -> str:
    """`https://api.github.com` → `https://github.com`; an Enterprise server's API lives under its pages."""
    pages = api_url.rstrip("/").removesuffix("/api/v3")
    return pages.replace("://api.", "://", 1)
