"""A bot that works in a clone of the tracker's own git repository, and pushes to it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.localhub import Hub, HubServer
from bot.localhub.values import Issue, PullDraft
from services.domain.phase import LOCAL, Operation, Rules
from services.domain.pull import Pull
from services.domain.rules import Deliver
from tests.actions.conftest import BOT, Stage, staged
from tests.localhub.conftest import REPO, populate
from tests.localhub.git import Clone, address
from tests.web.conftest import TOKEN


def writing(path: str, text: str = "done", **rules: Any) -> Rules:
    """A phase that writes one file, and whose result is to be merged."""
    run = Operation("command", {"run": f"echo {text} > {path}", "shell": True})
    return Rules(executor=LOCAL, operations=(run,), deliver=Deliver.PULL_REQUEST, **rules)


@dataclass
class Merging:
    """The stage, with what is in git."""

    stage: Stage
    hub: Hub
    clone: Clone

    @property
    def pull(self) -> Pull:
        pull = self.stage.plan.pull
        assert pull is not None
        return pull

    def opened(self) -> Issue:
        """The pull request, once the plan knows of it."""
        self.stage.wait_until(lambda: self.stage.plan.pull is not None and self.stage.plan.pull.state == "open")
        return self.hub.repository(REPO).issue(self.pull.number)

    def open_by_hand(self, login: str, branch: str, body: str = "") -> Issue:
        return self.hub.create_pull(REPO, login, PullDraft("By hand", branch, "main", body))

    def pulls(self) -> list[Issue]:
        return [one for one in self.hub.repository(REPO).issues if one.pull is not None]

    def parent(self) -> Issue:
        issue = self.stage.plan.issue
        assert issue is not None
        return self.hub.repository(REPO).issue(issue.number)

    def comments(self) -> list[str]:
        """On the parent."""
        self.stage.wait_until(lambda: self.stage.phasebot.answers.settled(self.stage.plan))
        return [one.body for one in self.hub.repository(REPO).comments(self.parent().number)]

    def api(self) -> dict[str, Any]:
        """The plan as the API has it."""
        found: dict[str, Any] = self._get(f"/api/plans/{self.stage.id}").json()
        return found

    def page(self) -> str:
        """The plan as the console has it, without the tags of its links."""
        return self._get(f"/plans/{self.stage.id}").text

    def order(self, verb: str) -> httpx.Response:
        address = f"{self.stage.url}/api/plans/{self.stage.id}/{verb}"
        return httpx.post(address, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)

    def _get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.get(f"{self.stage.url}{path}", headers=headers, trust_env=False).raise_for_status()


def cloned(server: HubServer, folder: Path) -> Path:
    return Clone.begun(folder / "work", address(server, BOT)).folder


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = populate(Hub(None))
    yield hub
    hub.close()


@pytest.fixture(params=[True, False], ids=["webhooks", "no webhooks"])
def merging(tmp_path: Path, hub: Hub, request: pytest.FixtureRequest) -> Iterator[Merging]:
    for stage in staged(tmp_path, hub, webhooks=request.param, workspace=cloned):
        yield Merging(stage, hub, Clone(tmp_path / "work"))
