"""Issues, their labels, and the repository's labels over HTTP."""

from __future__ import annotations

from bot.localhub.problems import Refused, invalid
from bot.localhub.rest.call import Call, Endpoint, Fields, Reply
from bot.localhub.rest.paging import asked, listed, paged
from bot.localhub.shapes import Json
from bot.localhub.values import IssueChanges, IssueDraft, IssueQuery, LabelChanges

STATES = ("open", "closed", "all")
SORTS = ("created", "updated", "comments")
DIRECTIONS = ("asc", "desc")


def create_issue(call: Call) -> Reply:
    fields = call.fields
    draft = IssueDraft(
        title=fields.text("title"),
        body=fields.text_or_none("body"),
        labels=fields.names("labels"),
        assignees=_assignees(call),
        parent_issue_id=fields.integer_or_none("parent_issue_id") if call.hub.features.parent_issue_id else None,
    )
    issue = call.hub.issues.create(call.tracker(), call.actor, draft)
    return Reply(201, call.shapes.issue(issue), {"Location": call.shapes.issue_url(issue)})


def _assignees(call: Call) -> tuple[str, ...]:
    one = call.fields.text_or_none("assignee")
    return call.fields.names("assignees") or ((one,) if one else ())


def list_issues(call: Call) -> Reply:
    repository, page, query = call.tracker(), asked(call), _query(call)
    issues = call.hub.rows.matching(repository, query, limit=page.size, offset=page.offset)
    return paged(call, issues, call.shapes.issue, total=call.hub.rows.count(repository, query))


def _query(call: Call) -> IssueQuery:
    labels = call.query.get("labels", "")
    return IssueQuery(
        state=_choice(call, "state", STATES, "open"),
        labels=tuple(label for label in labels.split(",") if label),
        creator=call.query.get("creator"),
        assignee=call.query.get("assignee"),
        since=call.moment("since"),
        sort=_choice(call, "sort", SORTS, "created"),
        direction=_choice(call, "direction", DIRECTIONS, "desc"),
    )


def _choice(call: Call, name: str, choices: tuple[str, ...], default: str) -> str:
    value = call.query.get(name) or default
    if value not in choices:
        raise invalid("Issue", name, "invalid")
    return value


def get_issue(call: Call) -> Reply:
    return Reply(body=call.shapes.issue(call.issue()))


def edit_issue(call: Call) -> Reply:
    issue = call.hub.issues.edit(call.tracker(), call.path["number"], call.actor, _changes(call))
    return Reply(body=call.shapes.issue(issue))


def common_changes(fields: Fields) -> IssueChanges:
    """What may be changed of an issue and of a pull request alike."""
    changes = IssueChanges()
    if fields.text_or_none("title") is not None:
        changes["title"] = fields.text("title")
    if "body" in fields:
        changes["body"] = fields.text_or_none("body")
    if fields.text_or_none("state") is not None:
        changes["state"] = fields.text("state")
    return changes


def _changes(call: Call) -> IssueChanges:
    fields, changes = call.fields, common_changes(call.fields)
    if "state" in changes:
        changes["state_reason"] = fields.text_or_none("state_reason")
    if "labels" in fields:
        changes["labels"] = fields.names("labels")
    if "assignees" in fields or "assignee" in fields:
        changes["assignees"] = _assignees(call)
    return changes


def add_assignees(call: Call) -> Reply:
    """Agents are assigned by people: an installation's token is refused."""
    if call.asker.grant and any(login.lower() in call.hub.agents for login in call.fields.names("assignees")):
        raise Refused(403, "Resource not accessible by integration")
    known = [user.login for user in call.issue().assignees]
    return Reply(201, _assigned(call, (*known, *call.fields.names("assignees"))))


def remove_assignees(call: Call) -> Reply:
    leaving = {login.lower() for login in call.fields.names("assignees")}
    staying = tuple(user.login for user in call.issue().assignees if user.login.lower() not in leaving)
    return Reply(body=_assigned(call, staying))


def _assigned(call: Call, logins: tuple[str, ...]) -> Json:
    issue = call.hub.issues.edit(call.tracker(), call.path["number"], call.actor, {"assignees": logins})
    return call.shapes.issue(issue)


def issue_labels(call: Call) -> Reply:
    return listed(call, call.issue().labels, call.shapes.label)


def add_issue_labels(call: Call) -> Reply:
    issue = call.hub.issues.add_labels(call.tracker(), call.path["number"], call.actor, call.fields.names("labels"))
    return Reply(body=[call.shapes.label(label) for label in issue.labels])


