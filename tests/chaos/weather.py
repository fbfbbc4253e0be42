"""The weather: a tracker that people work on while it loses, doubles and delays things, and while phasebot is killed."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from bot.localhub import DeliveryStorm, Fault, Hub, HubServer, Storm
from bot.localhub.traffic import Allowances, Window
from bot.localhub.values import Issue
from tests.chaos.child import DONE, SCALE, SECRET, Place, live
from tests.forks import forks

BOT, ADA = "phasebot[bot]", "ada"
PLANS_A_REPOSITORY = 25
PHASES = 4
MARKER = re.compile(r"<!-- phasebot:.*?-->", re.DOTALL)
NUMBER = re.compile(r"(?<![:\w])#(\d+)\b")


@dataclass(frozen=True, slots=True)
class Chaos:
    """How much goes wrong, and how often the process is killed. The seed decides what and when."""

    seed: int
    plans: int
    share: float = 0.1
    kills: int = 3
    patience: float = 110.0


@dataclass(slots=True)
class Outcome:
    """What was injected, and how it ended: a picture of each plan's issues, and what must never be."""

    requests: Counter[Fault] = field(default_factory=Counter)
    webhooks: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    answered: int = 0
    pictures: dict[str, Any] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return sum(self.requests.values()) + sum(self.webhooks.values()) + self.kills


class StrictAllowances(Allowances):
    """Counts what came faster than GitHub allows, and all that came."""

    def __init__(self) -> None:
        began = datetime.now(UTC)
        super().__init__(lambda: began + (datetime.now(UTC) - began) * SCALE)
        self.per_hour = 10_000_000  # reads: what they cost is another test's
        self.content_per_minute, self.content_per_hour = 80, 500
        self.retry_after = None
        self.exceeded = 0
        self.answered = 0

    def spend(self, user: str) -> Window:
        self.answered += 1
        return super().spend(user)

    def spend_content(self, user: str) -> None:
        try:
            super().spend_content(user)
        except Exception:
            self.exceeded += 1
            raise


