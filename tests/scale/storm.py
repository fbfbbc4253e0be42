"""50 phases in a graph of width 10, with failures, timeouts and kills at random: on threads, and on workers.

Every phase writes an artifact made from those of the phases it needs, so whatever ran too early, twice beside itself, or not
at all would show. `python -m tests.scale` carries it out and compares with what a sequential run gives.
"""

from __future__ import annotations

import hashlib
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bot.bootstrap import Options, Phasebot
from bot.intake import Submission
from bot.settings import Settings
from services.domain.phase import Operation, Rules
from services.domain.rules import Isolation
from services.planning.draft import PhaseDraft
from services.planning.parser import parse
from tests.scale.conftest import Yard
from tests.scale.redis_server import RedisServer

WIDTH, DEPTH = 10, 5
PATIENCE = 900.0

SCRIPT = """\
set -eu
echo run >> log-{n}
runs=$(wc -l < log-{n})
if [ "$runs" -le {falls} ]; then echo half > out-{n}; {mishap}; fi
cat /dev/null {needs} | {{ echo "phase {n}"; cat; }} | sha256sum | cut -c1-64 > out-{n}.new
mv out-{n}.new out-{n}
"""


class Weather:
    """What goes wrong, and how often; the same for the same seed."""

    def __init__(self, seed: int, *, width: int = WIDTH, depth: int = DEPTH) -> None:
        self.seed = seed
        self._random = random.Random(seed)
        self.width, self.depth = width, depth
        self.count = width * depth
        self.needs = {n: self._needed_by(n) for n in range(1, self.count + 1)}
        self.falls = {n: self._random.choice([0, 0, 1, 2]) for n in self.needs}
        self.mishaps = {n: self._random.choice(["exit 75", "sleep 30", "kill -9 $$"]) for n in self.needs}

    def _needed_by(self, n: int) -> list[int]:
        row = (n - 1) // self.width
        above = range((row - 1) * self.width + 1, row * self.width + 1)
        return sorted(self._random.sample(above, min(2, self.width))) if row else []

    @property
    def plan(self) -> str:
        lines = ["# Storm", ""]
        for n, needs in self.needs.items():
            said = ", ".join(f"Phase {one}" for one in needs)
            lines += [f"## Phase {n}: P{n}", "", f"**Depends on**: {said}" if needs else "No dependencies.", ""]
        return "\n".join(lines)

    def rules(self, phase: PhaseDraft) -> Rules:
        n = int(phase.number or 0)
        needs = " ".join(f"out-{one}" for one in self.needs[n])
        script = SCRIPT.format(n=n, falls=self.falls[n], mishap=self.mishaps[n], needs=needs)
        return Rules(
            executor="local",
            isolation=Isolation.IN_PLACE,  # how often it has run is counted there, and all see the same
            operations=(Operation("command", {"run": script, "shell": True}),),
            retries=8,
            retry_delay=timedelta(seconds=0.1),
            retry_cap=timedelta(seconds=0.5),
            timeout=timedelta(seconds=2),
        )

    def sequential(self) -> dict[int, str]:
        """What each artifact is if one phase is carried out after the other."""
        made: dict[int, str] = {}
        for n, needs in self.needs.items():
            text = f"phase {n}\n" + "".join(f"{made[one]}\n" for one in needs)
            made[n] = hashlib.sha256(text.encode()).hexdigest()
        return made

    def found(self, workspace: Path) -> dict[int, str]:
        return {n: (workspace / f"out-{n}").read_text().strip() for n in self.needs}


def on_threads(folder: Path, weather: Weather) -> None:
    """In one process, which is not killed: what fails is the work."""
    (folder / "work").mkdir(parents=True)
    settings = Settings(database_url=str(folder / "phasebot.db"), breaker_pause=0)
    with Phasebot(settings, Options(workspace=folder / "work", issues=False, workers=4)) as phasebot:
        phasebot.start()
        id = phasebot.intake.submit(submission(weather)).plan.id
        _wait(phasebot, id)
    assert weather.found(folder / "work") == weather.sequential()


def on_workers(folder: Path, weather: Weather, *, kills: int = 4, workers: int = 3) -> None:
    """On workers, of which one is killed now and then, and so is Redis."""
    redis = RedisServer(folder)
    redis.start()
    yard = Yard(folder, redis, lease=3)
    yard.workspace.mkdir()
    try:
        with yard.server() as phasebot:
            for _ in range(workers):
                yard.worker()
            id = yard.submit(weather.plan, weather.rules)
            with _kills(yard, random.Random(weather.count), kills):
                _wait(phasebot, id)
    finally:
        yard.close()
        redis.kill()
    assert weather.found(yard.workspace) == weather.sequential()


def submission(weather: Weather) -> Submission:
    """The storm as a plan to be handed in."""
    return Submission(draft=parse(weather.plan, max_phases=100), source="storm.md", rules_for=weather.rules)


def _wait(phasebot: Phasebot, id: str) -> None:
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while time.monotonic() < deadline:
        plan = phasebot.answers.plan(id)
        if plan is not None and phasebot.answers.settled(plan):
            states = {phase.name: phase.state.value for phase in plan}
            assert set(states.values()) == {"completed"}, states
            return
        pause.wait(0.05)
    raise AssertionError("the storm did not pass")


@contextmanager
def _kills(yard: Yard, chance: random.Random, count: int) -> Iterator[None]:
    """Now and then a worker is killed and replaced, or Redis is and comes back empty."""
    over = threading.Event()

    def storm() -> None:
        for _ in range(count):
            if over.wait(chance.uniform(1, 3)):
                return
            deed: Callable[[], None] = chance.choice([_kill_worker(yard), _kill_redis(yard)])
            deed()

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _kill_worker(yard: Yard) -> Callable[[], None]:
    def deed() -> None:
        yard.workers[-1].send_signal(signal.SIGKILL)
        yard.workers[-1].wait()
        yard.worker()

    return deed


def _kill_redis(yard: Yard) -> Callable[[], None]:
    def deed() -> None:
        yard.redis.kill()
        yard.redis.start()

    return deed
