"""What holds for every route there is: made from the description of the API, so that a new one is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.web.auth import Access

from .conftest import TOKEN, Bot, error_of, ok, running_bot, served
from .test_openapi import operations
from .test_roles import Case, World, routes

BOUNDED = {
    "GET /api/tools": "those of this process",
    "GET /api/phases/{id}/attempts": "those of one phase",
    "GET /api/phases/{id}/attempts/{number}/diff": "one diff",
    "GET /api/projects/{owner}/{name}/policy/history": "the newest commits, as the repository tells them",
    "GET /api/queue/{parent_issue}": "a thousand phases at most",
    "GET /api/changes": "goes on by `seq`",
    "GET /api/events": "goes on by `seq`",
}
"""Lists without a cursor, and why."""

ONE_THING = {"id", "queue_id", "text", "project"}
"""What has one of these is one thing with lists in it."""


@pytest.fixture
def description(bot: Bot) -> Any:
    return bot.get("/api/openapi.json")


def test_every_list_goes_on_by_a_cursor(bot: Bot, description: Any) -> None:
    lists = {}
    for where, operation in operations(description):
        said = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        schema = description["components"]["schemas"].get(said.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        members = schema.get("properties", {})
        is_list = any(one.get("type") == "array" for one in members.values())
        if where.startswith("GET ") and is_list and not ONE_THING & members.keys():
            names = {one["name"] for one in operation.get("parameters", ())}
            lists[where] = {"cursor", "limit"} <= names and "next" in members

    assert {where for where, goes_on in lists.items() if not goes_on} == BOUNDED.keys()
    assert sum(lists.values()) >= 7
    for where in (where for where, goes_on in lists.items() if goes_on):
        path = where.removeprefix("GET ")
        error = error_of(bot.http.get(path, params={"cursor": "bm9uc2Vuc2U="}), 422)
        assert error["details"][0]["code"] == "cursor_invalid", where


def test_short_lists_are_cut_into_pages_too(bot: Bot) -> None:
    for project in ("a/a", "b/b", "c/c"):
        bot.upload(again=True, project=project)
        bot.post("/api/tokens", {"name": project.replace("/", "-"), "role": "viewer"})

    for path, of, name in (("/api/projects", "projects", "id"), ("/api/tokens", "tokens", "name")):
        first = bot.get(path, limit=2)
        rest = bot.get(path, limit=2, cursor=first["next"])
        assert [one[name][0] for one in (*first[of], *rest[of])] == ["a", "b", "c"]
        assert rest["next"] is None


def test_every_post_is_done_once_for_one_key(bot: Bot) -> None:
    world = World(bot)
    tried = 0
    for case in posts(world):
        path = world.path(case)
        before = rows(bot)
        first, again = (with_key(world, case, path) for _ in range(2))
        assert (first.status_code, first.content) == (again.status_code, again.content), case
        assert again.headers.get("idempotency-replayed") == "true", (case, again.text)
        assert first.status_code < 500
        assert len(rows(bot)) <= len(before) + 1, case
        tried += 1
    assert tried > 25


def posts(world: World) -> Iterator[Case]:
    return (case for case in routes() if case.method == "POST" and case.path.startswith("/api/"))


def rows(bot: Bot) -> list[str]:
    """What POSTs make: plans, drafts, tokens, jobs."""
    plans = [one["id"] for one in bot.get("/api/plans", limit=1000)["plans"]]
    drafts = [one["id"] for one in bot.get("/api/preview", limit=1000)["previews"]]
    tokens = [one["id"] for one in bot.get("/api/tokens")["tokens"]]
    return [*plans, *drafts, *tokens, *(one["id"] for one in bot.get("/api/jobs", limit=1000)["jobs"])]


def with_key(world: World, case: Case, path: str) -> httpx.Response:
    before = dict(world.bot.http.headers)
    world.bot.http.headers["Idempotency-Key"] = f"{case.method}{case.path}"
    try:
        return world.ask(case, path, TOKEN)
    finally:
        world.bot.http.headers = httpx.Headers(before)


def test_no_route_opens_itself_to_pages_of_other_sites(bot: Bot, description: Any) -> None:
    asked = 0
    for where, _ in operations(description):
        method, path = where.split(" ", 1)
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": method}
        for answer in (
            bot.http.request("OPTIONS", path, headers=headers),
            bot.http.request("GET", path, headers=headers),
        ):
            assert not [name for name in answer.headers if name.startswith("access-control-")], where
            assert answer.status_code >= 400 or path in ("/healthz", "/readyz"), where
        asked += 1
    assert asked > 50


def test_every_route_counts_against_the_pace_of_its_token(tmp_path: Path) -> None:
    with (
        running_bot(tmp_path, requests_per_minute=1, api_tools="noop") as phasebot,
        served(phasebot, Access(TOKEN, local_only=True)) as url,
    ):
        bot = Bot(phasebot, url)
        with bot.http as http:
            ok(http.get("/api/plans"))
            limited = 0
            for case in routes():
                answer = http.request(case.method, case.path)
                assert error_of(answer, 429)["type"] == "too_many_requests", case
                assert int(answer.headers["retry-after"]) > 0
                limited += 1
            assert limited > 50


@pytest.mark.parametrize(
    "cookie",
    [
        "phasebot_session=nonsense",
        "phasebot_session=" + "A" * 43 + "." + "B" * 43,
        "phasebot_session=;phasebot_session=x",
        'phasebot_session="><script>',
        "phasebot_session=" + "x" * 3000,
    ],
)
def test_a_forged_cookie_opens_nothing(bot: Bot, cookie: str) -> None:
    del bot.http.headers["Authorization"]
    for case in routes():
        answer = bot.http.request(case.method, case.path, headers={"Cookie": cookie, "Origin": bot.url})
        error_of(answer, 401)
