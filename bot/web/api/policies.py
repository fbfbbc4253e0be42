"""`/api/projects/{owner}/{name}/policy`: the policy of a repository. It lives there: it is read, and changed, by commits."""

from __future__ import annotations

import hashlib
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.policies import PATH, decoded
from bot.web.api.inputs import Words
from bot.web.api.projects import Part
from bot.web.api.shapes import FindingShape, Shape
from bot.web.api.showing import findings
from bot.web.auth import Admin, Viewer
from bot.web.auth.permits import Permit
from bot.web.failures import Problem, documented
from services.coordinator.spending import new_budgets
from services.domain.errors import NotAllowed, NotFound, PolicyInvalid, TransientError
from services.domain.rules import Budgets
from services.ports import Delivery

router = APIRouter(prefix="/projects", tags=["projects"])

LARGEST = 256 * 1024
MOST_COMMITS = 50
_EXAMPLE: dict[str, Any] = {"text": "version: 1\ndefaults: {retries: 1}  # once more\n"}

OfHash = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^(\*|"?[0-9a-f]{40}"?)$',
        description="The hash of the policy that was looked at, as its `ETag` said it; 409 if another one is there by now",
    ),
]


class PolicyShape(Shape):
    """A policy as it is in the repository."""

    project: str
    path: str = Field(description="Where it is, on the default branch")
    sha: str = Field(description="By which git knows this text")
    text: str = Field(description="As it is written, with its comments")
    findings: list[FindingShape] = Field(description="What is wrong with it; then the last right one counts")


class PolicyText(BaseModel):
    """A policy that is wished for."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    text: Words = Field(max_length=LARGEST, description="YAML, the whole of it, with its comments")


class PolicyCommit(Shape):
    """A commit that changed the policy."""

    commit: str
    at: datetime | None
    by: str = Field(description="The login of who made it, or a name without an account")
    message: str
    url: str = Field(description="Where people see it")


class PolicyHistory(Shape):
    """Who changed the policy, the newest first."""

    commits: list[PolicyCommit]


OfCommit = Annotated[
    str, Query(pattern="^([0-9a-f]{40})?$", description="As it was with this commit; without it: as it is now")
]


@router.get("/{owner}/{name}/policy", responses=documented(404, 422, 502))
def show_policy(permit: Viewer, response: Response, owner: Part, name: Part, commit: OfCommit = "") -> PolicyShape:
    """The policy in the repository, and what is wrong with it. The `ETag` is its hash. 404 without one."""
    project = permit.project(f"{owner}/{name}")
    sha, text = policy_at(permit, project, commit)
    response.headers["etag"] = f'"{sha}"'
    return PolicyShape(project=project, path=PATH, sha=sha, text=text, findings=_wrong(permit, text))


def policy_at(permit: Permit, project: str, commit: str = "") -> tuple[str, str]:
    """Its hash and its text. Raises NotFound without one, TransientError, RemoteUnavailable."""
    sha, raw = permit.bot.remote().read_file(project, PATH, commit)
    return sha, decoded(raw)


@router.get("/{owner}/{name}/policy/history", responses=documented(404, 502))
def list_policy_commits(permit: Viewer, owner: Part, name: Part) -> PolicyHistory:
    """Who changed the policy in the repository, when, and with which words: the newest 50 commits. Each `commit` may be asked
    for."""
    project = permit.project(f"{owner}/{name}")
    remote = permit.bot.remote()
    try:
        found = remote.history(project, PATH, MOST_COMMITS)
    except NotFound:  # of a repository without any commit, too
        remote.repository(project)
        found = []
    return PolicyHistory(
        commits=[
            PolicyCommit(commit=one.sha, at=one.at, by=one.who, message=one.commit.message, url=one.html_url)
            for one in found
        ]
    )


@router.put("/{owner}/{name}/policy", responses=documented(400, 404, 409, 422, 502))
def write_policy(
    permit: Admin, response: Response, owner: Part, name: Part, wanted: PolicyText, if_match: OfHash = None
) -> PolicyShape:
    """Commit a policy to the repository, on its default branch, byte for byte as it is sent. One with a mistake is refused, and
    so is one for a repository that we may not write to: then it is to be committed there by hand."""
    project = permit.project(f"{owner}/{name}")
    expected = None if if_match in (None, "*") else (if_match or "").strip('"')
    sha = commit_policy(permit, project, wanted.text, expected=expected, message="")
    response.headers["etag"] = f'"{sha}"'
    return PolicyShape(project=project, path=PATH, sha=sha, text=wanted.text, findings=[])


def commit_policy(permit: Permit, project: str, text: str, *, expected: str | None, message: str) -> str:
    """The hash of what was committed. `expected` is that of the text that was looked at, "" for none, None: whatever is there.
    Raises PolicyInvalid, NotFound without the repository, and Problem where another text is there or nothing may be written."""
    policy = permit.bot.policies.read(text)
    known = _sha(permit, project)
    if expected not in (None, known):
        raise _stale(known)
    said = f"{message.strip() or 'Change the policy'}\n\nFor {permit.who}, by phasebot."
    sha = _written(permit, project, text, known, message=said)
    permit.bot.policies.forget(project)
    _tell(permit, project, policy.budgets, sha)
    return sha


def _written(permit: Permit, project: str, text: str, known: str, *, message: str) -> str:
    try:
        return permit.bot.remote().write_file(project, PATH, text, sha=known, message=message)
    except TransientError:  # a conflict, or an answer that was lost on its way
        now = _sha(permit, project)
        if now == _hash_of(text):
            return now
        if now != known:
            raise _stale(now) from None
        raise
    except NotAllowed as error:
        details = {"where": PATH, "fix": f"Commit it to the default branch of {project} yourself."}
        said = f"the policy lives in the repository, and phasebot may not write there: {error.message}"
        raise Problem(HTTPStatus.CONFLICT, "policy_in_repository", said, details=details) from None


def _hash_of(text: str) -> str:
    """By which git knows it: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects"""
    raw = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()


def _stale(known: str) -> Problem:
    message = "the policy was changed since; look at it again"
    return Problem(HTTPStatus.CONFLICT, "stale_version", message, details={"version": known})


def _tell(permit: Permit, project: str, budgets: Budgets, sha: str) -> None:
    """What waits for a budget need not wait for the webhook of the commit."""
    bot = permit.bot
    for plan in bot.store.lookups.under_way(project):
        for news in new_budgets(plan, budgets, cause=f"budgets/{plan.id}/{sha}"):
            bot.receive(Delivery.of(news, "policy", bot.clock.now())).result()


def _sha(permit: Permit, project: str) -> str:
    """Of the one that is there; empty without one. Raises NotFound without the repository."""
    try:
        return permit.bot.remote().read_file(project, PATH, "")[0]
    except NotFound:
        permit.bot.remote().repository(project)
        return ""


def _wrong(permit: Permit, text: str) -> list[FindingShape]:
    try:
        permit.bot.policies.read(text)
    except PolicyInvalid as error:
        return findings(error.findings)
    return []
