"""Sub-issues and issue dependencies over HTTP. Bodies carry database ids, never numbers."""

from __future__ import annotations

from bot.localhub.problems import not_found, unprocessable
from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.rest.paging import listed


def list_sub_issues(call: Call) -> Reply:
    return listed(call, call.hub.rows.sub_issues(call.issue()), call.shapes.issue)


def add_sub_issue(call: Call) -> Reply:
    """Answers with the parent."""
    child_id = call.fields.integer("sub_issue_id")
    replace = call.fields.flag("replace_parent", default=False)
    parent = call.hub.sub_issues.add(call.issue(), child_id, call.actor, replace_parent=replace)
    return Reply(201, call.shapes.issue(parent), {"Location": call.shapes.issue_url(parent)})


def remove_sub_issue(call: Call) -> Reply:
    parent = call.hub.sub_issues.remove(call.issue(), call.fields.integer("sub_issue_id"), call.actor)
    return Reply(body=call.shapes.issue(parent))


def prioritise_sub_issue(call: Call) -> Reply:
    fields = call.fields
    child_id, after, before = (
        fields.integer("sub_issue_id"),
        fields.integer_or_none("after_id"),
        fields.integer_or_none("before_id"),
    )
    anchor = after if after is not None else before
    if anchor is None or (after is not None and before is not None):
        raise unprocessable("You must specify exactly one of after_id or before_id")
    parent = call.hub.sub_issues.prioritise(
        call.issue(), child_id, call.actor, anchor_id=anchor, after=after is not None
    )
    return Reply(body=call.shapes.issue(parent))


def get_parent(call: Call) -> Reply:
    parent = call.issue().parent
    if parent is None:
        raise not_found()
    return Reply(body=call.shapes.issue(call.hub.rows.get(parent.id)))


def list_blocked_by(call: Call) -> Reply:
    return listed(call, call.hub.rows.blockers(call.issue()), call.shapes.issue)


def list_blocking(call: Call) -> Reply:
    return listed(call, call.hub.rows.blocked(call.issue()), call.shapes.issue)


def add_blocked_by(call: Call) -> Reply:
    """Answers with the blocked issue."""
    issue = call.hub.dependencies.add(call.issue(), call.fields.integer("issue_id"), call.actor)
    return Reply(201, call.shapes.issue(issue), {"Location": call.shapes.issue_url(issue)})


def remove_blocked_by(call: Call) -> Reply:
    issue = call.hub.dependencies.remove(call.issue(), call.path["issue_id"], call.actor)
    return Reply(body=call.shapes.issue(issue))


_ISSUE = "/repos/{owner}/{repo}/issues/{number:int}"
_BLOCKED_BY = f"{_ISSUE}/dependencies/blocked_by"
_READ, _WRITE = "issues=read", "issues=write"
_SUB, _NEEDS = "sub_issues", "dependencies"
ENDPOINTS = (
    Endpoint("GET", f"{_ISSUE}/sub_issues", "issues/list-sub-issues", list_sub_issues, _READ, feature=_SUB),
    Endpoint("POST", f"{_ISSUE}/sub_issues", "issues/add-sub-issue", add_sub_issue, _WRITE, feature=_SUB),
    Endpoint("DELETE", f"{_ISSUE}/sub_issue", "issues/remove-sub-issue", remove_sub_issue, _WRITE, feature=_SUB),
    Endpoint(
        "PATCH",
        f"{_ISSUE}/sub_issues/priority",
        "issues/reprioritize-sub-issue",
        prioritise_sub_issue,
        _WRITE,
        feature=_SUB,
    ),
    Endpoint("GET", f"{_ISSUE}/parent", "issues/get-parent", get_parent, _READ, feature=_SUB),
    Endpoint("GET", _BLOCKED_BY, "issues/list-dependencies-blocked-by", list_blocked_by, _READ, feature=_NEEDS),
    Endpoint("POST", _BLOCKED_BY, "issues/add-blocked-by-dependency", add_blocked_by, _WRITE, feature=_NEEDS),
    Endpoint(
        "DELETE",
        f"{_BLOCKED_BY}/{{issue_id:int}}",
        "issues/remove-dependency-blocked-by",
        remove_blocked_by,
        _WRITE,
        feature=_NEEDS,
    ),
    Endpoint(
        "GET",
        f"{_ISSUE}/dependencies/blocking",
        "issues/list-dependencies-blocking",
        list_blocking,
        _READ,
        feature=_NEEDS,
    ),
)
