"""One phase over HTTP: what it shows, and each order it takes."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import PLAN, Bot, error_of, ok

GATED = """version: 1
defaults: {approval: true, qa: manual}
"""
BREAKS = """version: 1
phases:
  - match: Setup
    executor: local
    operations: [{tool: command, run: "false"}]
"""


def uploaded(bot: Bot, policy: str = "version: 1\n") -> list[str]:
    """The ids of the phases of a new plan."""
    files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", policy)}
    plan = ok(bot.http.post("/api/plans", files=files))["plan"]
    return [phase["queue_id"] for phase in plan["phases"]]


def show(bot: Bot, id: str) -> Any:
    return bot.get(f"/api/phases/{id}")


def test_a_phase_shows_its_text_its_rules_and_its_attempts(bot: Bot) -> None:
    setup, pages, _ = uploaded(bot)

    phase = show(bot, setup)

    assert phase["phase_data"]["title"] == "Setup"
    assert "Lay the ground." in phase["phase_data"]["content"]
    assert (phase["executor"], phase["on_error"], phase["number"]) == ("manual", "skip", "1")
    assert [(one["number"], one["state"]) for one in phase["attempts"]] == [(1, "running")]
    assert show(bot, pages)["reason"] == {
        "code": "waiting_for_dependency",
        "words": "waits for 1: Setup",
        "phases": [1],
        "until": None,
        "what": "",
        "facts": {},
    }


def test_completing_a_phase_starts_the_next(bot: Bot) -> None:
    setup, pages, _ = uploaded(bot)

    assert bot.post(f"/api/phases/{setup}/complete")["status"] == "completed"

    assert show(bot, pages)["status"] == "running"


def test_a_skipped_phase_lets_its_dependents_go_on(bot: Bot) -> None:
    setup, pages, _ = uploaded(bot)

    assert bot.post(f"/api/phases/{setup}/skip")["status"] == "skipped"

    assert show(bot, pages)["status"] == "running"


def test_a_cancelled_phase_blocks_its_dependents_until_it_is_reopened(bot: Bot) -> None:
    setup, pages, _ = uploaded(bot)

    assert bot.post(f"/api/phases/{setup}/cancel")["status"] == "cancelled"
    assert show(bot, pages)["reason"]["code"] == "dependency_failed"

    assert bot.post(f"/api/phases/{setup}/reopen")["status"] == "running"
    assert show(bot, pages)["status"] == "queued"


def test_a_gate_and_a_verdict_are_given_by_approval(bot: Bot) -> None:
    setup, *_ = uploaded(bot, GATED)
    assert show(bot, setup)["reason"]["code"] == "approval_required"

    approved = bot.post(f"/api/phases/{setup}/approve")

    assert (approved["status"], approved["approved_by"]) == ("running", "operator")


def test_a_rejected_gate_fails_the_phase_with_the_reason_given(bot: Bot) -> None:
    setup, *_ = uploaded(bot, GATED)

    rejected = bot.post(f"/api/phases/{setup}/reject", {"why": "Not before Monday."})

    assert (rejected["status"], rejected["error_message"]) == ("failed", "Not before Monday.")


def test_a_failed_phase_is_run_again_on_request(bot: Bot) -> None:
    setup, *_ = uploaded(bot, BREAKS)
    bot.wait_until(lambda: show(bot, setup)["status"] == "failed")
    assert show(bot, setup)["attempts"][0]["failure"]["tool"] == "command"

    bot.post(f"/api/phases/{setup}/retry")

    bot.wait_until(lambda: len(show(bot, setup)["attempts"]) == 2 and show(bot, setup)["status"] == "failed")


@pytest.mark.parametrize("verb", ["retry", "approve", "reject", "reopen"])
def test_an_order_that_does_not_fit_the_state_is_refused(bot: Bot, verb: str) -> None:
    setup, *_ = uploaded(bot)

    assert error_of(bot.http.post(f"/api/phases/{setup}/{verb}"), 409)["type"] == "order_refused"
    assert show(bot, setup)["status"] == "running"


def test_an_order_for_an_older_version_changes_nothing(bot: Bot) -> None:
    setup, *_ = uploaded(bot)
    version = show(bot, setup)["plan_version"]

    error = error_of(bot.http.post(f"/api/phases/{setup}/skip", json={"version": version - 1}), 409)

    assert (error["type"], error["details"]) == ("stale_version", {"version": version})
    assert show(bot, setup)["status"] == "running"
    assert bot.post(f"/api/phases/{setup}/skip", {"version": version})["status"] == "skipped"


def test_two_orders_that_look_alike_are_two_orders(bot: Bot) -> None:
    setup, *_ = uploaded(bot)
    headers = {"X-Request-Id": "always-the-same"}

    for verb in ("complete", "reopen", "complete"):
        ok(bot.http.post(f"/api/phases/{setup}/{verb}", headers=headers))

    assert show(bot, setup)["status"] == "completed"


@pytest.mark.parametrize("id", ["nothing", "nothing.1", "a.b.c"])
def test_a_phase_that_is_not_there_is_not_found(bot: Bot, id: str) -> None:
    assert error_of(bot.http.get(f"/api/phases/{id}"), 404)["type"] == "not_found"
    assert error_of(bot.http.post(f"/api/phases/{id}/skip"), 404)["type"] == "not_found"


@pytest.mark.parametrize("path", ["phases/%00", "phases/a%20b", "plans/%00", "preview/%00", f"plans/{'x' * 81}"])
def test_what_cannot_be_an_id_is_refused(bot: Bot, path: str) -> None:
    assert error_of(bot.http.get(f"/api/{path}"), 422)["details"][0]["where"] == "path.id"


@pytest.mark.parametrize("path", ["plans?project=%00", "queue?project=a%00/b", "events?plan=%00"])
def test_nul_is_refused_in_a_query(bot: Bot, path: str) -> None:
    assert error_of(bot.http.get(f"/api/{path}"), 422)["type"] == "request_invalid"


def test_a_verb_that_is_unknown_is_not_found(bot: Bot) -> None:
    setup, *_ = uploaded(bot)

    error_of(bot.http.post(f"/api/phases/{setup}/explode"), 404)


def test_unknown_fields_are_refused(bot: Bot) -> None:
    setup, *_ = uploaded(bot)

    error = error_of(bot.http.post(f"/api/phases/{setup}/skip", json={"versoin": 1}), 422)

    assert [one["where"] for one in error["details"]] == ["body.versoin"]
    assert show(bot, setup)["status"] == "running"


def test_the_audit_trail_says_who_and_what_and_goes_on_where_one_stopped(bot: Bot) -> None:
    setup, *_ = uploaded(bot)
    plan = setup.split(".")[0]
    before = bot.get("/api/events", plan=plan)["events"]

    bot.post(f"/api/phases/{setup}/skip")

    after = bot.get("/api/events", plan=plan, after=before[-1]["seq"])["events"]
    skipped = next(event for event in after if event["kind"] == "phase_skipped")
    assert (skipped["by"], skipped["plan"]) == ("operator", plan)
    assert all(event["seq"] > before[-1]["seq"] for event in after)


def test_a_trail_of_no_plan_is_not_found(bot: Bot) -> None:
    error_of(bot.http.get("/api/events", params={"plan": "nothing"}), 404)
