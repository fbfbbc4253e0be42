"""phasebot on SQLite: chains of no-op phases through the whole core. Issues are switched off; everything else is real:
inbox, decisions, outbox, local executor, ToolRunner, leases, audit trail. Phases work in the folder itself, as those of the
peers do: what a copy of it takes grows with the folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from benchmarks.contenders._result import report, task
from bot.bootstrap import Options, Phasebot
from bot.settings import read_settings
from services.domain.graph import chain
from services.domain.messages import StartPlan
from services.domain.phase import Operation, Phase, Rules
from services.domain.plan import Plan, plan_of
from services.domain.progress import PlanStatus, plan_status
from services.domain.rules import Isolation
from services.domain.transitions import PhaseState
from services.execution.tool import Context
from services.ports import Delivery, PhaseText, PlanText

WORKERS = 50
moments: list[float] = []


class Nothing(BaseModel):
    """No input, no output."""


class Stamp:
    """Does nothing but note when it did."""

    name = "stamp"
    input_model = Nothing
    output_model = Nothing

    def run(self, given: Nothing, context: Context) -> Mapping[str, Any]:
        moments.append(time.perf_counter())
        return {}


def plan(number: int, phases: int) -> tuple[Plan, PlanText]:
    rules = Rules(executor="local", operations=(Operation("stamp", {}),), isolation=Isolation.IN_PLACE)
    keys = [f"phase-{one}" for one in range(1, phases + 1)]
    made = Plan(
        id=f"plan{number}",
        project=f"bench/project{number % 10}",
        title=f"Plan {number}",
        phases={key: Phase(key=key, ordinal=place, title=key, rules=rules) for place, key in enumerate(keys, 1)},
        graph=chain(keys),
        tracked=False,
        created_at=datetime.now(UTC),
    )
    return plan_of(made), PlanText("", {key: PhaseText("") for key in keys})


class Finish:
    """Waits until every plan is completed."""

    def __init__(self, plans: int) -> None:
        self._left = plans
        self._done = threading.Event()

    def __call__(self, plans: Sequence[Plan]) -> None:
        self._left -= sum(plan_status(one) is PlanStatus.COMPLETED for one in plans)
        if self._left <= 0:
            self._done.set()

    def wait(self) -> None:
        if not self._done.wait(300):
            raise SystemExit(f"{self._left} plans did not finish")


def main(around: Callable[[Phasebot], AbstractContextManager[None]] | None = None) -> None:
    """`around`: what else goes on meanwhile."""
    asked = task()
    settings = read_settings(database_url=str(asked.folder / "phasebot.db"))
    options = Options(workers=WORKERS, issues=False, workspace=Path(asked.folder))
    with Phasebot(settings, options, tools=[Stamp()]) as bot, ExitStack() as besides:
        bot.start()
        if around is not None:
            besides.enter_context(around(bot))
        plans = [plan(number, asked.phases) for number in range(asked.plans)]
        now = bot.clock.now()
        orders = [
            Delivery(id=f"start/{one.id}", source="order", received_at=now, messages=(start(one),)) for one, _ in plans
        ]
        finish = Finish(asked.plans)
        bot.watch(finish)
        began, used = time.perf_counter(), time.process_time()
        bot.loop.receive(*orders, plans=plans).result()
        finish.wait()
        seconds, used = time.perf_counter() - began, time.process_time() - used
        done = [bot.answers.plan(one.id) for one, _ in plans]
    finished = sum(phase.state is PhaseState.COMPLETED for one in done if one for phase in one)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    report(finished, seconds, gaps if asked.plans == 1 else (), cpu=used)


def start(one: Plan) -> StartPlan:
    return StartPlan(plan=one.id, cause=f"start/{one.id}")


if __name__ == "__main__":
    main()
