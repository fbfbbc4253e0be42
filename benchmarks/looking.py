"""Looking: pages and the API over a store of 1,000 plans and 10,000 phases, on SQLite and on PostgreSQL, and how long a commit
takes until a browser shows it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import create_engine, text

from benchmarks.processes import TOKEN, plan_of, served
from bot.bootstrap import Options, Phasebot
from bot.intake import Submission
from bot.settings import Settings
from services.domain.messages import Message, PausePlan, ResumePlan
from services.planning.parser import parse
from tests import postgres
from tests.browser.chromium import FLAGS, MISSING, chromium

PLANS, PHASES = 1000, 10
PAGES = ("/", "/queue", "/queue?view=columns", "/queue?q=part", "/plans", "/plans/{id}", "/phases/{id}.3", "/activity")
API = ("queue", "queue?status=queued", "plans", "plans/{id}", "phases/{id}.3")
SLOWEST, LARGEST, SEEN = 100, 60_000, 150
"""What is to be reached: milliseconds of an answer, bytes of the first page over the wire, milliseconds from the commit."""

ON_SCREEN = """expected => new Promise(resolve => {
  const shows = () => document.querySelector("#summary .status").textContent === expected;
  const seen = () => requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
  if (shows()) return seen();
  new MutationObserver((_, it) => { if (shows()) { it.disconnect(); seen(); } })
    .observe(document.body, { childList: true, subtree: true, characterData: true });
})"""


def show() -> None:
    with ExitStack() as stack:
        databases: dict[str, str | None] = {"SQLite": None, "PostgreSQL": stack.enter_context(postgres.running())()}
        for name, url in databases.items():
            with _served(url) as (phasebot, http):
                print(
                    f"Looking at {PLANS:,} plans and {PLANS * PHASES:,} phases on {name}, median milliseconds", end=""
                )
                print(f" by the client's clock; each to be under {SLOWEST}")
                ids = _filled(phasebot)
                if url is not None:
                    _analyze(url)
                _answers(http, ids[500])
                _first_page(http)
                _on_screen(phasebot, str(http.base_url), ids)
                print()


def _answers(http: httpx.Client, plan: str) -> None:
    for path in (*(f"/api/{one}" for one in API), *PAGES):
        took = _milliseconds(http, path.format(id=plan))
        print(f"  GET {path:32}{took:8.1f}{'  too slow' if took > SLOWEST else ''}")


def _milliseconds(http: httpx.Client, path: str, *, runs: int = 15) -> float:
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        http.get(path).raise_for_status()
        times.append(time.perf_counter() - began)
    return median(times[1:]) * 1000


def _first_page(http: httpx.Client) -> None:
    """With everything that a browser loads for it."""
    page = http.get("/")
    assets = {part.split('"')[0] for part in page.text.split('"/static/')[1:]}
    sizes = [page.num_bytes_downloaded, *(http.get(f"/static/{one}").num_bytes_downloaded for one in assets)]
    print(
        f"  The first page, compressed: {sum(sizes) / 1000:.1f} kB in {len(sizes)} answers (target {LARGEST / 1000:.0f})"
    )


def _on_screen(phasebot: Phasebot, url: str, ids: list[str]) -> None:
    path = chromium()
    if path is None:
        print(f"  From a commit to the screen: not measured; {MISSING}")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_context(base_url=url).new_page()
        page.goto("/sign-in")
        page.get_by_label("Token").fill(TOKEN)
        page.locator("main button").first.click()
        page.wait_for_load_state("networkidle")
        times = [one for id in ids[:8] for one in _changes(phasebot, page, id)]
        browser.close()
    slowest = max(times)
    print(
        f"  From a commit to the screen of Chromium: {median(times):.0f} ms, the slowest {slowest:.0f} (target {SEEN})"
    )


def _changes(phasebot: Phasebot, page: Page, id: str) -> Iterator[float]:
    """Milliseconds from the commit until the page of the plan shows it, for two orders one after the other."""
    with page.expect_websocket() as opened:
        page.goto(f"/plans/{id}")
    opened.value.wait_for_event("framereceived")
    page.wait_for_load_state("networkidle")
    orders: dict[str, Message] = {
        "paused": PausePlan(plan=id, cause=f"pause/{id}"),
        "running": ResumePlan(plan=id, cause=f"resume/{id}"),
    }
    for word, order in orders.items():
        page.evaluate(f"() => {{ window.seen = ({ON_SCREEN})('{word}'); }}")
        with _commit(phasebot) as committed:
            phasebot.order(order)
        yield page.evaluate("() => window.seen") - committed[0] * 1000


@contextmanager
def _commit(phasebot: Phasebot) -> Iterator[list[float]]:
    """When the next commit was made, by the clock on the wall, once it was."""
    moments: list[float] = []
    made = threading.Event()

    def notice(_: object) -> None:
        moments.append(time.time())
        made.set()

    forget = phasebot.watch(notice)
    yield moments
    made.wait(30)
    forget()


def _filled(phasebot: Phasebot) -> list[str]:
    draft = parse(plan_of(PHASES), max_phases=100)
    return [
        phasebot.intake.submit(Submission(draft=draft, source=f"bench/{n}", project="ada/site", start=True)).plan.id
        for n in range(PLANS)
    ]


def _analyze(url: str) -> None:
    """What PostgreSQL itself does within a minute of so many changes: before that it takes the tables for empty."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


@contextmanager
def _served(database: str | None) -> Iterator[tuple[Phasebot, httpx.Client]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=database or f"{folder}/bench.db", requests_per_minute=1_000_000)
        with Phasebot(settings, Options(workspace=Path(folder), issues=False)) as phasebot:
            phasebot.start()
            headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html, application/json"}
            with (
                served(phasebot) as url,
                httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60) as http,
            ):
                yield phasebot, http


if __name__ == "__main__":
    show()
