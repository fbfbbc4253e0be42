"""A bot on a tracker that plays Actions, with somebody who plays the runner."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.github.identity import PersonalToken
from bot.intake import Submission
from bot.localhub import Hub, HubServer
from bot.localhub.run_values import Run
from bot.settings import Settings
from bot.web.auth import Access
from bot.workers.reconciler import Reconciler
from services.domain.phase import ACTIONS, Phase, Rules
from services.domain.plan import Plan
from services.planning.parser import parse
from tests.localhub.conftest import REPO, populate
from tests.web.conftest import PATIENCE, SECRET, TOKEN, served

BOT = "phasebot[bot]"
TEMPLATE = Path(__file__).parents[2] / "examples/actions/phase.yml"
WORK = Rules(executor=ACTIONS, workflow="phase.yml", retry_delay=timedelta(milliseconds=1))
_GLANCE = 0.05
Wanted = dict[str, Rules]

_WORKFLOW = """
run-name: "phasebot ${{ inputs.correlation_id }}"
on:
  workflow_dispatch:
    inputs: {plan: {}, phase: {}, attempt: {}, fence: {}, correlation_id: {}}
jobs: {build: {}, test: {}}
"""


class Stage:
    """The bot, its tracker, and a plan on it. `webhooks` off: the bot finds everything out by looking."""

    def __init__(self, phasebot: Phasebot, hub: Hub, url: str, *, webhooks: bool) -> None:
        self.phasebot = phasebot
        self.hub = hub
        self.url = url
        self.webhooks = webhooks
        self.id = ""
        self.reconciler = Reconciler(
            phasebot.store, phasebot.remote, phasebot.receive, clock=phasebot.clock, hook_url=lambda: ""
        )

    def submits(self, rules: Wanted) -> None:
        """A chain of phases with these titles and rules, published and begun."""
        text = "# Site\n\n" + "\n".join(f"## Phase {n}: {title}\n\nDo it.\n" for n, title in enumerate(rules, 1))
        by_title = dict(rules)
        submission = Submission(
            draft=parse(text), source="plan.md", project=REPO, rules_for=lambda phase: by_title[phase.title]
        )
        self.id = self.phasebot.intake.submit(submission).plan.id

    @property
    def plan(self) -> Plan:
        plan = self.phasebot.store.lookups.plan(self.id)
        assert plan is not None
        return plan

    def phase(self, title: str) -> Phase:
        return next(phase for phase in self.plan if phase.title == title)

    def until(self, holds: Callable[[], bool]) -> None:
        """The same, where there need not be a plan yet."""
        self._wait(holds, lambda: "it never came about")

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Looks after each commit that changed a plan, and now and then: that all is said changes none."""
        self._wait(holds, lambda: [(one.title, one.status, one.attempt) for one in self.plan])

    def _wait(self, holds: Callable[[], bool], told: Callable[[], object]) -> None:
        changed = threading.Event()
        forget = self.phasebot.watch(lambda _: changed.set())
        try:
            for _ in range(round(PATIENCE / _GLANCE)):
                changed.clear()
                if holds():
                    return
                changed.wait(_GLANCE)
        finally:
            forget()
        raise AssertionError(told())

    def run_of(self, title: str, number: int) -> Run:
        """The run of this attempt, once it has been started."""
        self.wait_until(lambda: self._is_dispatched(title, number))
        attempt = self.phase(title).attempt
        assert attempt is not None
        repository = self.hub.repositories.named(REPO)
        return self.hub.runs.get(repository, int(attempt.ref.partition("/")[0]))

    def _is_dispatched(self, title: str, number: int) -> bool:
        attempt = self.phase(title).attempt
        return attempt is not None and attempt.number == number and bool(attempt.ref)

    def plays(self, title: str, number: int, conclusion: str = "success", **jobs: str) -> Run:
        """The runner takes the run of this attempt, and ends it."""
        run = self.hub.runs.begin(self.run_of(title, number))
        self.tell()
        self.wait_until(lambda: self.state(title, number) == "running")
        run = self.hub.runs.complete(run, conclusion, jobs=jobs)
        self.tell()
        self.wait_until(lambda: self.state(title, number) not in ("dispatched", "running"))
        return run

    def state(self, title: str, number: int) -> str:
        attempts = self.phasebot.store.views.attempts(f"{self.id}.{self.phase(title).serial}")
        return attempts[number - 1].state.value

    def tell(self) -> None:
        """Let the bot hear what happened: by webhook, or by looking itself."""
        if self.webhooks:
            self.hub.drain_deliveries()
        else:
            self.phasebot.elsewhere.look()
            self.reconciler.tick()

    def ci(self, body: Any, **headers: str) -> httpx.Response:
        """A callback."""
        return httpx.post(f"{self.url}/webhooks/ci", json=body, headers=headers, trust_env=False, timeout=PATIENCE)

    def comments(self, title: str) -> list[str]:
        """The notices on the issue of a phase, the first line of each."""
        issue = self.phase(title).issue
        assert issue is not None
        found = self.hub.repository(REPO).comments(issue.number)
        return [one.body.splitlines()[0] for one in found]


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = populate(Hub(None))
    hub.put_file(REPO, ".github/workflows/phase.yml", _WORKFLOW)
    hub.put_file(REPO, ".github/workflows/smoke.yml", _WORKFLOW)
    yield hub
    hub.close()


def nothing(_: HubServer, folder: Path) -> Path:
    """An empty workspace."""
    return folder


def staged(
    folder: Path, hub: Hub, *, webhooks: bool, workspace: Callable[[HubServer, Path], Path] = nothing, **more: Any
) -> Iterator[Stage]:
    """`workspace` makes what phases of this machine work on, and says where it is."""
    with ExitStack() as stack:
        server = stack.enter_context(HubServer(hub))
        settings = Settings(
            database_url=str(folder / "phasebot.db"),
            github_api_url=server.url,
            write_interval=0,
            run_poll=0.001 if not webhooks else 3600,
            webhook_secret=SecretStr(SECRET),
            **more,
        )
        options = Options(repo=REPO, identity=PersonalToken(hub.create_token(BOT)), workspace=workspace(server, folder))
        phasebot = stack.enter_context(Phasebot(settings, options))
        url = stack.enter_context(served(phasebot, Access(TOKEN, local_only=True)))
        if webhooks:
            hub.add_hook(REPO, f"{url}/webhooks/github", secret=SECRET)
        phasebot.start()
        yield Stage(phasebot, hub, url, webhooks=webhooks)


@pytest.fixture(params=[True, False], ids=["webhooks", "no webhooks"])
def stage(tmp_path: Path, hub: Hub, request: pytest.FixtureRequest) -> Iterator[Stage]:
    yield from staged(tmp_path, hub, webhooks=request.param)
