"""Figures for Prometheus: true at the moment at which they are asked for, and only for those who may see everything."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from services.domain.access import Role

from .conftest import Bot


def figures(bot: Bot) -> dict[tuple[str, ...], float]:
    answer = bot.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def test_they_follow_what_is_stored(bot: Bot) -> None:
    assert ("phasebot_plans", "active") not in figures(bot)

    bot.upload(start=False)

    told = figures(bot)
    assert told["phasebot_plans", "planned"] == 1
    assert told["phasebot_phases", "ready"] == 1
    assert told["phasebot_phases", "queued"] == 2


def test_tools_are_counted_by_outcome(bot: Bot) -> None:
    bot.phasebot.registry.record("noop", 0.5, failed=False)
    bot.phasebot.registry.record("noop", 0.25, failed=True)

    told = figures(bot)

    assert told["phasebot_tool_runs_total", "success", "noop"] == 1
    assert told["phasebot_tool_runs_total", "error", "noop"] == 1
    assert told["phasebot_tool_seconds_total", "noop"] == 0.75


def test_refused_webhooks_are_counted(bot: Bot) -> None:
    def refused() -> float:
        return sum(value for (name, *_), value in figures(bot).items() if name == "phasebot_webhooks_total")

    before = refused()

    assert bot.http.post("/webhooks/github", content=b"{}").status_code == 401

    assert refused() == before + 1


def test_a_token_of_one_project_does_not_see_all(bot: Bot) -> None:
    token = bot.post("/api/tokens", {"name": "ada", "role": Role.ADMIN, "project": "ada/site"})["token"]

    answer = bot.http.get("/metrics", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 403
