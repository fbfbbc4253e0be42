"""Users, repositories and collaborators over HTTP, and what the server says about itself."""

from __future__ import annotations

from typing import Any

from bot.localhub.problems import not_found
from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.rest.paging import listed
from bot.localhub.traffic import Window
from bot.localhub.values import Role, User

_ROOT_LINKS = {
    "current_user_url": "/user",
    "current_user_authorizations_html_url": "/settings/connections/applications{/client_id}",
    "code_search_url": "/search/code?q={query}{&page,per_page,sort,order}",
    "commit_search_url": "/search/commits?q={query}{&page,per_page,sort,order}",
    "emails_url": "/user/emails",
    "emojis_url": "/emojis",
    "events_url": "/events",
    "feeds_url": "/feeds",
    "followers_url": "/user/followers",
    "following_url": "/user/following{/target}",
    "gists_url": "/gists{/gist_id}",
    "issue_search_url": "/search/issues?q={query}{&page,per_page,sort,order}",
    "issues_url": "/issues",
    "keys_url": "/user/keys",
    "label_search_url": "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    "notifications_url": "/notifications",
    "organization_url": "/orgs/{org}",
    "organization_repositories_url": "/orgs/{org}/repos{?type,page,per_page,sort}",
    "organization_teams_url": "/orgs/{org}/teams",
    "public_gists_url": "/gists/public",
    "rate_limit_url": "/rate_limit",
    "repository_url": "/repos/{owner}/{repo}",
    "repository_search_url": "/search/repositories?q={query}{&page,per_page,sort,order}",
    "current_user_repositories_url": "/user/repos{?type,page,per_page,sort}",
    "starred_url": "/user/starred{/owner}{/repo}",
    "starred_gists_url": "/gists/starred",
    "user_url": "/users/{user}",
    "user_organizations_url": "/user/orgs",
    "user_repositories_url": "/users/{user}/repos{?type,page,per_page,sort}",
    "user_search_url": "/search/users?q={query}{&page,per_page,sort,order}",
}


def root(call: Call) -> Reply:
    return Reply(body={name: call.shapes.api + tail for name, tail in _ROOT_LINKS.items()})


def meta(_call: Call) -> Reply:
    return Reply(body={"verifiable_password_authentication": False, "hooks": ["127.0.0.0/8"]})


def rate_limit(call: Call) -> Reply:
    window = _window_shape(call.hub.allowances.window(viewer_name(call.viewer)))
    body: dict[str, Any] = {"resources": dict.fromkeys(("core", "search", "graphql"), window)}
    if call.api_version < "2026":
        body["rate"] = window
    return Reply(body=body)


def _window_shape(window: Window) -> dict[str, int]:
    reset = int(window.resets_at.timestamp())
    return {"limit": window.limit, "used": window.used, "remaining": window.remaining, "reset": reset}


def viewer_name(viewer: User | None) -> str:
    return viewer.login if viewer else "anonymous"


def own_user(call: Call) -> Reply:
    return Reply(body=call.shapes.own_profile(call.actor))


def user(call: Call) -> Reply:
    return Reply(body=call.shapes.profile(call.hub.people.named(call.path["login"])))


def repository(call: Call) -> Reply:
    found = call.repository()
    return Reply(body=call.shapes.full_repository(found, call.hub.repositories.role(found, call.viewer)))


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
ENDPOINTS = (
    Endpoint("GET", "/", "meta/root", root),
    Endpoint("GET", "/meta", "meta/get", meta),
    Endpoint("GET", "/rate_limit", "rate-limit/get", rate_limit),
    Endpoint("GET", "/user", "users/get-authenticated", own_user),
    Endpoint("GET", "/users/{login}", "users/get-by-username", user),
    Endpoint("GET", _REPOSITORY, "repos/get", repository),
    Endpoint("GET", f"{_REPOSITORY}/collaborators", "repos/list-collaborators", collaborators),
    Endpoint("GET", f"{_REPOSITORY}/collaborators/{{login}}", "repos/check-collaborator", is_collaborator),
    Endpoint(
        "GET",
        f"{_REPOSITORY}/collaborators/{{login}}/permission",
        "repos/get-collaborator-permission-level",
        collaborator_permission,
    ),
)
