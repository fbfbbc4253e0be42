"""Policies: that of a repository on a page: looked at, checked, changed with its comments kept, committed; and its history."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import zip_longest
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from bot.policies import PATH
from bot.web.api.policies import LARGEST, commit_policy, list_policy_commits, policy_at
from bot.web.api.projects import Part, show_project
from bot.web.auth import Admin, Viewer
from bot.web.auth.permits import Permit
from bot.web.console.remarks import Remark, remarks_on
from bot.web.console.rendering import Fields, Page, Shown, field, may, sentence
from bot.web.console.words import capitalized
from bot.web.failures import Problem
from services.domain.access import Role
from services.domain.errors import NotFound, PolicyInvalid, TransientError, UserError
from services.execution.unified import Diff, read_diff
from services.planning.policy.editing import parse_path, with_value

router = APIRouter(include_in_schema=False)

_COMMIT = "^[0-9a-f]{40}$"


@dataclass(frozen=True, slots=True)
class There:
    """The policy that is there: in the repository, else the last right one that was read. `trouble`: why it is only that."""

    sha: str = ""
    text: str = ""
    trouble: str = ""
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """What somebody is writing. `sha` is the hash of the text that they began with."""

    text: str
    sha: str
    place: str = ""
    value: str = ""
    message: str = ""
    problem: str = ""


@router.get("/projects/{owner}/{name}")
def project_page(permit: Viewer, page: Shown, owner: Part, name: Part) -> Response:
    id = permit.project(f"{owner}/{name}")
    there = _there(permit, id)
    return _shown(permit, page, id, there, Editing(text=there.text, sha=there.sha))


@router.post("/projects/{owner}/{name}/policy")
def check_policy(permit: Viewer, page: Shown, form: Fields, owner: Part, name: Part) -> Response:
    """Check a text; with `place` and `value`, write that value first, and leave every other character as it is."""
    id = permit.project(f"{owner}/{name}")
    editing = _editing(form)
    if editing.place.strip():
        try:
            text = with_value(editing.text or "version: 1\n", parse_path(editing.place.strip()), editing.value)
            editing = replace(editing, text=text, place="", value="")
        except UserError as error:
            editing = replace(editing, problem=sentence(error))
    return _shown(permit, page, id, _there(permit, id), editing)


@router.post("/projects/{owner}/{name}/policy/commit")
def commit(permit: Admin, page: Shown, form: Fields, owner: Part, name: Part) -> Response:
    """Commit the text to the repository, unless another one is there by now: then both are shown."""
    id = permit.project(f"{owner}/{name}")
    editing = _editing(form)
    try:
        sha = commit_policy(permit, id, editing.text, expected=editing.sha, message=editing.message)
    except PolicyInvalid:
        return _shown(permit, page, id, _there(permit, id), editing, HTTPStatus.UNPROCESSABLE_ENTITY)
    except Problem as problem:
        return _not_committed(permit, page, id, editing, problem)
    except (UserError, TransientError) as error:
        told = replace(editing, problem=sentence(error))
        return _shown(permit, page, id, _there(permit, id), told, HTTPStatus.BAD_GATEWAY)
    return page.lead(f"/projects/{id}", f"Committed as {sha[:10]}. It counts from now on.")


def _not_committed(permit: Permit, page: Page, id: str, editing: Editing, problem: Problem) -> Response:
    there = _there(permit, id)
    details = problem.details if isinstance(problem.details, dict) else {}
    said = f"{capitalized(problem.message)}. {details.get('fix', '')}".strip()
    if problem.type == "stale_version":
        said = (
            "Somebody else changed the policy meanwhile, so nothing was committed. Below is how yours differs from it."
        )
        editing = replace(editing, sha=there.sha)  # with that before their eyes, they may well mean it
    return _shown(permit, page, id, there, replace(editing, problem=said), problem.status)


@router.get("/projects/{owner}/{name}/policy/history")
def history_page(
    permit: Viewer,
    page: Shown,
    owner: Part,
    name: Part,
    old: Annotated[str | None, Query(pattern=_COMMIT)] = None,
    new: Annotated[str | None, Query(pattern=_COMMIT)] = None,
) -> Response:
    """Who changed the policy, and what differs between two of these commits; else what the newest changed."""
    project = show_project(permit, owner, name)
    trouble = ""
    try:
        commits = list_policy_commits(permit, owner, name).commits if _has_files(permit) else []
        if new is None and commits:
            new, old = commits[0].commit, commits[1].commit if len(commits) > 1 else None
        before, after = (_text_at(permit, project.id, one) for one in (old, new))
    except (UserError, TransientError) as error:
        commits, before, after, trouble = [], "", "", str(error)
    pairs = list(zip_longest(commits, (one.commit for one in commits[1:]), fillvalue=""))
    return page.show(
        "policy_history.html",
        section="operations",
        project=project,
        pairs=pairs,
        old=old or "",
        new=new or "",
        diff=_diff(before, after),
        trouble=trouble,
        policy_path=PATH,
    )


def _text_at(permit: Permit, project: str, commit: str | None) -> str:
    """Empty where there was none."""
    try:
        return policy_at(permit, project, commit)[1] if commit else ""
    except NotFound:
        return ""


def _diff(old: str, new: str) -> Diff:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{PATH}", f"b/{PATH}", lineterm="")
    return read_diff("\n".join((f"diff --git a/{PATH} b/{PATH}", *lines)) if old != new else "")


# ---------------------------------------------------------------- the page


def _editing(form: Fields) -> Editing:
    return Editing(
        text=field(form, "text", LARGEST),
        sha=field(form, "sha", 40),
        place=field(form, "place", 200),
        value=field(form, "value", 1000),
        message=field(form, "message", 200),
    )


def _has_files(permit: Permit) -> bool:
    """There is a tracker that keeps files."""
    return permit.bot.options.issues


def _there(permit: Permit, project: str) -> There:
    kept = permit.bot.store.policies.last(project)
    last = There(kept.sha, kept.text) if kept else There()
    if not _has_files(permit):
        return last
    try:
        sha, text = policy_at(permit, project)
    except NotFound:
        return (
            replace(last, sha="", is_live=True)
            if kept is None
            else replace(last, sha="", trouble="it is not there any more")
        )
    except (UserError, TransientError) as error:
        return replace(last, trouble=str(error).splitlines()[0])
    return There(sha, text, is_live=True)


def _shown(
    permit: Permit, page: Page, id: str, there: There, editing: Editing, code: HTTPStatus = HTTPStatus.OK
) -> Response:
    owner, _, name = id.partition("/")
    remarks = _remarks(permit, editing.text)
    is_changed = editing.text != there.text
    return page.show(
        "project.html",
        code=code,
        section="operations",
        project=show_project(permit, owner, name),
        there=there,
        editing=editing,
        diff=_diff(there.text, editing.text),
        is_changed=is_changed,
        remarks=remarks,
        is_usable=not any(one.finding.severity == "error" for one in remarks),
        may_commit=there.is_live and may(permit, Role.ADMIN, id),
        has_files=_has_files(permit),
        policy_path=PATH,
        may_pause=may(permit, Role.ADMIN, id),
        runs_here=permit.bot.policies.allowed(id),
    )


def _remarks(permit: Permit, text: str) -> list[Remark]:
    if not text.strip():
        return []
    try:
        policy = permit.bot.policies.read(text, where="policy")
    except PolicyInvalid as error:
        return remarks_on(error.findings, text)
    return remarks_on(policy.findings, text)
