"""Messages: what the core is told. Facts in the past tense, orders in the imperative; each about one plan.

Every message has a `cause`, unique for what brought it about: the same cause arriving by another road changes nothing.
Reports of attempts are guarded by their fence as well. `by` is the login of the person, "" for the machine itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import Field, TypeAdapter

from services.domain.absence import Absence
from services.domain.attempts import Hold, Outcome, Result
from services.domain.failure import Failure
from services.domain.phase import IssueRef, Rules
from services.domain.pull import PullState
from services.domain.retraction import Left
from services.domain.rules import Budgets
from services.domain.texts import PhaseText


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where an order was given in writing, and an answer is expected: a comment (its id) on an issue (its number).

    `restore` is the comment as we last wrote it, if the order was given by ticking a box in it: it is put back.
    """

    comment: int
    issue: int
    restore: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """`expected`: the version of the plan that an order is meant for; None for any."""

    plan: str
    cause: str
    by: str = ""
    asked: Asked | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _AboutPhase(_About):
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report(_AboutPhase):
    """From an executor, about one attempt; stale unless `fence` is that of the phase's newest attempt."""

    fence: int


# ---------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptDispatched(_Report):
    """The executor has taken the attempt on: what it calls it, and where people see it."""

    ref: str
    url: str = ""
    kind: Literal["attempt_dispatched"] = "attempt_dispatched"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptHeld(_Report):
    """The executor has taken the attempt on, and it waits there: to be begun, or for whoever has to go on with it."""

    hold: Hold
    kind: Literal["attempt_held"] = "attempt_held"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptTaken(_Report):
    """A worker has found the attempt in the queue and wants to run it. The first one has it; `worker` is what it is called."""

    worker: str
    kind: Literal["attempt_taken"] = "attempt_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted(_Report):
    """The executor has begun to run the attempt."""

    kind: Literal["attempt_started"] = "attempt_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRenewed(_Report):
    """The holder is alive and still runs it: the lease is prolonged."""

    kind: Literal["attempt_renewed"] = "attempt_renewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFinished(_Report):
    """The execution has ended. Also confirms the end of one that was being stopped. `failure` is set unless it passed."""

    outcome: Outcome
    failure: Failure | None = None
    result: Result | None = None
    kind: Literal["attempt_finished"] = "attempt_finished"

    @classmethod
    def of(
        cls,
        plan: str,
        phase: str,
        fence: int,
        outcome: Outcome,
        failure: Failure | None,
        result: Result | None = None,
    ) -> AttemptFinished:
        """The one report of an attempt's end: whoever sends it, its cause is the same."""
        cause = f"{plan}/{phase}/{fence}/finished"
        return cls(plan=plan, phase=phase, fence=fence, cause=cause, outcome=outcome, failure=failure, result=result)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCreated(_About):
    """The issue of a phase exists, or the parent's where `phase` is None."""

    phase: str | None
    issue: IssueRef
    kind: Literal["issue_created"] = "issue_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class DependenciesLinked(_AboutPhase):
    """The child issue now says which issues block it."""

    kind: Literal["dependencies_linked"] = "dependencies_linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRetracted(_About):
    """What became of the plan's issues: the numbers of those that are closed now, and of those that were left, and why."""

    closed: tuple[int, ...]
    left: tuple[Left, ...]
    kind: Literal["plan_retracted"] = "plan_retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSeen(_About):
    """What a look at the pull request of a branch has shown, and since when it is so by the tracker's own clock; or `why` there
    is none, where it could not be opened (`number` 0)."""

    branch: str
    state: PullState
    number: int = 0
    url: str = ""
    at: datetime | None = None
    why: str = ""
    kind: Literal["pull_seen"] = "pull_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed(_About):
    """The moment the plan asked to be woken at has come: leases, deadlines and back-offs are looked at."""

    kind: Literal["time_passed"] = "time_passed"