def set_issue_labels(call: Call) -> Reply:
    names = call.fields.names("labels")
    issue = call.hub.issues.replace_labels(call.tracker(), call.path["number"], call.actor, names)
    return Reply(body=[call.shapes.label(label) for label in issue.labels])


def clear_issue_labels(call: Call) -> Reply:
    call.hub.issues.replace_labels(call.tracker(), call.path["number"], call.actor, ())
    return Reply(204)


def remove_issue_label(call: Call) -> Reply:
    issue = call.hub.issues.remove_label(call.tracker(), call.path["number"], call.actor, call.path["name"])
    return Reply(body=[call.shapes.label(label) for label in issue.labels])


def list_labels(call: Call) -> Reply:
    return listed(call, call.hub.labels.all(call.repository()), call.shapes.label)


def create_label(call: Call) -> Reply:
    color, description = call.fields.text_or_none("color"), call.fields.text_or_none("description")
    name, actor = call.fields.text("name"), call.actor
    label = call.hub.labels.create(call.repository(), actor, name, color=color, description=description)
    shape = call.shapes.label(label)
    return Reply(201, shape, {"Location": shape["url"]})


def get_label(call: Call) -> Reply:
    return Reply(body=call.shapes.label(call.hub.labels.get(call.repository(), call.path["name"])))


def edit_label(call: Call) -> Reply:
    repository, fields, changes = call.repository(), call.fields, LabelChanges()
    if "new_name" in fields:
        changes["name"] = fields.text("new_name")
    if "color" in fields:
        changes["color"] = fields.text("color")
    if "description" in fields:
        changes["description"] = fields.text_or_none("description")
    label = call.hub.labels.get(repository, call.path["name"])
    return Reply(body=call.shapes.label(call.hub.labels.edit(repository, call.actor, label, changes)))


def delete_label(call: Call) -> Reply:
    repository = call.repository()
    call.hub.labels.delete(repository, call.actor, call.hub.labels.get(repository, call.path["name"]))
    return Reply(204)


def list_events(call: Call) -> Reply:
    """What was done to the issue, by whom; comments are a list of their own."""
    entries = [entry for entry in call.hub.news.timeline(call.issue()) if entry.kind != "commented"]
    return listed(call, entries, call.shapes.event)


_ISSUES = "/repos/{owner}/{repo}/issues"
_ISSUE = _ISSUES + "/{number:int}"
_LABELS = "/repos/{owner}/{repo}/labels"
_READ, _WRITE = "issues=read", "issues=write"
ENDPOINTS = (
    Endpoint("POST", _ISSUES, "issues/create", create_issue, _WRITE, creates_content=True),
    Endpoint("GET", _ISSUES, "issues/list-for-repo", list_issues, _READ),
    Endpoint("GET", _ISSUE, "issues/get", get_issue, _READ),
    Endpoint("PATCH", _ISSUE, "issues/update", edit_issue, _WRITE),
    Endpoint("GET", f"{_ISSUE}/events", "issues/list-events", list_events, _READ),
    Endpoint("POST", f"{_ISSUE}/assignees", "issues/add-assignees", add_assignees, _WRITE),
    Endpoint("DELETE", f"{_ISSUE}/assignees", "issues/remove-assignees", remove_assignees, _WRITE),
    Endpoint("GET", f"{_ISSUE}/labels", "issues/list-labels-on-issue", issue_labels, _READ),
    Endpoint("POST", f"{_ISSUE}/labels", "issues/add-labels", add_issue_labels, _WRITE),
    Endpoint("PUT", f"{_ISSUE}/labels", "issues/set-labels", set_issue_labels, _WRITE),
    Endpoint("DELETE", f"{_ISSUE}/labels", "issues/remove-all-labels", clear_issue_labels, _WRITE),
    Endpoint("DELETE", f"{_ISSUE}/labels/{{name}}", "issues/remove-label", remove_issue_label, _WRITE),
    Endpoint("GET", _LABELS, "issues/list-labels-for-repo", list_labels, _READ),
    Endpoint("POST", _LABELS, "issues/create-label", create_label, _WRITE),
    Endpoint("GET", f"{_LABELS}/{{name}}", "issues/get-label", get_label, _READ),
    Endpoint("PATCH", f"{_LABELS}/{{name}}", "issues/update-label", edit_label, _WRITE),
    Endpoint("DELETE", f"{_LABELS}/{{name}}", "issues/delete-label", delete_label, _WRITE),
)
