"""Users, repositories and collaborators over HTTP, and what the server says about itself."""

from __future__ import annotations

from typing import Any

from bot.localhub.problems import invalid, not_found
from bot.localhub.rest.call import PERSON, Call, Endpoint, Reply
from bot.localhub.rest.paging import listed
from bot.localhub.traffic import Window
from bot.localhub.url_templates import ROOT_LINKS
from bot.localhub.values import Role


def root(call: Call) -> Reply:
    return Reply(body={name: call.shapes.api + tail for name, tail in ROOT_LINKS.items()})


def meta(_call: Call) -> Reply:
    return Reply(body={"verifiable_password_authentication": False, "hooks": ["127.0.0.0/8"]})


def rate_limit(call: Call) -> Reply:
    window = _window_shape(call.hub.allowances.window(call.asker.name))
    body: dict[str, Any] = {"resources": dict.fromkeys(("core", "search", "graphql"), window)}
    if call.api_version < "2026":
        body["rate"] = window
    return Reply(body=body)


def _window_shape(window: Window) -> dict[str, int]:
    reset = int(window.resets_at.timestamp())
    return {"limit": window.limit, "used": window.used, "remaining": window.remaining, "reset": reset}


def own_user(call: Call) -> Reply:
    return Reply(body=call.shapes.own_profile(call.actor))


def user(call: Call) -> Reply:
    return Reply(body=call.shapes.profile(call.hub.people.named(call.path["login"])))


def repository(call: Call) -> Reply:
    found = call.repository()
    return Reply(body=call.shapes.full_repository(found, call.hub.repositories.role(found, call.viewer)))


def repository_of_number(call: Call) -> Reply:
    """Where redirects from former names lead; it is in no list of endpoints."""
    named = call.hub.repositories.get(call.path["repository_id"])
    found = call.hub.repositories.seen_by(named.full_name, call.viewer)
    return Reply(body=call.shapes.full_repository(found, call.hub.repositories.role(found, call.viewer)))


def own_repositories(call: Call) -> Reply:
    """Those that the caller owns or works in."""
    repositories, person = call.hub.repositories, call.actor
    found = [one for one in repositories.all() if repositories.allows(one, person, Role.TRIAGE)]
    return listed(call, found, call.shapes.repository)


def create_repository(call: Call) -> Reply:
    """In the caller's own name or, below /orgs, in an organization's. Whoever creates it administers it."""
    fields, repositories = call.fields, call.hub.repositories
    owner = call.hub.people.named(call.path["org"]) if "org" in call.path else call.actor
    if "org" in call.path and owner.type != "Organization":
        raise not_found()
    full_name, private = f"{owner.login}/{fields.text('name')}", fields.flag("private", default=False)
    if repositories.exists(full_name):
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    created = repositories.create(full_name, private=private, description=fields.text_or_none("description"))
    if owner != call.actor:
        repositories.add_collaborator(created.full_name, call.actor.login, Role.ADMIN)
    shape = call.shapes.full_repository(created, Role.ADMIN)
    return Reply(201, shape, {"Location": shape["url"]})


def add_collaborator(call: Call) -> Reply:
    """At once and without an invitation. `permission` is a role, or one of the older words pull and push."""
    found, wanted = call.administered(), call.hub.people.named(call.path["login"])
    given = call.fields.text_or_none("permission") or "push"
    role = {"pull": "read", "push": "write"}.get(given, given)
    if role not in set(Role) - {Role.NONE}:
        raise invalid("Repository", "permission", "invalid")
    call.hub.repositories.add_collaborator(found.full_name, wanted.login, role)
    return Reply(204)


def remove_collaborator(call: Call) -> Reply:
    call.hub.repositories.remove_collaborator(call.administered().full_name, call.path["login"])
    return Reply(204)


def collaborators(call: Call) -> Reply:
    found, roles = call.repository(), call.hub.repositories
    roles.demand(found, call.actor, Role.WRITE)
    return listed(
        call, roles.collaborators(found), lambda user: call.shapes.collaborator(user, roles.role(found, user))
    )


def is_collaborator(call: Call) -> Reply:
    found = call.repository()
    call.hub.repositories.demand(found, call.actor, Role.READ)
    wanted = call.hub.people.find(call.path["login"])
    if wanted not in call.hub.repositories.collaborators(found):
        raise not_found()
    return Reply(204)


def collaborator_permission(call: Call) -> Reply:
    """https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""
    found = call.repository()
    call.hub.repositories.demand(found, call.actor, Role.READ)
    wanted = call.hub.people.find(call.path["login"])
    if wanted is None:
        raise not_found(f"{call.path['login']} is not a user")
    role = call.hub.repositories.role(found, wanted)
    shape = call.shapes.collaborator(wanted, role)
    return Reply(body={"permission": role.permission, "role_name": role.value, "user": shape})


_REPOSITORY = "/repos/{owner}/{repo}"
_COLLABORATOR = _REPOSITORY + "/collaborators/{login}"
ENDPOINTS = (
    Endpoint("GET", "/", "meta/root", root),
    Endpoint("GET", "/meta", "meta/get", meta),
    Endpoint("GET", "/rate_limit", "rate-limit/get", rate_limit),
    Endpoint("GET", "/user", "users/get-authenticated", own_user, asker=PERSON),
    Endpoint("GET", "/users/{login}", "users/get-by-username", user),
    Endpoint("GET", _REPOSITORY, "repos/get", repository),
    Endpoint("GET", "/repositories/{repository_id:int}", "repos/get-by-number", repository_of_number),
    Endpoint("GET", "/user/repos", "repos/list-for-authenticated-user", own_repositories, asker=PERSON),
    Endpoint("POST", "/user/repos", "repos/create-for-authenticated-user", create_repository, "administration=write"),
    Endpoint("POST", "/orgs/{org}/repos", "repos/create-in-org", create_repository, "administration=write"),
    Endpoint("GET", f"{_REPOSITORY}/collaborators", "repos/list-collaborators", collaborators),
    Endpoint("GET", _COLLABORATOR, "repos/check-collaborator", is_collaborator),
    Endpoint("PUT", _COLLABORATOR, "repos/add-collaborator", add_collaborator, "administration=write"),
    Endpoint("DELETE", _COLLABORATOR, "repos/remove-collaborator", remove_collaborator, "administration=write"),
    Endpoint(
        "GET",
        f"{_COLLABORATOR}/permission",
        "repos/get-collaborator-permission-level",
        collaborator_permission,
    ),
)
