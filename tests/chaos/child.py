"""What runs in a child process: a phasebot that serves, takes plans in, and carries them out until it is killed or told to end.

Its time is scaled: a minute of GitHub's lasts a tenth of a second, so that limits and back-offs of hours can be lived through.
"""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.github import pacing
from bot.github.identity import PersonalToken
from bot.intake import Submission
from bot.log import set_up
from bot.settings import Settings
from bot.store import ledger
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.serve import bind, server_for
from bot.workers import outbox, resolver
from services.domain.phase import Operation, Rules
from services.domain.progress import PlanStatus, plan_status
from services.planning.draft import PhaseDraft
from services.planning.parser import parse
from services.publishing import pace

SCALE = 600
"""How many seconds of GitHub's pass in one of ours."""

SECRET = "a secret"

PER_MINUTE, PER_HOUR = 78, 490
"""A little less than GitHub's: with a minute of 100 ms, the time a request is on its way moves it into another one."""

DONE = "done"

PLAN = """# Move shop {number}

A plan that goes through anything.

## Phase 1: Schema

- [ ] Write `schema.sql`

## Phase 2: Texts

By hand. Depends on Phase 1.

## Phase 3: Pictures

By hand. Depends on Phase 1.

## Phase 4: Release

Depends on Phase 2, Phase 3.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the child works."""

    folder: str
    api_url: str
    token: str
    repos: tuple[str, ...]
    port: int
    plans: int


def rules(phase: PhaseDraft) -> Rules:
    """Somebody's work, or done at once."""
    if "By hand." in phase.content:
        return Rules()
    return Rules(executor="local", operations=(Operation("noop", {}),), retries=2)


def scale_time() -> None:
    """Everything that waits for GitHub's sake waits so much shorter; each of them has to be there to be scaled."""
    for module, name in (
        (pace, "MINUTE"),
        (pace, "HOUR"),
        (ledger, "HOUR"),
        (pacing, "HOUR"),
        (pacing, "LEAST_HOLD"),
        (outbox, "BACK_OFF"),
        (outbox, "BACK_OFF_CAP"),
        (outbox, "GIVE_UP_AFTER"),
        (resolver, "BACK_OFF"),
        (resolver, "BACK_OFF_CAP"),
        (resolver, "GIVE_UP_AFTER"),
        (resolver, "_LEAST_WAIT"),
    ):
        length: timedelta = getattr(module, name)
        setattr(module, name, max(timedelta(milliseconds=2), length / SCALE))


def live(place: Place) -> None:
    """Serve until SIGTERM. Once everything is done a file says so."""
    scale_time()
    settings = Settings(
        database_url=str(Path(place.folder) / "phasebot.db"),
        github_api_url=place.api_url,
        marker_key=SecretStr("a key"),
        webhook_secret=SecretStr(SECRET),
        public_url=f"http://127.0.0.1:{place.port}",
        write_interval=0,
        writes_per_minute=PER_MINUTE,
        writes_per_hour=PER_HOUR,
        reconcile_every=0.5,
        log_level="error",
    )
    set_up(settings)
    options = Options(repo=place.repos[0], identity=PersonalToken(place.token), workspace=Path(place.folder), workers=2)
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    listener = bind("127.0.0.1", place.port)
    with Phasebot(settings, options) as bot:
        server = server_for(create_app(bot, Access("token", local_only=True)))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        bot.hooks.listen(f"http://127.0.0.1:{place.port}")
        bot.reconcile()
        bot.start()
        ids = [_submitted(bot, place, number) for number in range(place.plans)]
        while not ending.wait(0.05):
            if all(_is_done(bot, id) for id in ids):
                (Path(place.folder) / DONE).touch()
        server.stop()
        thread.join()


def _submitted(bot: Phasebot, place: Place, number: int) -> str:
    draft, project = parse(PLAN.format(number=number)), place.repos[number % len(place.repos)]
    wanted = Submission(draft=draft, source=f"plan-{number}.md", project=project, rules_for=rules)
    known = bot.intake.known(wanted)
    return (known or bot.intake.submit(wanted).plan).id


def _is_done(bot: Phasebot, id: str) -> bool:
    plan = bot.answers.plan(id)
    if plan is None or plan_status(plan) is not PlanStatus.COMPLETED:
        return False
    return not bot.store.lookups.pending(id) and not bot.answers.dead_letters(id)
