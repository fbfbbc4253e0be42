"""The console as browsers without scripts have it: what each page says, to whom, and what its forms do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from bot.bootstrap import Phasebot
from bot.web.auth import Access
from services.domain.access import Role
from tests.web.conftest import PATIENCE, PLAN, TOKEN, phasebot, served

__all__ = ["PLAN", "TOKEN", "phasebot"]

HTML = {"accept": "text/html,application/xhtml+xml"}


class Reader:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, client: httpx.Client) -> None:
        self.http = client
        self.html = ""
        self.path = ""

    def sign_in(self, token: str) -> Reader:
        self.open("/sign-in")
        self.send("/sign-in", token=token)
        return self

    def open(self, path: str, status: int = 200) -> str:
        answer = self.http.get(path, headers=HTML)
        assert answer.status_code == status, answer.text[:2000]
        self.html, self.path = answer.text, answer.url.path
        return self.html

    def send(self, path: str, status: int = 200, *, files: Any = None, **fields: Any) -> str:
        """A form, with the CSRF token of the page that is open; what the page says that it leads to."""
        answer = self.http.post(path, data={"csrf": self.csrf, **fields}, files=files, headers=HTML)
        assert answer.status_code == status, answer.text[:2000]
        self.html, self.path = answer.text, answer.url.path
        return self.html

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.html)
        return found[1] if found else ""

    @property
    def text(self) -> str:
        return text_of(self.html)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: str) -> str:
    """What is read on a page, on one line."""
    reader = _Text()
    reader.feed(html)
    return " ".join(" ".join(reader.parts).split())


@pytest.fixture
def client(phasebot: Phasebot) -> Iterator[Callable[[], httpx.Client]]:
    with served(phasebot, Access(TOKEN, local_only=True)) as url, ExitStack() as made:
        yield lambda: made.enter_context(
            httpx.Client(
                base_url=url, headers={"Origin": url}, trust_env=False, timeout=PATIENCE, follow_redirects=True
            )
        )


@pytest.fixture
def api(client: Callable[[], httpx.Client]) -> httpx.Client:
    """A program with the operator's token."""
    found = client()
    found.headers["authorization"] = f"Bearer {TOKEN}"
    return found


@pytest.fixture
def operator(client: Callable[[], httpx.Client]) -> Reader:
    return Reader(client()).sign_in(TOKEN)


@pytest.fixture
def reader(client: Callable[[], httpx.Client], api: httpx.Client) -> Callable[..., Reader]:
    """Somebody with this role, in one project or in all."""

    def new(role: Role, project: str | None = None) -> Reader:
        name = f"{role}-{(project or 'all').replace('/', '.')}"
        token = api.post("/api/tokens", json={"name": name, "role": role, "project": project}).json()["token"]
        return Reader(client()).sign_in(token)

    return new


@pytest.fixture
def upload(api: httpx.Client) -> Callable[..., dict[str, Any]]:
    """The plan that a document became."""

    def new(plan: str = PLAN, **query: Any) -> dict[str, Any]:
        answer = api.post("/api/plans", content=plan, params={"project": "acme/site", **query})
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()["plan"]
        return found

    return new
