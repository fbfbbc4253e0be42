"""`/api/projects/{owner}/{name}/policy`: the policy of a repository. It lives there: it is read, and changed, by commits."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
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
from services.domain.errors import NotAllowed, NotFound, PolicyInvalid
from services.domain.rules import Budgets
from services.ports import Delivery

router = APIRouter(prefix="/projects", tags=["projects"])

LARGEST = 256 * 1024
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


@router.get("/{owner}/{name}/policy", responses=documented(404, 422, 502))
def show_policy(permit: Viewer, response: Response, owner: Part, name: Part) -> PolicyShape:
    """The policy in the repository, and what is wrong with it. The `ETag` is its hash. 404 without one."""
    project = permit.project(f"{owner}/{name}")
    sha, raw = permit.bot.remote().read_file(project, PATH, "")
    text = decoded(raw)
    response.headers["etag"] = f'"{sha}"'
    return PolicyShape(project=project, path=PATH, sha=sha, text=text, findings=_wrong(permit, text))


@router.put("/{owner}/{name}/policy", responses=documented(400, 404, 409, 422, 502))
def write_policy(
    permit: Admin, response: Response, owner: Part, name: Part, wanted: PolicyText, if_match: OfHash = None
) -> PolicyShape:
    """Commit a policy to the repository, on its default branch, byte for byte as it is sent. One with a mistake is refused, and
    so is one for a repository that we may not write to: then it is to be committed there by hand."""
    project = permit.project(f"{owner}/{name}")
    policy = permit.bot.policies.read(wanted.text)
    remote = permit.bot.remote()
    known = _sha(permit, project)
    if if_match not in (None, "*") and (if_match or "").strip('"') != known:
        message = "the policy was changed since; look at it again"
        raise Problem(HTTPStatus.CONFLICT, "stale_version", message, details={"version": known})
    try:
        sha = remote.write_file(project, PATH, wanted.text, sha=known, message=f"Change the policy, for {permit.who}")
    except NotAllowed as error:
        details = {"where": PATH, "fix": f"Commit it to the default branch of {project} yourself."}
        message = f"the policy lives in the repository, and phasebot may not write there: {error.message}"
        raise Problem(HTTPStatus.CONFLICT, "policy_in_repository", message, details=details) from None
    permit.bot.policies.forget(project)
    _tell(permit, project, policy.budgets, sha)
    response.headers["etag"] = f'"{sha}"'
    return PolicyShape(project=project, path=PATH, sha=sha, text=wanted.text, findings=[])


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
