"""GitHub's own payloads: each is taken in and understood without an exception, whatever it is about."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.bootstrap import Options, Phasebot
from bot.github.events import READERS
from bot.settings import Settings
from bot.web.auth import Access
from services.domain.phase import IssueRef
from services.ports import Delivery, PhaseText, PlanText
from tests import plans
from tests.payloads.payloads import Payload, built, examples
from tests.payloads.spoiling import READ_AS, read_spoilt, unread_spoilt

from .conftest import PATIENCE, SECRET, TOKEN, Bot, served
from .test_webhooks import PATH, headers_for


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """Served. Among its plans are some that the payloads are about."""
    folder: Path = tmp_path_factory.mktemp("bot")
    settings = Settings(database_url=str(folder / "phasebot.db"), webhook_secret=SecretStr(SECRET))
    with (
        Phasebot(settings, Options(workspace=folder)) as phasebot,
        served(phasebot, Access(TOKEN, local_only=True)) as url,
    ):
        phasebot.start()
        about = [plan_about(payload) for payload in (*examples(), *built()) if "issue" in payload.json]
        distinct = {plan.id: plan for plan in about}.values()
        phasebot.loop.receive(plans=[(plan, PlanText("", {"a": PhaseText("")})) for plan in distinct]).result()
        bot = Bot(phasebot, url)
        with bot.http:
            yield bot


def plan_about(payload: Payload) -> Any:
    """A plan whose child issue is the one in the payload."""
    issue, repository = payload.json["issue"], payload.json["repository"]
    plan = plans.plan({"a": ""}, plans.BY_HAND, project=repository["full_name"], issue=IssueRef(1, 1), tracked=True)
    child = replace(plan.phase("a"), issue=IssueRef(issue["number"], issue["id"]))
    return replace(plan.with_phase(child), id=f"plan{issue['id']}")


def send(bot: Bot, payload: Payload) -> httpx.Response:
    body = json.dumps(payload.json).encode()
    return bot.http.post(PATH, content=body, headers=headers_for(body, payload.event))


def wait_until_understood(bot: Bot) -> None:
    """Nothing that has arrived waits to be resolved or applied."""
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while any(bot.phasebot.store.views.counts().deliveries.get(state) for state in ("received", "resolved")):
        assert time.monotonic() < deadline
        pause.wait(0.01)


@pytest.mark.parametrize("collection", [examples, built], ids=["examples", "built"])
def test_every_payload_is_taken_in_and_understood(bot: Bot, collection: Any) -> None:
    payloads: tuple[Payload, ...] = collection()
    before = bot.phasebot.store.views.counts().deliveries

    with capture_logs() as lines:
        answers = {payload.name: send(bot, payload) for payload in payloads}
        wait_until_understood(bot)

    assert {name: one.text for name, one in answers.items() if one.status_code != 202} == {}
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []
    counts = bot.phasebot.store.views.counts().deliveries
    assert [counts.get(state, 0) - before.get(state, 0) for state in ("failed", "dead")] == [0, 0]
    listened_to = [payload for payload in payloads if payload.event in READERS]
    assert sum(counts.values()) - sum(before.values()) >= len(listened_to) > 0


def test_an_event_about_an_issue_that_is_gone_means_nothing(bot: Bot) -> None:
    """One with a label might be a plan, and is asked for."""
    labelled = next(one for one in examples() if one.event == "issues" and one.json["issue"]["labels"])
    stranger = {**labelled.json, "action": "opened", "issue": {**labelled.json["issue"], "id": 7, "number": 7}}

    with capture_logs() as lines:
        send(bot, replace(labelled, json=stranger))
        wait_until_understood(bot)

    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []


def test_there_are_as_many_payloads_as_are_published() -> None:
    assert len(examples()) == 329
    assert len(built()) >= 261
    names = {(payload.event, payload.action) for payload in built()}
    assert {
        ("issues", "closed"),
        ("sub_issues", "sub_issue_added"),
        ("issue_dependencies", "blocked_by_added"),
    } <= names


def meaning_of(bot: Bot, payload: Payload) -> list[tuple[str, dict[str, Any]]]:
    """What it means, but for the moment at which we have looked."""
    body = json.dumps(payload.json).encode()
    delivery = Delivery(id="any", source="github", event=payload.event, body=body, received_at=bot.phasebot.clock.now())
    found = [(one.kind, asdict(one)) for one in bot.phasebot.carrier.resolve(delivery)]
    return [(kind, {**facts, "cause": "" if kind == "project_seen" else facts["cause"]}) for kind, facts in found]


def test_each_event_that_is_listened_to_is_spoilt_here() -> None:
    assert set(READ_AS) == set(READERS)


@pytest.mark.parametrize("collection", [examples, built], ids=["examples", "built"])
def test_only_the_fields_that_are_used_are_read(bot: Bot, collection: Any) -> None:
    """Everything else may be anything, and neither the answer nor what the event means changes."""
    listened_to = [payload for payload in collection() if payload.event in READERS]
    meanings = []
    for payload in listened_to:
        spoilt = replace(payload, json=unread_spoilt(payload.json, READ_AS[payload.event]))
        assert send(bot, spoilt).json() == {"status": "accepted"}, payload.name
        meanings.append(meaning := meaning_of(bot, payload))
        assert meaning_of(bot, spoilt) == meaning, payload.name

    wait_until_understood(bot)
    assert any(meanings), "none of them means anything, so that nothing was compared"


def test_junk_in_the_fields_that_are_used_breaks_nothing(bot: Bot) -> None:
    first = {payload.event: payload for payload in reversed(examples() + built()) if payload.event in READERS}
    junk = {
        f"{payload.name}: {what}": replace(payload, json=spoilt)
        for payload in first.values()
        for what, spoilt in read_spoilt(payload.json, READ_AS[payload.event])
    }
    assert len(junk) > 800

    with capture_logs() as lines:
        answers = {name: send(bot, payload).status_code for name, payload in junk.items()}
        wait_until_understood(bot)

    assert {name: status for name, status in answers.items() if status != 202 and not 400 <= status < 500} == {}
    assert [line for line in lines if "exc_info" in line] == [], "a line is enough"
    assert meaning_of(bot, first["issues"]) is not None


def test_an_event_or_action_that_nobody_knows_yet_is_taken_in(bot: Bot) -> None:
    example = next(one for one in examples() if one.event == "issues")
    unknown = [
        replace(example, event="issue_visions"),
        replace(example, json={**example.json, "action": "dreamt"}),
    ]

    assert [send(bot, payload).status_code for payload in unknown] == [202, 202]
