"""Handed in: what a form brings along, as documents, their policy and the repository that they are for."""

from __future__ import annotations

from pathlib import PurePath

from starlette.datastructures import FormData, UploadFile

from bot.web.api.inputs import is_name
from bot.web.api.orders import project_for
from bot.web.auth.permits import Permit
from bot.web.forms import MOST_FILES
from bot.web.previews import REQUEST
from services.domain.errors import UserError
from services.planning import parser

_LONGEST_NAME = 120


class HandedInWrong(UserError):
    """What was handed in cannot be used."""

    code = "upload_invalid"


async def documents_of(form: FormData, text: str, limit: int) -> tuple[list[tuple[str, str]], str | None]:
    """Names and texts, and the policy if there is one. Raises UserError."""
    files = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    if len(files) > MOST_FILES:
        raise HandedInWrong(f"{len(files)} files at once are too many", fix=f"Send up to {MOST_FILES}.")
    documents = [(_name(one), parser.decode(await one.read(), name=_name(one))) for one in files]
    if text.strip():
        documents.append((REQUEST, parser.decode(text.encode(), name="the text", limit=limit)))
    if not documents:
        raise HandedInWrong("there is nothing to read", fix="Choose a file, paste a plan, or say what you want.")
    empty = next((name for name, document in documents if not document.strip()), None)
    if empty is not None:
        raise HandedInWrong("there is nothing in this file", where=empty, fix="Choose another one.")
    policy = form.get("policy")
    if isinstance(policy, UploadFile) and policy.filename:
        return documents, parser.decode(await policy.read(), name=_name(policy))
    return documents, None


def _name(file: UploadFile) -> str:
    name = "".join(one for one in PurePath(file.filename or "").name if one.isprintable())
    return name[:_LONGEST_NAME] or "plan.md"


def project_named(permit: Permit, asked: str) -> str:
    """Raises UserError for no name of a repository, NotFound or Problem where the role is missing."""
    owner, _, name = asked.partition("/")
    if asked and not (is_name(owner) and is_name(name)):
        raise HandedInWrong(f"`{asked}` is no repository", fix="Write it as owner/name.")
    project = project_for(permit, asked or None, "plans/plan.md")
    if "/" not in project:
        raise HandedInWrong("a repository has to be named", fix="Write it as owner/name.")
    return project
