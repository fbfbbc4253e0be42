"""Screenshots of every page: `make screenshots` makes them in light, dark and phone width, for people to look at."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bot.log import set_up
from bot.settings import Settings
from tests.web.conftest import TOKEN, Bot

from .chromium import FLAGS, MISSING, chromium
from .world import DOCS, POLICY, SITE, fifty, ours, served_world, stands, take_in, upload

FOLDER = Path("scratch/screenshots")
SHAPES = (("light", "light", 1280, 900), ("dark", "dark", 1280, 900), ("phone", "light", 360, 740))
TALLEST = 2400
"""Pixels of a page that are shown."""


def main() -> int:
    path = chromium()
    if path is None:
        print(MISSING, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        served_world(Path(folder), issues=True) as bot,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        shot(browser, bot, "first-start", "/")
        for name, address in pages(bot).items():
            shot(browser, bot, name, address)
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")
    return 0


def pages(bot: Bot) -> dict[str, str]:
    """A world with plans in every state, and the pages that show it."""
    site = upload(bot, SITE, policy=POLICY)
    done = upload(bot, DOCS, policy=POLICY, project="handbook")
    large = take_in(bot, fifty(), "platform")
    bot.wait_until(lambda: stands(bot.phasebot, site)["Build the pages"] == "failed")
    bot.wait_until(lambda: set(stands(bot.phasebot, done).values()) == {"completed"})
    draft = hand_in(bot, SITE.replace("# Relaunch", "# Second relaunch"))
    wrong = hand_in(bot, SITE.replace("Phase 1. In", "Phase 9. In"))
    published = hand_in(bot, DOCS)
    bot.http.post(published, data={"do": "publish"})
    addresses = {
        "overview": "/",
        "queue": "/queue",
        "columns": "/queue?view=columns",
        "plans": "/plans",
        "plan": f"/plans/{site}",
        "plan-done": f"/plans/{done}",
        "plan-50": f"/plans/{large}",
        "phase": f"/phases/{site}.1",
        "phase-failed": f"/phases/{site}.2",
        "phase-blocked": f"/phases/{site}.4",
        "new": "/new?sample=1",
        "drafts": "/drafts",
        "draft": draft,
        "draft-wrong": wrong,
        "published": published,
        "amend": f"/plans/{site}/amend",
        "activity": "/activity",
        "start": "/start",
        "missing": "/plans/nothing",
        "project": f"/projects/{ours('website')}",
        "policy-history": f"/projects/{ours('website')}/policy/history",
        "changes": f"/phases/{site}.2/attempts/1/diff",
        "delivery": "/deliveries/1",
        "effect": "/outbox/1",
        "jobs": "/jobs",
        "job": f"/jobs/{execute(bot, 'echo three links are dead; exit 3')}",
        "job-running": f"/jobs/{execute(bot, 'echo looking at 300 links; sleep 600')}",
        "run-tool": "/tools/command/run",
    }
    others = ("operations", "deliveries", "outbox", "workers", "tools", "projects", "tokens")
    return addresses | {name: f"/{name}" for name in others}


def execute(bot: Bot, script: str) -> str:
    """The id of the job."""
    arguments = {"run": script, "shell": True}
    job = bot.post("/api/tools/command/execute", {"arguments": arguments, "project": ours("website")})
    return str(job["id"])


def hand_in(bot: Bot, text: str) -> str:
    answer = bot.http.post("/new", data={"text": text, "project": ours("website")})
    return answer.headers["location"]


def shot(browser: Browser, bot: Bot, name: str, address: str) -> None:
    for shape, scheme, width, height in SHAPES:
        context = browser.new_context(
            base_url=bot.url,
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": height},
        )
        page = context.new_page()
        page.goto("/sign-in")
        page.screenshot(path=FOLDER / f"sign-in-{shape}.png")
        page.get_by_label("Token").fill(TOKEN)
        page.locator("main button").click()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        whole(page, width, height)
        page.screenshot(path=FOLDER / f"{name}-{shape}.png")
        context.close()


def whole(page: Page, width: int, height: int) -> None:
    tall = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": min(max(tall, height), TALLEST)})


if __name__ == "__main__":
    set_up(Settings(log_level="error"))
    sys.exit(main())