# ---------------------------------------------------------------- orders


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPlan(_About):
    """Publish the plan if it is tracked, then carry it out; only `selected` phases, where given."""

    selected: frozenset[str] | None = None
    kind: Literal["start_plan"] = "start_plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class PausePlan(_About):
    """Start nothing new; what runs may finish."""

    kind: Literal["pause_plan"] = "pause_plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePlan(_About):
    """Go on after a pause, or after a cancellation."""

    kind: Literal["resume_plan"] = "resume_plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPlan(_About):
    """Give the plan up: what runs is stopped, nothing new starts."""

    kind: Literal["cancel_plan"] = "cancel_plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractPlan(_About):
    """Give the plan up for good: what the bot created for it is closed, what it changed is put back."""

    kind: Literal["retract_plan"] = "retract_plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPhase(_AboutPhase):
    """The allocator gives the phase its slot: a new attempt begins, held by `holder`."""

    holder: str = ""
    kind: Literal["claim_phase"] = "claim_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPhase(_AboutPhase):
    """Run a phase again that failed, was cancelled or skipped; its automatic retries are restored.

    `dependents`: even if it is done or runs, and with it everything that depends on it. `executor` and `model`: from now on it
    runs there, and with that model, whatever the policy said; "" for no change.
    """

    dependents: bool = False
    executor: str = ""
    model: str = ""
    kind: Literal["retry_phase"] = "retry_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judgement(_AboutPhase):
    """An order that an approver has to give where an approval or a verdict is waited for. `role` is that of `by` in the
    repository; None for the operator, whose word counts everywhere."""

    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletePhase(_Judgement):
    """A person says the phase is done."""

    kind: Literal["complete_phase"] = "complete_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipPhase(_Judgement):
    """Leave the phase out; dependents may go on."""

    kind: Literal["skip_phase"] = "skip_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPhase(_AboutPhase):
    """Give the phase up; dependents are blocked."""

    kind: Literal["cancel_phase"] = "cancel_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenPhase(_AboutPhase):
    """The phase is to be done (again)."""

    kind: Literal["reopen_phase"] = "reopen_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovePhase(_Judgement):
    """Pass the gate before the phase, or its quality check after it."""

    kind: Literal["approve_phase"] = "approve_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectPhase(_Judgement):
    """Refuse the phase at its gate or its quality check, with a reason for people to read."""

    why: str = ""
    kind: Literal["reject_phase"] = "reject_phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority(_About):
    """Change how urgent the plan is, or one phase of it. 10 urgent, 20 high, 50 normal, 70 low, 90 background."""

    priority: int
    phase: str | None = None
    kind: Literal["set_priority"] = "set_priority"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseShape:
    """A phase as a new version of the document has it. `key` is the one it has in the plan, or a new one.

    `text` is its new body, `old_text` the one that it takes the place of; both None where it is as before. `rules` None: as
    before, too; by hand if the phase is new. `ticked`: the document says that it is done. `paths` are the files that its tasks
    name; None: as before.
    """

    key: str
    title: str
    number: str | None = None
    needs: tuple[str, ...] = ()
    text: PhaseText | None = None
    old_text: PhaseText | None = None
    rules: Rules | None = None
    ticked: bool = False
    paths: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendPlan(_About):
    """The document has changed: its phases are these now, in this order. A phase that is not among them is removed.

    `old_overview` is what the overview takes the place of; None where it is as before. `completes`: phases that the document
    newly calls done are completed. `policy` is where the new rules come from; None where there are none.
    """

    title: str
    overview: str
    old_overview: str | None = None
    phases: tuple[PhaseShape, ...]
    completes: bool = False
    policy: str | None = None
    kind: Literal["amend_plan"] = "amend_plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetsChanged(_About):
    """The policy allows other budgets by now. They count at once, also for what waits because one was used up."""

    budgets: Budgets
    kind: Literal["budgets_changed"] = "budgets_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForMerge(_About):
    """The pull request was closed: `reopen` it, or open another one."""

    reopen: bool = False
    kind: Literal["ask_for_merge"] = "ask_for_merge"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletePlan(_About):
    """A person says that the plan is done without the merge that it waits for."""

    kind: Literal["complete_plan"] = "complete_plan"


# ---------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(_About):
    """An answer is to be given on an issue (its number) of the project, or on a commit where there is no issue to give it on.
    `plan` is "" where it belongs to none.

    `sticky`: the one comment of this name on the issue, edited in place.
    """

    project: str
    body: str
    issue: int = 0
    commit: str = ""
    sticky: str = ""
    kind: Literal["say"] = "say"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack(_About):
    """Somebody has opened or closed an issue (of a phase, or the parent's) who may not decide about it: it is to be again as
    the plan has it, and `body` says why, on the issue of that number."""

    phase: str | None
    issue: int
    body: str
    kind: Literal["put_back"] = "put_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDeed(_About):
    """We have opened or closed an issue ourselves. Its cause is the one that the event will have by which the tracker tells of
    it, so that this is no news, even where the account is one that a person uses as well."""

    kind: Literal["own_deed"] = "own_deed"


# ---------------------------------------------------------------- projects


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSeen(_About):
    """The repository of a project was looked at: its name by now, and why nothing can be done in it, if so (see `Absence`).
    `repository` is its number, which it keeps whatever it is called; None where that could not be seen. `plan` is "": it is
    about none alone."""

    project: str
    name: str
    paused_for: Absence | None = None
    repository: int | None = None
    kind: Literal["project_seen"] = "project_seen"


Report = AttemptDispatched | AttemptHeld | AttemptTaken | AttemptStarted | AttemptRenewed | AttemptFinished
Fact = Report | IssueCreated | DependenciesLinked | PlanRetracted | PullSeen | BudgetsChanged | TimePassed
Judgement = CompletePhase | SkipPhase | ApprovePhase | RejectPhase
PhaseOrder = RetryPhase | CompletePhase | SkipPhase | CancelPhase | ReopenPhase | ApprovePhase | RejectPhase
PlanOrder = StartPlan | AmendPlan | PausePlan | ResumePlan | CancelPlan | RetractPlan | AskForMerge | CompletePlan
Order = PlanOrder | ClaimPhase | PhaseOrder | SetPriority
Message = Fact | Order | Say | PutBack | OwnDeed | ProjectSeen

_ORDERS = frozenset(get_args(Order))


def is_order(message: Message) -> bool:
    """Whether somebody asks for something, which may be refused: a fact never is."""
    return type(message) in _ORDERS


def is_guarded(message: Message) -> bool:
    """Whether it counts once for its cause: facts and reports are idempotent by what they say, orders are not, and a deed of
    our own spends the cause of the event that tells of it."""
    return is_order(message) or isinstance(message, OwnDeed)


_codec: TypeAdapter[list[Message]] = TypeAdapter(list[Annotated[Message, Field(discriminator="kind")]])


def encode(messages: list[Message]) -> bytes:
    """As JSON, for the inbox."""
    return _codec.dump_json(messages, exclude_defaults=False)


def decode(text: bytes | str) -> list[Message]:
    """What `encode` wrote. Raises pydantic.ValidationError for anything else."""
    return _codec.validate_json(text)
