"""What came in, what goes out, the audit trail and the projects, as operators look at them."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from itertools import groupby
from typing import Any

import pytest

from .conftest import PLAN, Bot, error_of, ok

POLICY = "version: 1\nphases: [{match: Setup, executor: local, operations: [{tool: command, run: 'true'}]}]\n"


def pages(bot: Bot, path: str, of: str, **query: Any) -> list[Any]:
    """All of a list, one at a time."""
    found, cursor = [], None
    while True:
        page = bot.get(path, limit=1, **query, **({"cursor": cursor} if cursor else {}))
        found += page[of]
        cursor = page["next"]
        if not cursor:
            return found


def test_lists_are_read_page_by_page_without_loss_or_doubles(bot: Bot) -> None:
    for _ in range(3):
        bot.upload(again=True)

    for path, of, key in (
        ("plans", "plans", "id"),
        ("queue", "phases", "queue_id"),
        ("deliveries", "deliveries", "seq"),
    ):
        whole = [one[key] for one in bot.get(f"/api/{path}")[of]]
        assert [one[key] for one in pages(bot, f"/api/{path}", of)] == whole
        assert len(whole) >= 3


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24=", "WzFd", "W251bGwsIngiLDFd", "é", "WzEsIlx1MDAwMCIsMV0="])
def test_a_cursor_that_we_never_gave_is_refused(bot: Bot, cursor: str) -> None:
    error = error_of(bot.http.get("/api/queue", params={"cursor": cursor}), 422)

    assert error["details"][0]["where"] == "query.cursor"


def test_a_delivery_is_shown_with_what_it_means_and_replayed_without_harm(bot: Bot) -> None:
    plan = bot.upload()["id"]
    bot.post(f"/api/plans/{plan}/pause")
    newest = bot.get("/api/deliveries", source="order")["deliveries"][0]

    detail = bot.get(f"/api/deliveries/{newest['seq']}")
    assert (detail["state"], detail["messages"][0]["kind"]) == ("applied", "pause_plan")
    bot.post(f"/api/plans/{plan}/resume")
    bot.post(f"/api/deliveries/{newest['seq']}/replay")

    bot.phasebot.receive().result()  # a round later
    assert bot.get(f"/api/deliveries/{newest['seq']}")["state"] == "applied"
    assert bot.get(f"/api/plans/{plan}")["status"] == "running"
    error_of(bot.http.get("/api/deliveries/4711"), 404)


def test_a_dead_letter_is_sent_again_or_dropped_and_nothing_else_is(bot: Bot) -> None:
    files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", POLICY)}
    plan = ok(bot.http.post("/api/plans", files=files))["plan"]
    bot.wait_until(lambda: bot.get(f"/api/plans/{plan['id']}")["phases"][0]["status"] == "completed")
    (effect,) = bot.get("/api/outbox", project=plan["project"])["effects"]
    assert (effect["kind"], effect["plan"]) == ("dispatch_attempt", plan["id"])

    assert error_of(bot.http.post(f"/api/outbox/{effect['id']}/retry"), 409)["type"] == "not_given_up"

    given_up(bot, effect["id"])
    assert bot.post(f"/api/outbox/{effect['id']}/drop")["state"] == "dropped"
    assert error_of(bot.http.post(f"/api/outbox/{effect['id']}/drop"), 409)["type"] == "not_given_up"
    given_up(bot, effect["id"])
    assert bot.post(f"/api/outbox/{effect['id']}/retry")["error"] == ""


def given_up(bot: Bot, id: int) -> None:
    """As if it had been tried in vain."""
    with closing(sqlite3.connect(bot.phasebot.settings.home / "phasebot.db")) as database:
        database.execute("UPDATE outbox SET state = 'dead', error = 'no' WHERE id = ?", (id,))
        database.commit()


def test_the_audit_trail_is_filtered(bot: Bot) -> None:
    plan, other = bot.upload()["id"], bot.upload(again=True)["id"]
    bot.post(f"/api/plans/{plan}/pause")

    def kinds(**query: Any) -> list[str]:
        return [event["kind"] for event in bot.get("/api/events", **query)["events"]]

    assert kinds(kind="plan_paused") == ["plan_paused"]
    assert kinds(by="operator") == ["plan_made", "plan_active", "plan_made", "plan_active", "plan_paused"]
    assert {event["plan"] for event in bot.get("/api/events")["events"]} == {plan, other}
    assert kinds(project="acme/nothing") == []
    assert kinds(since="2100-01-01T00:00:00Z") == []
    assert kinds(until="2100-01-01T00:00:00Z") == kinds()
    assert kinds(before=2**53, limit=1) == ["plan_paused"]
    error_of(bot.http.get("/api/events", params={"since": "yesterday"}), 422)


def test_lines_about_plans_and_jobs_are_one_trail(bot: Bot) -> None:
    for _ in range(2):
        job = bot.post("/api/tools/noop/execute", {})["id"]
        bot.get(f"/api/jobs/{job}", wait=20)
        bot.upload(again=True)

    def numbers(**query: Any) -> list[int]:
        return [event["seq"] for event in bot.get("/api/events", **query)["events"]]

    every = numbers()
    assert every == sorted(every)
    kinds = [event["kind"].partition("_")[0] for event in bot.get("/api/events")["events"]]
    assert [kind for kind, _ in groupby(kinds, key=lambda kind: kind == "job")] == [True, False, True, False]
    assert numbers(before=2**53, limit=4) == every[:-5:-1]
    assert numbers(after=every[2], limit=4) == every[3:7]


def test_the_audit_trail_is_exported_whole(bot: Bot) -> None:
    bot.upload()
    events = bot.get("/api/events")["events"]

    lines = bot.http.get("/api/events/export").text.splitlines()
    rows = list(csv.DictReader(io.StringIO(bot.http.get("/api/events/export", params={"format": "csv"}).text)))

    assert [json.loads(line) for line in lines] == events
    assert [int(row["seq"]) for row in rows] == [event["seq"] for event in events]


def test_a_paused_project_starts_nothing_new_until_it_goes_on(bot: Bot) -> None:
    plan = bot.upload()
    project = bot.post(f"/api/projects/{plan['project']}/pause")
    setup, pages_, _ = (one["queue_id"] for one in plan["phases"])

    bot.post(f"/api/phases/{setup}/complete")

    assert project["is_paused"]
    waits = bot.get(f"/api/phases/{pages_}")
    assert (waits["status"], waits["reason"]["code"]) == ("ready", "project_paused")
    bot.post(f"/api/projects/{plan['project']}/resume")
    bot.wait_until(lambda: bot.get(f"/api/phases/{pages_}")["status"] == "running")


def test_projects_are_listed_with_their_plans(bot: Bot) -> None:
    bot.upload(project="acme/site")

    assert [(one["id"], one["plans"], one["active"]) for one in bot.get("/api/projects")["projects"]] == [
        ("acme/site", 1, 1)
    ]
    error_of(bot.http.get("/api/projects/acme/shop"), 404)


def test_the_output_of_an_attempt_is_read_and_followed(bot: Bot) -> None:
    policy = POLICY.replace("run: 'true'", "run: 'echo one two'")
    files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", policy)}
    setup = ok(bot.http.post("/api/plans", files=files))["plan"]["phases"][0]["queue_id"]
    bot.wait_until(lambda: bot.get(f"/api/phases/{setup}")["status"] == "completed")

    whole = bot.get(f"/api/phases/{setup}/attempts/1/log")
    part = bot.get(f"/api/phases/{setup}/attempts/1/log", offset=4, limit=3)

    assert "one two" in whole["text"]
    assert whole["is_over"]
    assert (part["text"], part["next"]) == (whole["text"][4:7], 7)
    assert [one["number"] for one in bot.get(f"/api/phases/{setup}/attempts")["attempts"]] == [1]
    error_of(bot.http.get(f"/api/phases/{setup}/attempts/2/log"), 404)


def test_a_phase_runs_on_request_or_says_why_not(bot: Bot) -> None:
    plan = bot.upload(start=False)
    setup, pages_, _ = (one["queue_id"] for one in plan["phases"])

    assert bot.post(f"/api/phases/{setup}/run")["status"] == "running"
    error = error_of(bot.http.post(f"/api/phases/{pages_}/run"), 409)

    assert (error["message"], error["details"]["reason"]) == ("waits for 1: Setup", "waiting_for_dependency")


def test_priorities_are_set_for_plans_and_phases(bot: Bot) -> None:
    plan = bot.upload()

    assert bot.post(f"/api/plans/{plan['id']}/priority", {"priority": 10})["priority"] == 10
    bot.post(f"/api/phases/{plan['phases'][2]['queue_id']}/priority", {"priority": 20})
    error_of(bot.http.post(f"/api/plans/{plan['id']}/priority", json={"priority": 101}), 422)


def test_tools_are_listed_with_what_they_take_and_how_they_fared(bot: Bot) -> None:
    files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", POLICY)}
    setup = ok(bot.http.post("/api/plans", files=files))["plan"]["phases"][0]["queue_id"]
    bot.wait_until(lambda: bot.get(f"/api/phases/{setup}")["status"] == "completed")

    tools = {one["name"]: one for one in bot.get("/api/tools")["tools"]}

    assert tools["command"]["metrics"]["success_count"] == 1
    assert "run" in tools["command"]["input"]["properties"]
