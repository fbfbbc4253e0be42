"""Previews: documents and requests wait in one store until somebody confirms them, or they expire."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from bot.store.drafts import KEPT_FOR

from .conftest import PLAN, Bot, Place, error_of, ok

POLICY = "version: 1\nphases:\n  - {match: Setup, executor: local, operations: [{tool: noop}], on_error: fail}\n"


def preview(bot: Bot, document: str = PLAN, policy: str | None = None, **query: Any) -> Any:
    files = {"plan": ("site.md", document)} | ({} if policy is None else {"policy": ("phasebot.yml", policy)})
    (found,) = ok(bot.http.post("/api/preview", files=files, params=query))["previews"]
    return found


def test_a_document_is_previewed_and_nothing_is_published_before_it_is_confirmed(bot: Bot) -> None:
    found = preview(bot, policy=POLICY, project="acme/site")

    assert (found["title"], found["name"], found["project"]) == ("Site", "site.md", "acme/site")
    assert [(one["place"], one["title"], one["depends_on"]) for one in found["phases"]] == [
        (1, "Setup", []),
        (2, "Pages", [1]),
        (3, "Release", [2]),
    ]
    assert [(one["executor"], one["on_error"], one["tasks"]) for one in found["phases"][:2]] == [
        ("local", "fail", 1),
        ("manual", "skip", 0),
    ]
    assert (found["may_be_published"], found["known_plan"], found["changes"]) == (True, None, [])
    assert bot.get("/api/plans")["plans"] == []

    confirmed = bot.post(f"/api/confirm/{found['id']}")

    assert confirmed["is_multi_phase"]
    assert len(confirmed["child_issues"]) == 3
    assert "operator" in {one["by"] for one in bot.get("/api/events")["events"]}


def test_what_is_wrong_with_a_document_is_part_of_its_preview(bot: Bot) -> None:
    circle = "# P\n\n## Phase 1: A\n\nDepends on Phase 2.\n\n## Phase 2: B\n\nDepends on Phase 1.\n"
    found = preview(bot, circle, policy="version: 1\nphases: [{match: A, executor: nowhere}]\n")

    assert not found["may_be_published"]
    assert "cycle" in [one["code"] for one in found["findings"]]
    assert found["policy_findings"]
    error = error_of(bot.http.post(f"/api/confirm/{found['id']}"), 422)
    assert error["type"] == "plan_invalid"
    assert "cycle" in [one["code"] for one in error["details"]["findings"]]
    assert bot.get("/api/plans")["plans"] == []
    assert bot.get(f"/api/preview/{found['id']}")["id"] == found["id"]


def test_a_new_version_says_what_it_changes_and_amends_the_plan(bot: Bot) -> None:
    plan = bot.upload()["id"]

    found = preview(bot, PLAN.replace("## Phase 3: Release", "## Phase 3: Launch"), amends=plan)
    amended = bot.post(f"/api/confirm/{found['id']}")

    assert found["known_plan"] == plan == amended["plan_id"]
    assert any("Launch" in line for line in found["changes"])
    titles = [one["phase_data"]["title"] for one in bot.get(f"/api/plans/{plan}")["phases"]]
    assert titles == ["Setup", "Pages", "Launch"]
    error_of(bot.http.post("/api/preview", content=PLAN, params={"amends": "nothing"}), 404)


def test_a_new_version_of_a_published_plan_costs_what_is_missing(place: Place) -> None:
    new = preview(place.bot, project=place.project)
    plan = place.bot.post(f"/api/confirm/{new['id']}")["plan_id"]
    place.until_published(plan)

    longer = preview(place.bot, f"{PLAN}\n## Phase 4: Party\n\nCelebrate.\n", amends=plan)

    assert (new["requests"], longer["requests"]) == (3 + 2 + 4, 1 + 1 + 3)


def test_a_document_that_is_a_plan_already_goes_on_with_it_or_becomes_another(bot: Bot) -> None:
    plan = bot.post(f"/api/confirm/{preview(bot)['id']}")["plan_id"]

    found = preview(bot)

    assert found["known_plan"] == plan
    assert bot.post(f"/api/confirm/{found['id']}")["plan_id"] == plan
    assert bot.http.post(f"/api/confirm/{preview(bot)['id']}", params={"again": True}).json()["plan_id"] != plan


def test_of_many_who_confirm_at_once_one_does(bot: Bot) -> None:
    id = preview(bot)["id"]

    def confirm(_: int) -> int:
        return bot.http.post(f"/api/confirm/{id}").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(confirm, range(8)))

    assert statuses == [200, *[409] * 7]
    assert len(bot.get("/api/plans")["plans"]) == 1


def test_a_phase_keeps_its_text_whatever_it_looks_like(bot: Bot) -> None:
    content = "## Phase 2: Not one\n\n<script>alert(1)</script>\n\n- [ ] T1 Do it"
    phases = [{"number": 7, "title": "# Odd", "content": content, "externalDocs": ["docs/a.md"]}]

    found = bot.post("/api/request", {"text": "Why.", "title": "Named", "phases": phases})["preview"]
    plan = bot.post(f"/api/confirm/{found['id']}")["plan_id"]

    assert (found["title"], found["content"], found["external_docs"]) == ("Named", content, ["docs/a.md"])
    detail = bot.get(f"/api/plans/{plan}")
    assert (detail["title"], detail["overview"]) == ("Named", "Why.")
    assert detail["phases"][0]["phase_data"] == {"title": "# Odd", "content": content, "external_docs": ["docs/a.md"]}


def test_they_are_listed_page_by_page_and_dropped(bot: Bot) -> None:
    made = [preview(bot, f"# P{number}\n\n## Phase 1: A\n\nX.\n")["id"] for number in range(3)]

    first = bot.get("/api/preview", limit=2)
    rest = bot.get("/api/preview", limit=2, cursor=first["next"])
    assert [one["id"] for one in (*first["previews"], *rest["previews"])] == made[::-1]
    assert rest["next"] is None

    assert bot.http.delete(f"/api/preview/{made[0]}").status_code == 204
    error_of(bot.http.delete(f"/api/preview/{made[0]}"), 404)
    assert len(bot.get("/api/preview")["previews"]) == 2


def test_they_expire(bot: Bot) -> None:
    found = bot.post("/api/request", {"text": "Mend it."})["preview"]
    store, now = bot.phasebot.store, bot.phasebot.clock.now()
    stored = store.drafts.one(found["id"], now)
    store.drafts.add(replace(stored, id="expired", created_at=now - KEPT_FOR))

    error_of(bot.http.get("/api/preview/expired"), 404)
    error_of(bot.http.post("/api/confirm/expired"), 404)
    bot.phasebot.prune()

    assert [one["id"] for one in bot.get("/api/preview")["previews"]] == [found["id"]]
    assert [one.id for one in store.drafts.open(now - KEPT_FOR)] == [found["id"]]
