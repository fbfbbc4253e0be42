"""API tokens: made, shown once, used, refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.clock import SystemClock
from bot.tokens import Token, digest
from bot.web.auth.pace import Pace
from bot.web.failures import Problem
from services.domain.access import Caller, Role

from .conftest import Bot, error_of, ok


def made(bot: Bot, name: str = "ci", role: str = "operator", **more: Any) -> Any:
    return bot.post("/api/tokens", {"name": name, "role": role, **more})


def ask(bot: Bot, token: str, path: str = "/api/plans") -> httpx.Response:
    return bot.http.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_token_is_shown_once_and_kept_as_a_digest_only(bot: Bot) -> None:
    token = made(bot)["token"]

    assert ok(ask(bot, token)) == {"plans": [], "next": None}
    assert token not in bot.http.get("/api/tokens").text
    with closing(sqlite3.connect(bot.phasebot.settings.home / "phasebot.db")) as database:
        assert token not in "\n".join(database.iterdump())


def test_a_revoked_token_is_refused_at_once(bot: Bot) -> None:
    token = made(bot)
    ok(ask(bot, token["token"]))

    assert bot.http.delete(f"/api/tokens/{token['id']}").status_code == 204

    error_of(ask(bot, token["token"]), 401)
    error_of(bot.http.delete(f"/api/tokens/{token['id']}"), 404)


def test_a_token_that_has_expired_is_refused(bot: Bot) -> None:
    now = SystemClock().now()
    old = Token(
        id="old",
        name="old",
        role=Role.ADMIN,
        project=None,
        created_at=now - timedelta(days=2),
        created_by="ada",
        expires_at=now - timedelta(days=1),
    )
    bot.phasebot.store.credentials.add_token(old, digest("pb_old"))

    error_of(ask(bot, "pb_old"), 401)


def test_a_name_is_given_once(bot: Bot) -> None:
    made(bot)

    assert (
        error_of(bot.http.post("/api/tokens", json={"name": "ci", "role": "viewer"}), 409)["type"] == "token_name_taken"
    )


@pytest.mark.parametrize("name", ["", "a b", "-a", "x" * 61, "a\0b", "a/b"])
def test_a_name_that_would_spoil_the_audit_trail_is_refused(bot: Bot, name: str) -> None:
    error_of(bot.http.post("/api/tokens", json={"name": name, "role": "viewer"}), 422)


def test_nobody_makes_a_token_for_more_than_they_may_themselves(bot: Bot) -> None:
    admin = {"Authorization": f"Bearer {made(bot, role='admin', project='acme/site')['token']}"}

    for wanted, status in (({"project": "acme/site"}, 201), ({"project": "acme/shop"}, 404), ({}, 403)):
        body = {"name": f"t{status}", "role": "viewer", **wanted}
        assert bot.http.post("/api/tokens", json=body, headers=admin).status_code == status
    names = [token["name"] for token in ok(bot.http.get("/api/tokens", headers=admin))["tokens"]]
    assert names == ["ci", "t201"]


def test_the_audit_trail_names_the_token(bot: Bot) -> None:
    plan = bot.upload()
    token = made(bot)["token"]

    ok(bot.http.post(f"/api/plans/{plan['id']}/pause", headers={"Authorization": f"Bearer {token}"}))

    events = bot.get("/api/events", plan=plan["id"])["events"]
    assert next(event for event in events if event["kind"] == "plan_paused")["by"] == "token:ci"


def test_a_project_token_has_to_be_of_one_project(bot: Bot) -> None:
    everywhere, one = made(bot)["token"], made(bot, "site", project="acme/site")["token"]
    with httpx.Client(base_url=bot.url, trust_env=False) as http:
        error_of(http.get("/api/plans", headers={"X-Project-Token": everywhere}), 401)
        assert http.get("/api/plans", headers={"X-Project-Token": one}).status_code == 200


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    pace = Pace(60)
    for _ in range(60):
        pace.spend("ci", now=0)

    with pytest.raises(Problem) as refused:
        pace.spend("ci", now=0.5)

    assert (refused.value.status, refused.value.headers) == (429, {"retry-after": "1"})
    pace.spend("ada", now=0.5)
    pace.spend("ci", now=1)


def test_roles_are_looked_up_in_the_project_first() -> None:
    caller = Caller("ada", {"acme/site": Role.ADMIN, "acme/shop": Role.VIEWER})

    assert caller.may(Role.ADMIN, "acme/site")
    assert not caller.may(Role.OPERATOR, "acme/shop")
    assert caller.role_in("acme/else") is None
    assert not caller.may(Role.VIEWER)
    assert caller.may_somewhere(Role.ADMIN)
    assert caller.projects == frozenset({"acme/site", "acme/shop"})
