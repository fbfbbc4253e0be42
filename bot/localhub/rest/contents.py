"""Files over HTTP: the contents API, as JSON or raw."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from bot.localhub.problems import Refused, not_found
from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.values import Repository, StoredFile

RAW_TYPES = ("application/vnd.github.raw", "application/vnd.github.v3.raw", "application/vnd.github.raw+json")


def get_contents(call: Call) -> Reply:
    """A folder is a list, a file an object with base64 content, or with a raw media type its bytes."""
    repository = call.repository()
    path, ref = call.path.get("path", "").strip("/"), call.query.get("ref", "")
    found = (
        call.hub.files.read(repository, path) if is_newest(ref, repository) else _earlier(call, repository, ref, path)
    )
    if isinstance(found, list):
        return Reply(body=[_entry(call, repository, item) for item in found])
    if call.accept.split(";")[0].strip() in RAW_TYPES:
        return Reply(body=found.content, headers={"Content-Type": "application/vnd.github.raw+json; charset=utf-8"})
    return Reply(body=_file(call, repository, found))


def put_contents(call: Call) -> Reply:
    """A new file, or, with the hash of the one that it takes the place of, a changed one."""
    repository, path = call.repository(), call.path["path"].strip("/")
    message = call.fields.text("message")
    known = call.hub.files.find(repository, path)
    given = call.fields.text_or_none("sha")
    if known is not None and given != known.sha:
        if given is None:
            raise Refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        raise Refused(409, f"{path} does not match {given}")
    try:
        content = base64.b64decode(call.fields.text("content"), validate=True)
    except ValueError:
        raise Refused(422, "content is not valid Base64") from None
    stored = call.hub.files.put(repository, call.actor, path, content, message)
    after = call.hub.repositories.get(repository.id)
    return Reply(200 if known else 201, {"content": _entry(call, after, stored), "commit": _commit(call, after)})


def _commit(call: Call, repository: Repository) -> dict[str, Any]:
    """The newest commit of the branch."""
    url = f"{call.shapes.repository_url(repository.full_name)}/git/commits/{repository.head}"
    return {
        "sha": repository.head,
        "url": url,
        "html_url": f"{call.shapes.html}/{repository.full_name}/commit/{repository.head}",
        "message": call.fields.text("message"),
    }


def is_newest(ref: str, repository: Repository) -> bool:
    """It names the newest commit. There is one branch."""
    branch = repository.default_branch
    return ref in {"", branch, f"refs/heads/{branch}", repository.head, "HEAD"}


def _earlier(call: Call, repository: Repository, ref: str, path: str) -> StoredFile:
    """Of earlier commits only files are known, not folders."""
    found = call.hub.files.at(repository, ref, path)
    if found is None:
        raise not_found()
    return found


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
    Endpoint(
        "PUT",
        _CONTENTS + "/{path:path}",
        "repos/create-or-update-file-contents",
        put_contents,
        "contents=write",
        creates_content=True,
    ),
)
