"""Phases put into the queue and taken out of it over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Bot, error_of, ok


def phases(bot: Bot, plan: str) -> Any:
    return [
        (one["phase_data"]["title"], one["depends_on_phases"], one["status"])
        for one in bot.get(f"/api/plans/{plan}")["phases"]
    ]


def test_a_phase_is_added_after_the_last_one(bot: Bot) -> None:
    plan = bot.upload()["id"]

    answer = bot.http.post("/api/queue/enqueue", json={"plan": plan, "title": "Announce it", "content": "- [ ] Post"})

    assert answer.status_code == 201
    assert (answer.json()["phase_number"], answer.json()["depends_on_phases"]) == (4, [3])
    assert answer.json()["phase_data"]["content"] == "- [ ] Post"
    assert phases(bot, plan)[-1] == ("Announce it", [3], "queued")


def test_a_phase_says_what_it_depends_on_and_starts_when_that_is_nothing(bot: Bot) -> None:
    plan = bot.upload()["id"]

    bot.post("/api/queue/enqueue", {"plan": plan, "title": "Setup", "depends_on_phases": []})

    assert phases(bot, plan)[-1] == ("Setup", [], "running")


@pytest.mark.parametrize("wrong", [[9], [0], [-1], [4]])
def test_a_dependency_that_is_not_there_is_refused(bot: Bot, wrong: list[int]) -> None:
    plan = bot.upload()["id"]

    error = error_of(
        bot.http.post("/api/queue/enqueue", json={"plan": plan, "title": "X", "depends_on_phases": wrong}), 422
    )

    assert error["details"][0]["where"] == "body.depends_on_phases"
    assert len(phases(bot, plan)) == 3


def test_what_depended_on_a_removed_phase_takes_over_its_dependencies(bot: Bot) -> None:
    plan = bot.upload()
    pages = plan["phases"][1]["queue_id"]

    removed = ok(bot.http.delete(f"/api/queue/{pages}"))

    assert removed["queue_id"] == pages
    assert phases(bot, plan["id"]) == [("Setup", [], "running"), ("Release", [1], "queued")]
    error_of(bot.http.delete(f"/api/queue/{pages}"), 404)


def test_a_phase_that_has_started_is_not_removed(bot: Bot) -> None:
    setup = bot.upload()["phases"][0]["queue_id"]

    assert error_of(bot.http.delete(f"/api/queue/{setup}"), 409)["type"] == "phase_started"


def test_the_only_phase_is_not_removed(bot: Bot) -> None:
    plan = bot.upload("# X\n\nDo it.", single=True, start=False)

    assert error_of(bot.http.delete(f"/api/queue/{plan['phases'][0]['queue_id']}"), 409)["type"] == "last_phase"


def test_of_two_who_looked_at_the_same_version_the_second_is_refused(bot: Bot) -> None:
    plan = bot.upload()
    _, pages, release = (one["queue_id"] for one in plan["phases"])
    seen = {"If-Match": bot.http.get(f"/api/plans/{plan['id']}").headers["etag"]}

    ok(bot.http.delete(f"/api/queue/{pages}", headers=seen))
    error = error_of(bot.http.delete(f"/api/queue/{release}", headers=seen), 409)

    assert error["type"] == "stale_version"
    now = bot.http.get(f"/api/plans/{plan['id']}").headers["etag"]
    assert error["details"] == {"version": int(now.strip('"'))}
    assert len(phases(bot, plan["id"])) == 2
