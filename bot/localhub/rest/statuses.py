"""Commit statuses over HTTP: said of a commit, and read as a list or as one.

https://docs.github.com/en/rest/commits/statuses
"""

from __future__ import annotations

from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.rest.paging import listed
from bot.localhub.statuses import combined, simple, whole
from bot.localhub.values import Repository


def create_status(call: Call) -> Reply:
    fields = call.fields
    status = call.hub.statuses.create(
        call.repository(),
        call.actor,
        call.path["sha"],
        fields.text("state"),
        context=fields.text_or_none("context") or "default",
        description=fields.text_or_none("description"),
        target_url=fields.text_or_none("target_url"),
    )
    shape = whole(status, call.shapes)
    return Reply(201, shape, {"Location": shape["url"]})


def list_statuses(call: Call) -> Reply:
    repository = call.repository()
    found = call.hub.statuses.of(repository, _sha(call, repository))
    return listed(call, found, lambda one: whole(one, call.shapes))


def combined_status(call: Call) -> Reply:
    """One state for all; the list of them has pages."""
    repository = call.repository()
    sha = _sha(call, repository)
    found, at = call.hub.statuses.latest(repository, sha), call.shapes.repository_url(repository.full_name)
    page = listed(call, found, lambda one: simple(one, call.shapes))
    body = {
        "state": combined(found),
        "statuses": page.body,
        "sha": sha,
        "total_count": len(found),
        "repository": call.shapes.repository(repository),
        "commit_url": f"{at}/commits/{sha}",
        "url": f"{at}/commits/{sha}/status",
    }
    return Reply(body=body, headers=page.headers)


def _sha(call: Call, repository: Repository) -> str:
    """A commit, by its hash or by the branch that it is the newest of."""
    ref: str = call.path["ref"]
    return repository.head if ref in ("HEAD", repository.default_branch) else ref


_REPO = "/repos/{owner}/{repo}"
_READ, _WRITE = "statuses=read", "statuses=write"
ENDPOINTS = (
    Endpoint("POST", _REPO + "/statuses/{sha}", "repos/create-commit-status", create_status, _WRITE),
    Endpoint("GET", _REPO + "/commits/{ref}/statuses", "repos/list-commit-statuses-for-ref", list_statuses, _READ),
    Endpoint("GET", _REPO + "/commits/{ref}/status", "repos/get-combined-status-for-ref", combined_status, _READ),
)
