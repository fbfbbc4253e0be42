"""Reacting: from the webhook of a run that has passed to the request that starts the run of the phase that waited for it.

`phasebot serve`, as it is, in a process of its own; localhub plays GitHub and its runners here. The clock starts when the
signed payload is sent and stops when the dispatch has reached the tracker: verifying, a commit, what the event means, the
decision, another commit and a request lie in between.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import httpx

from benchmarks.contest import fresh_folder
from benchmarks.processes import ROOT, phasebot
from bot.localhub import Hub, HubServer
from bot.localhub.courier import send
from bot.localhub.faults import Faults, PlannedFault
from bot.localhub.run_values import Run

REPO, BOT = "acme/site", "phasebot[bot]"
SECRET, TOKEN = "a secret", "bench"
PHASES = 20
PATIENCE = 30.0
QUIET = 0.1
"""Seconds without a request to the tracker after which nothing is under way any more."""

_WORKFLOW = """
run-name: "phasebot ${{ inputs.correlation_id }}"
on:
  workflow_dispatch:
    inputs: {plan: {}, phase: {}, attempt: {}, fence: {}, correlation_id: {}}
jobs: {build: {}}
"""
_POLICY = "version: 1\ndefaults: {executor: actions, workflow: phase.yml}\n"
_UNPACED = {"WRITE_INTERVAL": "0", "WRITES_PER_MINUTE": "1000000", "WRITES_PER_HOUR": "1000000"}


def show(*, plans: int = 11) -> None:
    """200 rounds with nothing else going on, then some where writes wait in a row, since GitHub wants one a second."""
    with _stage(_UNPACED) as stage:
        idle = [one for number in range(plans) for one in stage.rounds(number, wait=True)]
    with _stage({"WRITES_PER_MINUTE": "1000000", "WRITES_PER_HOUR": "1000000"}) as stage:
        paced = stage.rounds(0, wait=False)
    print("From the webhook of a passed run to the dispatch of the next phase, milliseconds")
    print(f"  {'':34}{'rounds':>8}{'median':>9}{'p99':>8}{'worst':>8}")
    for name, times in {"idle": idle, "with other writes, one a second": paced}.items():
        p99 = quantiles(times, n=100)[98]
        print(f"  {name:34}{len(times):8}{median(times) * 1000:9.1f}{p99 * 1000:8.1f}{max(times) * 1000:8.1f}")
    print()


class _Arrivals(Faults):
    """Notes when which request arrived; nothing goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.dispatched_at = 0.0
        self.last = time.perf_counter()
        self.dispatched = threading.Event()

    def strike(self, method: str, path: str) -> PlannedFault | None:
        self.last = time.perf_counter()
        if method == "POST" and path.endswith("/dispatches"):
            self.dispatched_at = self.last
            self.dispatched.set()
        return super().strike(method, path)


@dataclass(slots=True)
class _Stage:
    hub: Hub
    arrivals: _Arrivals
    url: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=PATIENCE))

    def rounds(self, number: int, *, wait: bool) -> list[float]:
        """A plan, a chain of phases: seconds from the end of each run to the start of the next. `wait`: until all is quiet."""
        self.arrivals.dispatched.clear()
        files = {"plan": (f"{number}.md", _plan(number)), "policy": ("phasebot.yml", _POLICY)}
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.http.post(f"{self.url}/api/plans", files=files, headers=headers).raise_for_status()
        times = []
        for _ in range(PHASES - 1):
            run = self._dispatched_run()
            if wait:
                self._quiet()
            times.append(self._passes(run))
        self._passes(self._dispatched_run(), is_last=True)
        return times

    def _dispatched_run(self) -> Run:
        if not self.arrivals.dispatched.wait(PATIENCE * 10):
            raise SystemExit("no run was started")
        while not (found := self.hub.runs.unfinished(self.hub.repositories.named(REPO))):
            time.sleep(0.001)  # the request has arrived, and is being carried out
        return self.hub.runs.begin(found[0])

    def _quiet(self) -> None:
        while (quiet := time.perf_counter() - self.arrivals.last) < QUIET:
            time.sleep(QUIET - quiet)

    def _passes(self, run: Run, *, is_last: bool = False) -> float:
        """The run ends, and phasebot hears of that alone; what else localhub would tell is left out."""
        courier = self.hub.courier
        courier.hold()
        self.hub.runs.complete(run)
        told = next(one for one in courier.waiting() if one.event == "workflow_run" and one.action == "completed")
        courier.rearrange([])
        hook = self.hub.hooks.by_id(told.hook_id)
        self.arrivals.dispatched.clear()
        began = time.perf_counter()
        answer = send(self.http, hook, told)
        if answer.status_code != httpx.codes.ACCEPTED:
            raise SystemExit(f"refused: {answer.status} {answer.response_body}")
        if is_last:
            return 0.0
        if not self.arrivals.dispatched.wait(PATIENCE):
            raise SystemExit("the next phase was not started")
        return self.arrivals.dispatched_at - began


@contextmanager
def _stage(settings: dict[str, str]) -> Iterator[_Stage]:
    """A repository, and the server that serves it."""
    hub = Hub(None)
    hub.faults = arrivals = _Arrivals()
    hub.create_repository(REPO)
    hub.create_user(BOT, kind="Bot")
    hub.add_collaborator(REPO, BOT, "admin")
    hub.put_file(REPO, ".github/workflows/phase.yml", _WORKFLOW)
    with fresh_folder() as folder, HubServer(hub) as tracker:
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        hub.add_hook(REPO, f"{url}/webhooks/github", secret=SECRET)
        hub.courier.hold()
        given = {"GITHUB_API_URL": tracker.url, "GITHUB_TOKEN": hub.create_token(BOT), "WEBHOOK_SECRET": SECRET}
        given |= {"API_TOKEN": TOKEN, "RECONCILE_EVERY": "3600", "RUN_POLL": "3600", **settings}
        with _server(port, folder, given):
            yield _Stage(hub, arrivals, url)
    hub.close()


@contextmanager
def _server(port: int, folder: Path, settings: dict[str, str]) -> Iterator[None]:
    environment = {**os.environ, **{f"PHASEBOT_{name}": value for name, value in settings.items()}}
    command = phasebot("serve", "--repo", REPO, "--port", str(port), "--db", str(folder / "phasebot.db"))
    server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _answers(f"http://127.0.0.1:{port}/readyz", server)
        yield
    finally:
        server.terminate()
        server.wait(60)


def _answers(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise SystemExit("phasebot serve does not answer")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _plan(number: int) -> str:
    phases: Sequence[str] = [f"## Phase {n}: Part {n}\n\nDo part {n}.\n" for n in range(1, PHASES + 1)]
    return f"# Site {number}\n\n" + "\n".join(phases)


if __name__ == "__main__":
    show()
