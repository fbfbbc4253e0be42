"""What runs in a child process: a whole phasebot that carries a plan out, and can be killed at any boundary.

A boundary is the moment before or after anything becomes durable: a commit of the database, a write to the tracker.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.bootstrap import Options, Phasebot
from bot.github.identity import PersonalToken
from bot.intake import Submission
from bot.settings import Settings
from services.coordinator.intake import by_hand
from services.domain.messages import RetractPlan
from services.domain.phase import Operation, Rules
from services.domain.plan import Plan, PlanState
from services.planning.draft import PhaseDraft
from services.planning.parser import parse

PATIENCE = 60  # seconds until a child gives up

PLAN = """# Move the shop

A plan that is killed in every place.

## Phase 1: Schema

- [ ] Write `schema.sql`

## Phase 2: API

**Depends on**: Phase 1

## Phase 3: Pages

**Depends on**: Phase 1

## Phase 4: Release

**Depends on**: Phase 2, Phase 3
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the child works: its database's folder, the tracker's address and a token for it; and on which plan. `retracts`:
    it is there already, and is to be taken back."""

    folder: str
    api_url: str
    token: str
    repo: str
    document: str = PLAN
    retracts: bool = False


class Boundaries:
    """Counts boundaries; dies at the one it is told to, as if the plug were pulled."""

    def __init__(self, die_at: int | None) -> None:
        self.passed = 0
        self._die_at = die_at
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            if self.passed == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.passed += 1

    def around(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        def surrounded(*arguments: Any, **named: Any) -> Any:
            self()
            result = deed(*arguments, **named)
            self()
            return result

        return surrounded

    def watch(self, bot: Phasebot) -> None:
        """Pull the plug between what is decided and what is durable: round commits, and round HTTP writes."""
        begin = bot.store.open_work

        @contextmanager
        def open_work() -> Iterator[Any]:
            with begin() as work:
                yield work
                self()
            self()

        bot.store.open_work = open_work  # type: ignore[method-assign]
        bot.loop._coordinator._open_work = open_work
        _around_http_writes(self)


def _around_http_writes(boundaries: Boundaries) -> None:
    from requests import Session

    send = Session.send

    def surrounded(session: Session, request: Any, **named: Any) -> Any:
        if request.method in ("GET", "HEAD"):
            return send(session, request, **named)
        return boundaries.around(send)(session, request, **named)

    Session.send = surrounded  # type: ignore[method-assign, assignment]


def rules(phase: PhaseDraft) -> Rules:
    """Every phase is carried out at once, and does nothing; unless it is somebody's work."""
    return (
        by_hand(phase) if "By hand." in phase.content else Rules(executor="local", operations=(Operation("noop", {}),))
    )


def carry_out(place: Place, die_at: int | None) -> None:
    """Publish the plan and carry it out, to its end or to the boundary; leaves a note of how many boundaries it passed."""
    settings = Settings(
        database_url=str(Path(place.folder) / "phasebot.db"),
        github_api_url=place.api_url,
        marker_key="a key",
        write_interval=0,
        log_level="error",
    )
    boundaries = Boundaries(die_at)
    with Phasebot(
        settings, Options(repo=place.repo, identity=PersonalToken(place.token), workspace=Path(place.folder))
    ) as bot:
        boundaries.watch(bot)
        bot.start()
        wanted = Submission(draft=parse(place.document), source="plan.md", rules_for=rules)
        plan = _taken_back(bot, wanted) if place.retracts else bot.intake.submit(wanted).plan
        _wait_until(lambda: _is_taken_back(bot, plan.id) if place.retracts else _has_ended(bot, plan.id))
        assert not bot.answers.dead_letters(plan.id)
    (Path(place.folder) / "boundaries").write_text(str(boundaries.passed))


def _taken_back(bot: Phasebot, wanted: Submission) -> Plan:
    """Ordered by every process that finds it not ordered yet."""
    plan = bot.store.lookups.plan_of(bot.options.repo or "", wanted.source)
    assert plan is not None
    if plan.retracted_at is None:
        bot.order(RetractPlan(plan=plan.id, cause=f"retract/{plan.id}"))
    return plan


def _is_taken_back(bot: Phasebot, id: str) -> bool:
    return bool(bot.store.records.events(plan=id, kind="issues_retracted"))


def _has_ended(bot: Phasebot, id: str) -> bool:
    plan = bot.answers.plan(id)
    return plan is not None and plan.state is PlanState.ACTIVE and bot.answers.settled(plan)


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while time.monotonic() < deadline:
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("the plan did not end")
