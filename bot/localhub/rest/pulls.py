"""Pull requests over HTTP.

https://docs.github.com/en/rest/pulls/pulls
"""

from __future__ import annotations

from bot.localhub.problems import invalid
from bot.localhub.pull_shapes import PullShapes
from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.rest.issues import common_changes
from bot.localhub.rest.paging import listed
from bot.localhub.values import Issue, Merge, PullDraft, PullQuery

_METHODS = ("merge", "squash", "rebase")


def create_pull(call: Call) -> Reply:
    fields = call.fields
    draft = PullDraft(
        title=fields.text("title"),
        head=fields.text("head"),
        base=fields.text("base"),
        body=fields.text_or_none("body"),
        draft=fields.flag("draft", default=False),
    )
    issue = call.hub.pulls.create(call.repository(), call.actor, draft)
    return Reply(201, _full(call, issue), {"Location": PullShapes(call.shapes).url(issue)})


def list_pulls(call: Call) -> Reply:
    """By state, head (`owner:branch`) and base; the newest first."""
    repository, query = call.repository(), call.query
    owner, _, head = query.get("head", "").rpartition(":")
    state, sort = query.get("state", "open"), query.get("sort", "created")
    if state not in {"open", "closed", "all"} or sort not in {"created", "updated"}:
        raise invalid("PullRequest", "state" if sort in {"created", "updated"} else "sort", "invalid")
    wanted = PullQuery(state, head, query.get("base", ""), sort, query.get("direction", "desc"))
    is_elsewhere = bool(owner) and owner.lower() != repository.owner.login.lower()
    found = [] if is_elsewhere else call.hub.pulls.matching(repository, wanted)
    shapes = PullShapes(call.shapes)
    return listed(call, found, lambda issue: shapes.short(issue, repository))


def get_pull(call: Call) -> Reply:
    return Reply(body=_full(call, _asked(call)))


def edit_pull(call: Call) -> Reply:
    changes = common_changes(call.fields)
    issue = call.hub.pulls.edit(call.repository(), call.path["number"], call.actor, changes)
    return Reply(body=_full(call, issue))


def merge_pull(call: Call) -> Reply:
    fields = call.fields
    how = Merge(
        method=fields.text_or_none("merge_method") or "merge",
        sha=fields.text_or_none("sha") or "",
        title=fields.text_or_none("commit_title") or "",
        message=fields.text_or_none("commit_message") or "",
    )
    if how.method not in _METHODS:
        raise invalid("PullRequest", "merge_method", "invalid")
    sha = call.hub.pulls.merge(call.repository(), call.path["number"], call.actor, how)
    return Reply(body={"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def is_merged(call: Call) -> Reply:
    pull = _asked(call).pull
    return Reply(204 if pull is not None and pull.merged_at else 404)


def _asked(call: Call) -> Issue:
    return call.hub.pulls.get(call.repository(), call.path["number"])


def _full(call: Call, issue: Issue) -> dict[str, object]:
    return PullShapes(call.shapes).full(issue, call.repository(), call.hub.pulls.figures(issue))


_PULLS = "/repos/{owner}/{repo}/pulls"
_PULL = _PULLS + "/{number:int}"
_READ, _WRITE = "pull_requests=read", "pull_requests=write"
ENDPOINTS = (
    Endpoint("POST", _PULLS, "pulls/create", create_pull, _WRITE, creates_content=True),
    Endpoint("GET", _PULLS, "pulls/list", list_pulls, _READ),
    Endpoint("GET", _PULL, "pulls/get", get_pull, _READ),
    Endpoint("PATCH", _PULL, "pulls/update", edit_pull, _WRITE),
    Endpoint("GET", _PULL + "/merge", "pulls/check-if-merged", is_merged, _READ),
    Endpoint("PUT", _PULL + "/merge", "pulls/merge", merge_pull, "contents=write"),
)
