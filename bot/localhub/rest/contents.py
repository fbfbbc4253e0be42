"""Files over HTTP: the contents API, as JSON or raw."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from bot.localhub.problems import not_found
from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.values import Repository, StoredFile

RAW_TYPES = ("application/vnd.github.raw", "application/vnd.github.v3.raw", "application/vnd.github.raw+json")


def get_contents(call: Call) -> Reply:
    """A folder is a list, a file an object with base64 content, or with a raw media type its bytes."""
    repository = call.repository()
    _check_ref(call, repository)
    found = call.hub.files.read(repository, call.path.get("path", "").strip("/"))
    if isinstance(found, list):
        return Reply(body=[_entry(call, repository, item) for item in found])
    if call.accept.split(";")[0].strip() in RAW_TYPES:
        return Reply(body=found.content, headers={"Content-Type": "application/vnd.github.raw+json; charset=utf-8"})
    return Reply(body=_file(call, repository, found))


def _check_ref(call: Call, repository: Repository) -> None:
    """There is one branch, and its newest commit."""
    branch = repository.default_branch
    ref = call.query.get("ref") or branch
    if ref not in {branch, f"refs/heads/{branch}", repository.head, "HEAD"}:
        raise not_found(f"No commit found for the ref {ref}")


def _entry(call: Call, repository: Repository, item: StoredFile) -> dict[str, Any]:
    path, kind = quote(item.path), "file" if item.content is not None else "dir"
    url = f"{call.shapes.repository_url(repository.full_name)}/contents/{path}?ref={repository.default_branch}"
    git = f"{call.shapes.repository_url(repository.full_name)}/git/blobs/{item.sha}"
    view = "blob" if kind == "file" else "tree"
    html = f"{call.shapes.html}/{repository.full_name}/{view}/{repository.default_branch}/{path}"
    return {
        "name": item.name,
        "path": item.path,
        "sha": item.sha,
        "size": len(item.content or b""),
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": url if kind == "file" else None,
        "type": kind,
        "_links": {"self": url, "git": git, "html": html},
    }


def _file(call: Call, repository: Repository, item: StoredFile) -> dict[str, Any]:
    content = base64.encodebytes(item.content or b"").decode()
    return {**_entry(call, repository, item), "content": content, "encoding": "base64"}


_CONTENTS = "/repos/{owner}/{repo}/contents"
ENDPOINTS = (
    Endpoint("GET", _CONTENTS, "repos/get-contents-of-root", get_contents, "contents=read"),
    Endpoint("GET", _CONTENTS + "/{path:path}", "repos/get-content", get_contents, "contents=read"),
)
