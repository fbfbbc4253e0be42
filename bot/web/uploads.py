"""Uploads: plans, and perhaps their policy, out of a request's body: the Markdown itself, or a form with files."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.web.bodies import read_body
from bot.web.failures import Problem
from bot.web.forms import CSRF_FIELD, MOST_FILES, bad_form, read_form

_LARGEST_POLICY = 256 * 1024
_PARTS = {"plan", "file", "policy", CSRF_FIELD}


BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/markdown": {
                "schema": {"description": "A plan. Whatever is sent is read as text"},
                "example": "# Site\n\n## Phase 1: Setup\n\nLay the ground.\n\n## Phase 2: Pages\n\nWrite them.\n",
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["plan"],
                    "additionalProperties": False,
                    "properties": {
                        "plan": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MOST_FILES,
                            "description": "Markdown, at most 5 MB each; several files are several plans, or none at all",
                        },
                        "policy": {
                            "type": "string",
                            "format": "binary",
                            "description": "YAML; in place of the policy of the repository",
                        },
                    },
                },
                "encoding": {"plan": {"contentType": "text/markdown"}, "policy": {"contentType": "application/yaml"}},
                "example": {
                    "plan": ["# Site\n\n## Phase 1: Setup\n\nLay the ground.\n"],
                    "policy": "version: 1\nphases:\n  - {match: Setup, executor: manual}\n",
                },
            },
        },
    }
}
"""How the two forms are described in OpenAPI."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes that were sent. `name` is what the sender calls the plan, for messages and for a plan without a title."""

    name: str
    plan: bytes
    policy: bytes | None = None


async def read_uploads(request: Request, limit: int) -> list[Upload]:
    """Plans of `limit` bytes at most. Raises Problem: 400 for a form that cannot be read, 413 for too much, 415 for JSON."""
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "multipart/form-data":
            return await _from_form(request, limit)
        case "application/json":
            message = "send the Markdown itself, or a form with the file `plan`; JSON is for /api/request"
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
        case _:
            return [Upload("upload.md", await read_body(request, limit))]


async def _from_form(request: Request, limit: int) -> list[Upload]:
    """Every part `plan` (or `file`) is a plan; a part `policy` is the policy of all of them."""
    form = await read_form(request)
    try:
        if unknown := sorted(form.keys() - _PARTS):
            raise bad_form(f"it has a part `{unknown[0][:60]}`; there are `plan` and `policy`")
        parts = [part for name in ("plan", "file") for part in form.getlist(name)]
        plans = [await _read_part(part, "plan", limit) for part in parts]
        policies = [await _read_part(part, "policy", _LARGEST_POLICY) for part in form.getlist("policy")[:1]]
    finally:
        await form.close()
    if not plans:
        raise bad_form("it has no part `plan`")
    policy = policies[0][1] if policies else None
    return [Upload(name, content, policy) for name, content in plans]


async def _read_part(part: UploadFile | str, name: str, limit: int) -> tuple[str, bytes]:
    """A part, as a file or as text: what the file is called, and what is in it."""
    called, content = await _content(part, name)
    if len(content) > limit:
        message = f"the {name} has {len(content):,} bytes; it may have {limit:,}"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message, details={"limit": limit})
    return called, content


async def _content(part: UploadFile | str, name: str) -> tuple[str, bytes]:
    if isinstance(part, str):
        return f"{name}.md", part.encode()
    return _printable(part.filename) or f"{name}.md", await part.read()


def _printable(filename: str | None) -> str:
    """Whatever the sender calls the file, as something that may become a title."""
    return "".join(one for one in filename or "" if one.isprintable())[:200]
