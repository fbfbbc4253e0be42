"""A world to look at: a served process with plans in every state, made by the real workers from real documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.bootstrap import Options, Phasebot
from bot.intake import Submission
from bot.settings import Settings
from bot.tracker import person
from bot.web.auth import Access
from services.planning import parser
from tests.web.conftest import TOKEN, Bot, served

POLICY = """version: 1
limits: {running: 3}
phases:
  - match: "Set up*"
    executor: local
    operations: [{tool: command, run: "echo All 42 packages are there."}]
  - match: "Build*"
    executor: local
    retries: 1
    retry_delay: 1s
    operations:
      - {tool: command, run: "echo compiling 3 pages"}
      - {tool: command, run: "cat templates/layout.html"}
  - match: "Check*"
    executor: local
    operations: [{tool: command, run: "echo checked"}]
  - match: "Release*"
    approval: true
"""

SITE = """# Relaunch of the website

A new site for the spring: faster, in three languages, with a page for each product.

## Phase 1: Set up the ground

Lay the **ground**: packages, folders, a first page. See docs/ground.md.

- [x] T001 Choose the packages
- [ ] T002 Make the folders

## Phase 2: Build the pages

Depends on Phase 1.

Write the pages, one for each product.

- [ ] T003 Home
- [ ] T004 Products

## Phase 3: Write the texts

Depends on Phase 1. In three languages.

## Phase 4: Check everything

Depends on Phase 2 and Phase 3.

## Phase 5: Release it

Depends on Phase 4.
"""

DOCS = """# Plan for the handbook

## Phase 1: Set up the tools

- [ ] Install what is needed

## Phase 2: Check the links

- [ ] Every link, once
"""


def fifty() -> str:
    """A plan with fifty phases, in five strands that meet now and then."""
    lines = ["# The great migration", "", "All services move, one after the other.", ""]
    for n in range(1, 51):
        lines += [f"## Phase {n}: {'Join the strands' if n % 10 == 0 else f'Move service {n}'}", ""]
        if n % 10 == 0:
            lines += [f"Depends on {', '.join(f'Phase {k}' for k in range(n - 5, n))}.", ""]
        elif n > 5:
            lines += [f"Depends on Phase {n - 5 if n % 10 > 5 or n % 10 == 0 else n - n % 10}.", ""]
    return "\n".join(lines)


@contextmanager
def served_world(folder: Path, *, issues: bool = False) -> Iterator[Bot]:
    """Served, without anything in it yet. `issues`: on the embedded tracker."""
    settings = Settings(database_url=str(folder / "phasebot.db"), api_tools="command")
    workspace = folder / "work"
    workspace.mkdir()
    with Phasebot(settings, Options(workspace=workspace, issues=issues)) as phasebot:
        phasebot.start()
        with served(phasebot, Access(TOKEN, local_only=True)) as url:
            if issues:
                phasebot.hooks.listen(url)
            bot = Bot(phasebot, url)
            with bot.http:
                yield bot


def ours(name: str) -> str:
    return name if "/" in name else f"{person()}/{name}"


def upload(bot: Bot, plan: str, *, policy: str = "", project: str = "website", **query: str) -> str:
    """The id of the plan that it became. On the embedded tracker repositories are those of whoever sits at this machine."""
    files = {"plan": ("plan.md", plan), **({"policy": ("phasebot.yml", policy)} if policy else {})}
    answer = bot.http.post("/api/plans", files=files, params={"project": ours(project), **query})
    assert answer.is_success, answer.text
    return str(answer.json()["plan"]["id"])


def take_in(bot: Bot, plan: str, project: str) -> str:
    """As large a plan as the tests want; uploads have a limit."""
    draft = parser.parse(plan, max_phases=100)
    submission = Submission(draft=draft, source=f"plans/{project}.md", project=ours(project))
    return bot.phasebot.intake.submit(submission).plan.id


def stands(phasebot: Phasebot, plan: str) -> dict[str, str]:
    """The status of each phase, by title."""
    found = phasebot.answers.plan(plan)
    assert found is not None
    return {phase.title: phase.status.value for phase in found}
