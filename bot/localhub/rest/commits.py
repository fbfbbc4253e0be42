"""Commits over HTTP: the history, of which only the files and their order are known, and what is said about a commit."""

from __future__ import annotations

from typing import Any

from bot.localhub.database import stamp
from bot.localhub.problems import Refused
from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.rest.contents import is_newest
from bot.localhub.rest.paging import listed
from bot.localhub.values import Repository, StoredCommit


def list_commits(call: Call) -> Reply:
    """The newest first; with `path` those that have changed this file, with `sha` as of a commit."""
    repository, ref = call.repository(), call.query.get("sha", "")
    at = "" if is_newest(ref, repository) else ref
    if not call.hub.files.commits(repository, "", ""):
        raise Refused(409, "Git Repository is empty.")
    found = call.hub.files.commits(repository, at, call.query.get("path", "").strip("/"))
    return listed(call, found, lambda commit: _listed(call, repository, commit))


def _listed(call: Call, repository: Repository, commit: StoredCommit) -> dict[str, Any]:
    api, page = call.shapes.repository_url(repository.full_name), f"{call.shapes.html}/{repository.full_name}/commit"
    tree = {"sha": commit.sha, "url": f"{api}/git/trees/{commit.sha}"}
    author = commit.author
    hand = author and {
        "name": author.name or author.login,
        "email": author.email,
        "date": stamp(commit.created_at),
    }
    parents = [commit.parent] if commit.parent else []
    return {
        "sha": commit.sha,
        "node_id": commit.sha,
        "url": f"{api}/commits/{commit.sha}",
        "html_url": f"{page}/{commit.sha}",
        "comments_url": f"{api}/commits/{commit.sha}/comments",
        "commit": {
            "url": f"{api}/git/commits/{commit.sha}",
            "author": hand,
            "committer": hand,
            "message": commit.message,
            "comment_count": 0,
            "tree": tree,
        },
        "author": author and call.shapes.user(author),
        "committer": author and call.shapes.user(author),
        "parents": [{"sha": one, "url": f"{api}/commits/{one}", "html_url": f"{page}/{one}"} for one in parents],
    }


def create_comment(call: Call) -> Reply:
    comments = call.hub.commit_comments
    comment = comments.create(call.repository(), call.actor, call.path["sha"], call.fields.text("body"))
    shape = call.shapes.commit_comment(comment)
    return Reply(201, shape, {"Location": shape["url"]})


def list_comments(call: Call) -> Reply:
    found = call.hub.commit_comments.of(call.repository(), call.path["sha"])
    return listed(call, found, call.shapes.commit_comment)


_COMMITS = "/repos/{owner}/{repo}/commits"
ENDPOINTS = (
    Endpoint("GET", _COMMITS, "repos/list-commits", list_commits, "contents=read"),
    Endpoint("GET", _COMMITS + "/{sha}/comments", "repos/list-comments-for-commit", list_comments, "metadata=read"),
    Endpoint(
        "POST",
        _COMMITS + "/{sha}/comments",
        "repos/create-commit-comment",
        create_comment,
        "contents=read",
        creates_content=True,
    ),
)
