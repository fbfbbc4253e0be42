"""An App hears by its own webhook, and asks for what that did not bring: no repository has a hook of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.bootstrap import Options, Phasebot
from bot.clock import SystemClock
from bot.github.app import AppIdentity
from bot.intake import Submission
from bot.localhub import Hub, HubServer
from bot.localhub.values import App
from bot.settings import Settings
from bot.setup.manifest import manifest
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.serve import bind, server_for, url_of
from bot.workers.reconciler import Reconciler
from services.domain.plan import PlanState
from services.planning.parser import parse
from tests.recovery.conftest import PATIENCE, PLAN

REPO = "acme/shop"


@dataclass
class Place:
    """A served phasebot, which is an App on a tracker."""

    hub: Hub
    app: App
    bot: Phasebot
    reconciler: Reconciler

    def until(self, holds: Callable[[], bool]) -> None:
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while not holds():
            assert time.monotonic() < deadline
            pause.wait(0.01)

    def published(self) -> str:
        id = self.bot.intake.submit(Submission(draft=parse(PLAN), source="plan.md")).plan.id
        self.until(lambda: self._is_published(id))
        return id

    def _is_published(self, id: str) -> bool:
        plan = self.bot.answers.plan(id)
        return plan is not None and plan.state is not PlanState.PUBLISHING and self.bot.answers.settled(plan)

    def heard(self, guid: str) -> str:
        """What became of a webhook here; "" if it never came."""
        found = [one for one in self.bot.store.records.deliveries() if one.id == f"github/{guid}"]
        return found[0].state if found else ""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    hub = Hub(None)
    hub.create_user("ada")
    owner = hub.create_repository(REPO).owner
    hub.add_collaborator(REPO, "ada", "admin")
    listener = bind("127.0.0.1", 0)
    url = url_of(listener)
    wanted = manifest("Planner", home="https://planner.invalid", redirect_url=url, public_url=url)
    app, key = hub.apps.convert(hub.apps.register(hub.people.named("ada"), wanted))
    hub.apps.install(app, owner, [hub.repositories.named(REPO)])
    webhook = hub.apps.webhook(app)
    assert webhook is not None
    with HubServer(hub) as tracker:
        settings = Settings(
            database_url=str(tmp_path / "phasebot.db"),
            github_api_url=tracker.url,
            webhook_secret=webhook.secret,
            public_url=url,
            write_interval=0,
        )
        identity = AppIdentity(tracker.url, app.client_id, key, SystemClock())
        with Phasebot(settings, Options(repo=REPO, identity=identity, workspace=tmp_path)) as bot:
            bot.start()
            server = server_for(create_app(bot, Access("token", local_only=True)))
            thread = threading.Thread(target=server.run, args=([listener],))
            thread.start()
            bot.hooks.listen(url)
            reconciler = Reconciler(bot.store, bot.remote, bot.receive, clock=bot.clock, hook_url=lambda: bot.hooks.url)
            yield Place(hub, app, bot, reconciler)
            server.stop()
            thread.join()
        identity.close()
    hub.close()


def test_what_the_webhook_of_the_app_did_not_bring_is_asked_for_again(place: Place) -> None:
    place.published()
    place.reconciler.tick()
    place.hub.drain_deliveries()
    place.hub.courier.faults.add("issues.edited", "dropped")
    place.hub.edit_issue(REPO, 2, "ada", title="Tables")
    place.hub.drain_deliveries()
    (missed,) = [one for one in place.hub.hooks.deliveries_of_app(place.app.id) if one.status_code == 0]
    assert (missed.event, place.heard(missed.guid)) == ("issues", "")

    place.reconciler.tick()
    place.hub.drain_deliveries()

    again = place.hub.hooks.deliveries_of_app(place.app.id)[0]
    assert (again.guid, again.redelivery, again.status_code) == (missed.guid, True, 202)
    place.until(lambda: place.heard(missed.guid) == "applied")
    assert place.hub.repository(REPO).hooks == ()


def test_an_app_looks_at_its_deliveries_once_for_all_projects_and_asks_for_nothing_twice(place: Place) -> None:
    place.published()
    for _ in range(2):
        place.reconciler.tick()
        place.hub.drain_deliveries()
    place.hub.requests.clear()

    place.reconciler.tick()

    asked = [(one.method, one.path, one.status) for one in place.hub.requests if one.path.startswith("/app/hook")]
    assert asked == [("GET", "/app/hook/deliveries", 304)]
