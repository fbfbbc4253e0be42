"""Shapes: what the API answers. Field names are stable; times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.domain.access import Role
from services.domain.attempts import AttemptKind, AttemptState, Hold
from services.domain.phase import OnError, Qa, QueueStatus
from services.domain.plan import PlanState
from services.domain.progress import PlanStatus
from services.domain.pull import PullState
from services.domain.reasons import ReasonCode
from services.execution.jobs import JobState
from services.execution.registry import Availability


class Shape(BaseModel):
    """Read from our own values, never written to."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Reason(Shape):
    """Why a phase is not running: the first reason that holds. Clearing it starts the phase or reveals the next."""

    code: ReasonCode
    words: str = Field(description="To follow the name of the phase: `waits for 2: Models`")
    phases: list[int] = Field(description="Numbers of the phases concerned")
    until: datetime | None = Field(description="The moment at which it ends by itself, where there is one")
    what: str = Field(description="The limit, executor or project concerned")
    facts: dict[str, int]


class PhaseData(Shape):
    """What a phase says."""

    title: str
    content: str = Field(description="Markdown")
    external_docs: list[str] = Field(description="Paths in the repository")


_ITEM: dict[str, Any] = {
    "queue_id": "4kd0x9q2mz.2",
    "parent_issue": 12,
    "phase_number": 2,
    "issue_number": 14,
    "status": "ready",
    "depends_on_phases": [1],
    "phase_data": {"title": "Pages", "content": "Write the pages.", "external_docs": ["docs/pages.md"]},
    "created_at": "2026-11-20T12:00:00Z",
    "updated_at": "2026-11-20T12:03:00Z",
    "error_message": "`make pages` ended with exit code 2",
    "reason": {
        "code": "retry_backoff",
        "words": "is tried again in 5 s",
        "phases": [],
        "until": "2026-11-20T12:03:05Z",
        "what": "",
        "facts": {},
    },
}


