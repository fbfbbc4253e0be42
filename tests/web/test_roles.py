"""Every route with every role: one table, made from the routes themselves, so that a new one is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import APIRouter

from bot.web.auth.middleware import OPEN
from bot.web.routes import all_routes, guarded_routes, require_roles
from services.domain.access import Role

from .conftest import PLAN, Bot, error_of, ok

POLICY = """version: 1
phases:
  - match: Setup
    executor: local
    operations: [{tool: command, run: "true"}]
"""
MINE, THEIRS = "acme/site", "other/shop"


class Case(NamedTuple):
    """One method and path, and the role it takes."""

    method: str
    path: str
    role: Role


def routes() -> Iterator[Case]:
    """All that are not open."""
    for route in guarded_routes(all_routes()):
        if route.role is not None:
            yield from (Case(method, route.path, route.role) for method in route.methods)


class World:
    """A plan, a preview and a token of one project, and tokens of every role in it, in another and in all."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", POLICY)}
        self.plan = ok(bot.http.post("/api/plans", files=files, params={"project": MINE}))["plan"]["id"]
        self.tokens = {
            (role, project): self.token(f"{role}-{(project or 'all').replace('/', '.')}", role, project)["token"]
            for role in Role
            for project in (None, MINE, THEIRS)
        }

    def token(self, name: str, role: Role, project: str | None) -> Any:
        wanted = {"name": name, "role": role, "project": project}
        return self.bot.post("/api/tokens", wanted)

    def path(self, case: Case) -> str:
        """With the ids of things that are there, made for this case alone."""
        path = (
            case.path.replace("{owner}/{name}", MINE)
            .replace("/{name}/", "/noop/")
            .replace("{number}", "1")
            .replace("{seq}", "1")
        )
        if "{parent_issue}" in path or "{id}" not in path:
            return path.replace("{parent_issue}", "4711") + ("?plan=" + self.plan if path == "/api/events" else "")
        return path.replace("{id}", self.id_for(path))

    def id_for(self, path: str) -> str:
        kind = path.removeprefix("/api").split("/")[1]
        if kind == "plans":
            return str(self.bot.upload(project=MINE, again=True)["id"])
        if kind in ("phases", "queue"):
            return str(self.bot.upload(project=MINE, again=True)["phases"][0 if kind == "phases" else 2]["queue_id"])
        if kind in ("preview", "confirm"):
            return str(self.bot.post("/api/request", {"text": "Mend it.", "project": MINE})["preview"]["id"])
        if kind == "tokens":
            return str(self.token(f"t{len(self.bot.get('/api/tokens')['tokens'])}", Role.VIEWER, MINE)["id"])
        if kind == "jobs":
            return str(self.bot.post("/api/tools/noop/execute", {"project": MINE})["id"])
        if kind == "drafts":
            form = {"text": "Mend it.", "project": MINE}
            return self.bot.http.post("/new", data=form).headers["location"].rpartition("/")[2]
        assert kind == "outbox", f"the table has to know what {path} is about"
        return "1"

    def ask(self, case: Case, path: str, token: str | None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}" if token else ""}
        if (case.method, case.path) in (("POST", "/api/plans"), ("POST", "/api/preview")):
            return self.bot.http.post(path, content=PLAN, params={"project": MINE}, headers=headers)
        return self.bot.http.request(case.method, path, headers=headers, json=self.body(case))

    def body(self, case: Case) -> Any:
        match case.path.split("/")[-1]:
            case "priority":
                return {"priority": 20}
            case "request":
                return {"text": "Mend it.", "project": MINE}
            case "policy":
                return {"text": "version: 1\n"} if case.method == "PUT" else None
            case "tokens":
                return {"name": "made", "role": "viewer", "project": MINE}
            case "execute":
                return {"project": MINE}
            case "enqueue":
                return {"plan": self.plan, "title": "One more"}
        return None


OF_ALL_PROJECTS = ("/start/app", "/api/deliveries", "/deliveries", "/workers", "/metrics")
"""What they show belongs to no project, so that a role in one is not enough."""


OF_NO_PROJECT = (
    "/sign-out",
    "/theme",
    "/queue/order",
    "/queue/retry-failed",
    "/new",
    "/drafts",
    "/tokens",
    "/tools/{name}/run",
)
"""They are about the asker alone, or about what the form names, which here names nothing."""


@pytest.fixture
def world(bot: Bot) -> World:
    return World(bot)


def test_every_route_takes_its_role_and_no_smaller_one(world: World) -> None:
    table = list(routes())
    assert len(table) > 20

    for case in table:
        path = world.path(case)
        project = None if path.startswith(OF_ALL_PROJECTS) else MINE
        for role in Role:
            answer = world.ask(case, path, world.tokens[role, project])
            told = (case, role, project, path, answer.text)
            if role.includes(case.role):
                assert answer.status_code not in (401, 403), told
            else:
                assert error_of(answer, 403)["type"] == "forbidden", told
        error_of(world.ask(case, path, None), 401)


def test_what_is_in_a_project_of_others_is_not_there(world: World) -> None:
    for case in routes():
        path = world.path(case)
        answer = world.ask(case, path, world.tokens[Role.ADMIN, THEIRS])
        is_about_it = "{" in case.path or "plan=" in path or case.method == "POST"
        if case.path in OF_NO_PROJECT:
            continue
        if path.startswith(OF_ALL_PROJECTS):
            error_of(answer, 403)
        elif is_about_it:
            error_of(answer, 404)
        else:
            assert world.plan not in answer.text, case


def test_an_object_of_others_is_answered_like_one_that_is_not(world: World) -> None:
    token = {"Authorization": f"Bearer {world.tokens[Role.ADMIN, THEIRS]}"}

    theirs = error_of(world.bot.http.get(f"/api/plans/{world.plan}", headers=token), 404)
    nothing = error_of(world.bot.http.get("/api/plans/nothing", headers=token), 404)

    assert theirs["message"].replace(world.plan, "nothing") == nothing["message"]


def test_lists_show_what_the_asker_may_see(world: World) -> None:
    def seen(token: str, path: str = "/api/plans") -> int:
        answer = world.bot.http.get(path, headers={"Authorization": f"Bearer {token}"})
        return len(next(iter(ok(answer).values())))

    assert seen(world.tokens[Role.VIEWER, None]) == seen(world.tokens[Role.VIEWER, MINE]) == 1
    assert seen(world.tokens[Role.VIEWER, THEIRS]) == 0
    assert seen(world.tokens[Role.VIEWER, MINE], "/api/queue") == 3
    assert seen(world.tokens[Role.VIEWER, THEIRS], "/api/queue") == 0


def test_a_plan_goes_to_the_only_project_that_its_sender_has(world: World) -> None:
    headers = {"X-Project-Token": world.tokens[Role.OPERATOR, MINE]}
    del world.bot.http.headers["Authorization"]

    answer = world.bot.http.post("/api/plans", content=PLAN, headers=headers)

    assert ok(answer)["plan"]["project"] == MINE


def test_every_open_route_is_one_that_is_meant() -> None:
    opened = {route.path for route in guarded_routes(all_routes()) if route.role is None}

    assert all(path.startswith(OPEN) for path in opened)
    assert opened >= {"/healthz", "/readyz", "/webhooks/github", "/sign-in", "/sign-in/link"}
    assert opened >= {"/sign-in/github", "/sign-in/github/callback", "/static/{mark}/{name}"}


def test_a_route_without_a_role_is_a_mistake_at_the_start() -> None:
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> None: ...

    with pytest.raises(AssertionError, match="/forgotten does not say"):
        require_roles([*all_routes(), *router.routes])