def endure(folder: Path, chaos: Chaos) -> Outcome:
    """Live through it all, and look at what is left."""
    with _a_tracker() as (hub, server, allowances):
        port = _free_port()
        repos = tuple(f"{ADA}/shop-{n}" for n in range(-(-chaos.plans // PLANS_A_REPOSITORY)))
        for repo in repos:
            hub.create_repository(repo)
            for login in (BOT, ADA):
                hub.add_collaborator(repo, login, "admin")
            hub.add_hook(repo, f"http://127.0.0.1:{port}/webhooks/github", secret=SECRET)
        _let_it_blow(hub, chaos)
        place = Place(str(folder), server.url, hub.create_token(BOT), repos, port, chaos.plans)
        kills = _live_through(hub, place, chaos)
        outcome = Outcome(kills=kills, answered=allowances.answered)
        for (fault, _), count in hub.faults.struck.items():
            outcome.requests[fault] += count
        outcome.webhooks = Counter({kind.value: count for kind, count in hub.courier.faults.struck.items()})
        outcome.wrongs = _wrongs(hub, repos, chaos)
        for repo in repos:
            outcome.pictures.update(_pictures(hub, repo))
        if allowances.exceeded:
            outcome.wrongs.append(f"{allowances.exceeded} writes came faster than GitHub allows")
        return outcome


@contextmanager
def _a_tracker() -> Iterator[tuple[Hub, HubServer, StrictAllowances]]:
    hub = Hub(None)
    hub.allowances = allowances = StrictAllowances()
    hub.create_user(BOT, kind="Bot")
    hub.create_user(ADA)
    with HubServer(hub) as server:
        yield hub, server, allowances
    hub.close()


def _let_it_blow(hub: Hub, chaos: Chaos) -> None:
    if chaos.share:
        seconds = 0.02
        hub.faults.storm(
            Storm(chaos.seed, chaos.share, retry_after=0, seconds=seconds),
            Storm(chaos.seed + 1, chaos.share / 100, (Fault.TOO_MANY_RETRY_AFTER,), retry_after=1),
        )
        hub.courier.faults.storm(DeliveryStorm(chaos.seed, 3 * chaos.share))


def _live_through(hub: Hub, place: Place, chaos: Chaos) -> int:
    """Children come and go while ada does her work. How many were killed."""
    chance, kills, done = random.Random(chaos.seed), 0, Path(place.folder) / DONE
    deadline = time.monotonic() + chaos.patience
    person = _Person(hub, place.repos, chaos)
    child = _born(place)
    try:
        while kills < chaos.kills or not done.exists():
            assert time.monotonic() < deadline, _stuck(hub, place)
            person.works_for(chance.uniform(0.2, 1.5) if kills < chaos.kills else 0.2, until=done)
            if kills < chaos.kills and child.is_alive():
                os.kill(child.pid or 0, signal.SIGKILL)
                kills += 1
                child.join(10)
            if not child.is_alive():
                assert child.exitcode == -signal.SIGKILL, f"a process ended by itself: {child.exitcode}"
                done.unlink(missing_ok=True)  # the next one has to find the same by itself
                child = _born(place)
        _calm(hub)
        _rest(hub, place, child, deadline)
    finally:
        child.terminate()
        child.join(20)
        if child.is_alive():
            child.kill()
    return kills


def _born(place: Place) -> BaseProcess:
    child = forks.Process(target=live, args=(place,))
    child.start()
    return child


def _calm(hub: Hub) -> None:
    hub.faults.clear()
    hub.courier.faults.clear()


def _rest(hub: Hub, place: Place, child: BaseProcess, deadline: float) -> None:
    """What was still on its way arrives, and changes nothing."""
    done, pause = Path(place.folder) / DONE, threading.Event()
    done.unlink()
    while not done.exists():
        assert child.is_alive(), f"the last process ended by itself: {child.exitcode}"
        assert time.monotonic() < deadline, f"done, and then not any more; {_stuck(hub, place)}"
        pause.wait(0.05)


def _stuck(hub: Hub, place: Place) -> str:
    """What can be seen of why it does not end."""
    questions = {
        "outbox": "SELECT key, state, tries, error FROM outbox WHERE state <> 'done'",
        "inbox": "SELECT id, event, state, tries, error FROM inbox WHERE state <> 'applied'",
        "phases": "SELECT plan_id, key, status FROM phases WHERE status <> 'completed'",
    }
    open_issues = [
        (repo, one.number, one.title)
        for repo in place.repos
        for one in hub.repository(repo).issues
        if one.state == "open"
    ]
    with closing(sqlite3.connect(Path(place.folder) / "phasebot.db")) as database:
        found = {name: database.execute(question).fetchmany(10) for name, question in questions.items()}
    return "\n".join(
        ["not done:", *(f"{name}: {rows}" for name, rows in {"issues": open_issues[:10], **found}.items())]
    )


class _Person:
    """ada does what is to be done by hand: she closes issues, or says so in a comment, in an order that chance gives."""

    def __init__(self, hub: Hub, repos: Sequence[str], chaos: Chaos) -> None:
        self._hub = hub
        self._repos = repos
        self._chance = random.Random(f"ada {chaos.seed}")
        self._done: set[int] = set()

    def works_for(self, seconds: float, *, until: Path) -> None:
        end, pause = time.monotonic() + seconds, threading.Event()
        while time.monotonic() < end and not until.exists():
            for repo in self._repos:
                self._work(repo)
            pause.wait(0.05)

    def _work(self, repo: str) -> None:
        issues = self._hub.repository(repo).issues
        ready = {parent_of(one) for one in issues if one.title.endswith(": Schema") and one.state == "closed"}
        for issue in issues:
            by_hand = issue.title.endswith((": Texts", ": Pictures")) and parent_of(issue) in ready
            if by_hand and issue.id not in self._done and self._chance.random() < 0.3:
                self._done.add(issue.id)
                if "Texts" in issue.title:
                    self._hub.close_issue(repo, issue.number, ADA)
                else:
                    self._hub.comment(repo, issue.number, ADA, "All of them are there.\n\n/phase complete")


def parent_of(issue: Issue) -> int:
    return issue.parent.number if issue.parent else 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


# ---------------------------------------------------------------- what is left


def _pictures(hub: Hub, repo: str) -> dict[str, Any]:
    """What people see of each plan, apart from the numbers, which depend on what came first."""
    reading = hub.repository(repo)
    titles = {issue.number: issue.title for issue in reading.issues}

    def named(text: str | None) -> str:
        return NUMBER.sub(lambda found: f"<{titles.get(int(found[1]), found[1])}>", MARKER.sub("", text or ""))

    def picture(issue: Issue) -> dict[str, Any]:
        return {
            "title": issue.title,
            "state": (issue.state, issue.state_reason),
            "labels": sorted(label.name for label in issue.labels),
            "body": named(issue.body),
            "comments": sorted(named(comment.body) for comment in reading.comments(issue.number)),
            "blocked_by": sorted(titles[one.number] for one in reading.blocked_by(issue.number)),
            "done": Counter(one.kind for one in hub.news.timeline(issue) if one.kind in ("closed", "reopened")),
        }

    parents = [issue for issue in reading.issues if issue.title.startswith("[Multi-Phase]")]
    return {
        parent.title: {
            "parent": picture(parent),
            "children": [picture(one) for one in reading.sub_issues(parent.number)],
        }
        for parent in parents
    }


def _wrongs(hub: Hub, repos: Sequence[str], chaos: Chaos) -> list[str]:
    """What must never be, whatever a calm run looks like."""
    issues = [(repo, issue) for repo in repos for issue in hub.repository(repo).issues]
    wrongs = []
    if len(issues) != chaos.plans * (1 + PHASES):
        wrongs.append(f"{len(issues)} issues instead of {chaos.plans * (1 + PHASES)}")
    for repo, issue in issues:
        said = "\n".join(one.body for one in hub.repository(repo).comments(issue.number))
        markers = Counter(MARKER.findall(said))
        wrongs += [f"{repo}#{issue.number} says {count} times {one}" for one, count in markers.items() if count > 1]
    return wrongs


def calm_picture(folder: Path) -> Any:
    """How one plan looks in the end where nothing goes wrong."""
    outcome = endure(folder, Chaos(seed=0, plans=1, share=0, kills=0))
    assert outcome.faults == 0
    assert outcome.wrongs == []
    return outcome.pictures["[Multi-Phase] Move shop 0"]


def hours(seconds: float) -> timedelta:
    """How long that was for GitHub."""
    return timedelta(seconds=seconds * SCALE)