class QueueItem(Shape):
    """A phase as the queue shows it. `phase_number` is its place in the plan, from 1; issues are null until created."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    queue_id: str
    parent_issue: int | None
    phase_number: int
    issue_number: int | None
    status: QueueStatus
    depends_on_phases: list[int]
    phase_data: PhaseData
    created_at: datetime
    updated_at: datetime
    error_message: str | None
    reason: Reason | None = Field(description="Null if it may start, runs, or is decided")


class PolicyOfPlan(Shape):
    """Where the rules of a plan come from. They stay, whatever becomes of the policy, until the plan is amended."""

    origin: Literal["repository", "handed_in", "none"]
    commit: str | None = Field(description="By which the repository's policy became what it was then")


class PullShape(Shape):
    """The pull request that a plan ends with, where the policy says `deliver: pull_request`."""

    state: PullState
    number: int | None = Field(description="None while there is none")
    url: str
    branch: str = Field(description="What is to be merged")
    base: str = Field(description="Into what; empty for the default branch")
    words: str = Field(description="To follow the plan's name", examples=["waits for the merge of #12"])
    why: str = Field(description="Why none could be opened; empty if one could")


class PlanSummary(Shape):
    """A plan and how it stands. `version` rises with every change; orders may name the one they were meant for."""

    id: str
    project: str
    title: str
    source: str
    status: PlanStatus
    state: PlanState
    version: int
    priority: int
    issue_number: int | None
    counts: dict[QueueStatus, int] = Field(description="How many phases stand how")
    pull: PullShape | None
    created_at: datetime | None
    updated_at: datetime
    by: str = Field(description="Who has handed it in; empty if that is not known")
    policy: PolicyOfPlan


_Orders = Annotated[
    list[str],
    Field(description="What whoever asks may order now: verbs, the most likely first; `priority` takes a value"),
]


class PlanDetail(PlanSummary):
    """One plan with its phases, in plan order."""

    overview: str
    issue_url: str
    phases: list[QueueItem]
    orders: _Orders


class AttemptShape(Shape):
    """One execution of a phase."""

    number: int
    executor: str
    state: AttemptState
    claimed_at: datetime
    finished_at: datetime | None
    failure: FailureShape | None
    kind: AttemptKind = Field(description="work: does the phase; qa: gives the verdict on it")
    executor_ref: str = Field(description="What its executor calls it: a run and its attempt; empty until known")
    url: str = Field(description="Where it can be seen, if it runs elsewhere")
    held: Hold | None = Field(
        description="What it waits for there: a runner, an approval, an agent at its draft, a merge"
    )
    changes: ChangesShape | None


class ChangesShape(Shape):
    """What an attempt has changed in its workspace."""

    commit: str = Field(description="What was kept in git; empty after a failure, and for a plain folder")
    files: int
    names: list[str] = Field(description="Of the changed files, the first 50")
    diff: str = Field(description="The path, on the machine that ran it, of the diff; empty where nothing was changed")
    unplanned: list[str] = Field(description="Changed files that no task of the phase names")
    branch: str = Field(description="The branch that has it; empty for none")
    note: str


class FailureShape(Shape):
    """What went wrong, in which tool, and whether trying again may help."""

    type: str
    message: str
    tool: str
    retryable: bool
    timestamp: str
    details: dict[str, Any]


class PhaseDetail(QueueItem):
    """One phase in full."""

    model_config = ConfigDict(json_schema_extra={})

    plan_id: str
    plan_version: int
    project: str
    key: str
    number: str | None = Field(description="The number as the plan writes it")
    issue_url: str
    executor: str
    on_error: OnError
    retries: int
    approval: bool
    qa: Qa
    approved_by: str
    started_at: datetime | None
    finished_at: datetime | None
    attempts: list[AttemptShape]
    orders: _Orders


class Attempts(Shape):
    """The executions of a phase, oldest first."""

    attempts: list[AttemptShape]


class LogPart(Shape):
    """Part of what an attempt or a job has put out. `is_over`: no more will come after `next`."""

    text: str
    start: int = Field(description="The byte it begins at")
    next: int = Field(description="The byte after it")
    size: int = Field(description="Bytes kept so far")
    is_over: bool


class FindingShape(Shape):
    """One remark about a document, with its place and the way to mend it."""

    code: str
    severity: str
    line: int
    column: int
    message: str
    fix: str


class PreviewPhase(Shape):
    """A phase as it would begin. `number` as the document writes it; `place` in the plan, from 1."""

    place: int
    number: str | None
    title: str
    tasks: int = Field(description="How many tasks it has")
    depends_on: list[int] = Field(description="Places in the plan")
    executor: str
    on_error: OnError
    done: bool = Field(description="The document says that it is done")


class PreviewSummary(Shape):
    """A draft that waits. `title` is what it was given beside its document, if anything."""

    id: str
    project: str
    name: str = Field(description="That of the file; `request` for what was typed")
    title: str
    created_by: str
    created_at: datetime
    expires_at: datetime


class PreviewShape(Shape):
    """What will be published when it is confirmed. The console shows the same, and takes edits of it."""

    id: str
    project: str
    title: str
    content: str = Field(description="Markdown: of a single phase its text, of several the overview")
    external_docs: list[str]
    name: str = Field(description="That of the file; `request` for what was typed")
    created_by: str
    created_at: datetime
    expires_at: datetime = Field(description="Until then it waits to be confirmed")
    phases: list[PreviewPhase]
    findings: list[FindingShape]
    policy: PolicyOfPlan
    policy_findings: list[FindingShape]
    may_be_published: bool
    known_plan: str | None = Field(description="The plan that this document is already, or a new version of")
    changes: list[str] = Field(description="What confirming would change about that plan")
    requests: int | None = Field(description="To GitHub, for publishing; null for a plan without issues")
    seconds: float | None = Field(description="How long that takes at its pace")


class ChildIssue(Shape):
    """A phase that was published, or will be in a moment: its issue is null until it is created."""

    phase_number: int
    issue_number: int | None
    queue_id: str


class Requested(Shape):
    """What became of a request. Several phases are on their way; a single one waits for `POST /api/confirm/{id}`, and is no
    plan before that."""

    is_multi_phase: bool
    plan_id: str | None
    parent_issue_number: int | None
    child_issues: list[ChildIssue]
    policy: PolicyOfPlan | None = Field(description="Under which the plan was made; null for what waits")
    preview: PreviewShape | None = Field(description="Only for what waits")


class ToolMetrics(Shape):
    """Since this process began; times in seconds."""

    success_count: int
    error_count: int
    elapsed_total: float
    elapsed_last: float
    elapsed_average: float


class ToolShape(Shape):
    """A tool that policies may name."""

    name: str
    availability: Availability
    why: str = Field(description="What keeps it from being run; empty if nothing does")
    exposed: bool = Field(description="Whether `POST /api/tools/{name}/execute` runs it: the operator says so")
    metrics: ToolMetrics
    input: dict[str, Any] = Field(description="JSON Schema of what it takes; empty for one that could not be loaded")


class JobShape(Shape):
    """One run of a tool on request. `lost`: the process that ran it is gone; nobody knows how far it had come."""

    id: str
    project: str
    tool: str
    state: JobState
    requested_by: str
    arguments: dict[str, Any] = Field(description="Without secrets")
    timeout: int = Field(description="Seconds that it may take")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    is_cancelling: bool = Field(description="Its end is wished for")
    result: dict[str, Any] | None = Field(
        description="What the tool returned, without secrets; null unless it succeeded"
    )
    failure: FailureShape | None


class ProjectShape(Shape):
    """A repository that is served. `active` plans are being published or carried out; `paused_for` says why it is paused by
    itself: the repository is `gone`, `archived`, or refuses us (`refused`), or the App's installation is `suspended`."""

    id: str
    created_at: datetime
    is_paused: bool
    paused_for: str
    plans: int
    active: int


class MeShape(Shape):
    """Who asks. `grants` has a role for each project, or one for `*`, which is all there are."""

    who: str
    grants: dict[str, Role]


class EventShape(Shape):
    """One line of the audit trail; `seq` rises along it."""

    seq: int
    at: datetime
    project: str
    kind: str
    plan: str = Field(description="Empty for what is about a job")
    job: str = Field(description="The job it is about; empty for what is about a plan")
    phase: str | None = Field(description="The key of the phase it is about, if it is about one")
    by: str = Field(description="Who caused it; empty for the machine itself")
    cause: str
    facts: dict[str, Any]
