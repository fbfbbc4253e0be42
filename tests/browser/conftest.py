"""Browsers on a served world: the machine's Chromium, the real server, the embedded tracker, and phases that really run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from tests.web.conftest import TOKEN, Bot

from .chromium import FLAGS, MISSING, chromium
from .world import served_world

PATIENCE = 20_000
"""Milliseconds until a test gives up waiting."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Bot]:
    with served_world(tmp_path_factory.mktemp("world"), issues=True) as bot:
        yield bot


@pytest.fixture
def workspace(world: Bot) -> Path:
    return world.phasebot.options.workspace


@pytest.fixture
def context(world: Bot, browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Somebody with a browser; a script that fails, or is refused by our policy, fails the test."""
    made: list[BrowserContext] = []
    wrong: list[str] = []

    def new(**options: object) -> BrowserContext:
        found = browser.new_context(base_url=world.url, **options)  # type: ignore[arg-type]
        found.set_default_timeout(PATIENCE)
        found.on("weberror", lambda error: wrong.append(str(error.error)))
        found.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
        made.append(found)
        return found

    yield new
    for one in made:
        one.close()
    assert not wrong


@pytest.fixture(scope="module")
def session(world: Bot, browser: Browser) -> StorageState:
    """The operator's, opened once."""
    context = browser.new_context(base_url=world.url)
    signed_in(context, TOKEN)
    state = context.storage_state()
    context.close()
    return state


def signed_in(context: BrowserContext, token: str) -> Page:
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    return page


@pytest.fixture
def page(context: Callable[..., BrowserContext], session: StorageState) -> Page:
    """The operator's."""
    return context(storage_state=session).new_page()
