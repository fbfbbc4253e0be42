"""Comments and reactions over HTTP."""

from __future__ import annotations

from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.rest.paging import listed
from bot.localhub.values import Comment, Issue


def create_comment(call: Call) -> Reply:
    body = call.fields.text("body")
    comment = call.hub.comments.create(call.issue(), call.actor, body)
    shape = call.shapes.comment(comment)
    return Reply(201, shape, {"Location": shape["url"]})


def issue_comments(call: Call) -> Reply:
    comments = call.hub.comments.of_issue(call.issue(), since=call.moment("since"))
    return listed(call, comments, call.shapes.comment)


def repository_comments(call: Call) -> Reply:
    comments = call.hub.comments.of_repository(call.tracker(), since=call.moment("since"))
    if call.query.get("sort") == "updated":
        comments.sort(key=lambda comment: comment.updated_at)
    if call.query.get("direction") == "desc":
        comments.reverse()
    return listed(call, comments, call.shapes.comment)


def get_comment(call: Call) -> Reply:
    return Reply(body=call.shapes.comment(_comment(call)))


def _comment(call: Call) -> Comment:
    return call.hub.comments.get(call.repository(), call.path["comment_id"])


def edit_comment(call: Call) -> Reply:
    body = call.fields.text("body")
    return Reply(body=call.shapes.comment(call.hub.comments.edit(call.repository(), _comment(call), call.actor, body)))


def delete_comment(call: Call) -> Reply:
    call.hub.comments.delete(call.repository(), _comment(call), call.actor)
    return Reply(204)


def _subject(call: Call) -> Issue | Comment:
    return _comment(call) if "comment_id" in call.path else call.issue()


def list_reactions(call: Call) -> Reply:
    reactions = call.hub.reactions.all(_subject(call))
    wanted = call.query.get("content")
    return listed(call, [item for item in reactions if wanted in {None, item.content}], call.shapes.reaction)


def add_reaction(call: Call) -> Reply:
    """200 if the same person had already given it."""
    reaction, is_new = call.hub.reactions.add(_subject(call), call.actor, call.fields.text("content"))
    return Reply(201 if is_new else 200, call.shapes.reaction(reaction))


def remove_reaction(call: Call) -> Reply:
    call.hub.reactions.remove(_subject(call), call.actor, call.path["reaction_id"])
    return Reply(204)


_ISSUES = "/repos/{owner}/{repo}/issues"
_ISSUE = _ISSUES + "/{number:int}"
_COMMENT = _ISSUES + "/comments/{comment_id:int}"
_READ, _WRITE = "issues=read", "issues=write"
ENDPOINTS = (
    Endpoint("POST", f"{_ISSUE}/comments", "issues/create-comment", create_comment, _WRITE, creates_content=True),
    Endpoint("GET", f"{_ISSUE}/comments", "issues/list-comments", issue_comments, _READ),
    Endpoint("GET", f"{_ISSUES}/comments", "issues/list-comments-for-repo", repository_comments, _READ),
    Endpoint("GET", _COMMENT, "issues/get-comment", get_comment, _READ),
    Endpoint("PATCH", _COMMENT, "issues/update-comment", edit_comment, _WRITE),
    Endpoint("DELETE", _COMMENT, "issues/delete-comment", delete_comment, _WRITE),
    Endpoint("GET", f"{_ISSUE}/reactions", "reactions/list-for-issue", list_reactions, _READ),
    Endpoint("POST", f"{_ISSUE}/reactions", "reactions/create-for-issue", add_reaction, _WRITE),
    Endpoint(
        "DELETE", f"{_ISSUE}/reactions/{{reaction_id:int}}", "reactions/delete-for-issue", remove_reaction, _WRITE
    ),
    Endpoint("GET", f"{_COMMENT}/reactions", "reactions/list-for-issue-comment", list_reactions, _READ),
    Endpoint("POST", f"{_COMMENT}/reactions", "reactions/create-for-issue-comment", add_reaction, _WRITE),
    Endpoint(
        "DELETE",
        f"{_COMMENT}/reactions/{{reaction_id:int}}",
        "reactions/delete-for-issue-comment",
        remove_reaction,
        _WRITE,
    ),
)
