"""The rules of phases as a policy writes them: operations, gates, verdicts, conditions, retries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.domain.conditions import BadCondition, condition
from services.domain.rules import MANUAL, Approvers, Budget
from services.execution.redaction import Redactor
from services.planning.policy.durations import Duration
from services.planning.policy.match import Matcher
from services.planning.policy.people import PEOPLE_SCHEMA, People
from services.planning.policy.windows import Windows

Count = Annotated[int, Field(ge=1, le=1000)]
Text = Annotated[str, Field(min_length=1)]
Number = Annotated[int | float, Field(ge=0)]


class Strict(BaseModel):
    """Knows its keys, and takes nothing for anything else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _condition(text: str) -> str:
    try:
        condition(text)
    except BadCondition as error:
        raise PydanticCustomError("bad_condition", "{why}", {"why": str(error)}) from None
    return text


When = Annotated[str, Field(min_length=1), AfterValidator(_condition)]

# ---------------------------------------------------------------- operations

OWN_KEYS = ("tool", "on_error", "retries", "timeout", "foreach", "workers", "rollback")
"""What an operation says besides the arguments of its tool."""


class OperationText(BaseModel):
    """One step: a tool, and beside it the tool's own arguments."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    tool: Text
    on_error: Literal["fail", "skip"] = Field(
        "fail", description="`skip`: the phase goes on without this step, or file."
    )
    retries: int = Field(0, ge=0, le=100, description="Tries after the first, at once.")
    timeout: Duration | None = Field(None, description="The longest each try may take.")
    foreach: Text | None = Field(None, description="A glob; the step is run for every file, as `{file}`.")
    workers: Count | None = Field(None, description="Files at once; those of the run without it.")
    rollback: list[OperationText] = Field(
        [], description="Undo the step once it is done, if the phase fails later on; run in this order."
    )


# ---------------------------------------------------------------- gates, verdicts, retries


def _approval(written: object) -> object:
    """`true`, people, or a mapping; as a mapping."""
    match written:
        case bool():
            return {"required": written}
        case "yes" | "no" | "on" | "off":
            raise PydanticCustomError("bad_approver", "has to be true or false")
        case str() | list():
            return {"by": written}
    return written


class ApprovalText(Strict):
    """A gate before the start."""

    required: bool = True
    by: People = Field(Approvers(), description="Who may pass it; whoever may steer the plan without it.")
    expires: Duration | None = Field(None, description="How long an approval counts for a phase that has not started.")


_approval_schema = {"anyOf": [{"type": "boolean"}, *PEOPLE_SCHEMA["anyOf"], ApprovalText.model_json_schema()]}
Approval = Annotated[ApprovalText, BeforeValidator(_approval), WithJsonSchema(_approval_schema)]


def _wait(written: object) -> object:
    return written if isinstance(written, Mapping) else {"after": written}


class EscalateText(Strict):
    """When a wait for a person has lasted too long."""

    after: Duration
    to: People = Approvers(roles=("maintain",))


_escalate_schema = {"anyOf": [{"type": ["string", "number"]}, EscalateText.model_json_schema()]}
Escalate = Annotated[EscalateText, BeforeValidator(_wait), WithJsonSchema(_escalate_schema)]


def _retries(written: object) -> object:
    return written if isinstance(written, Mapping) else {"count": written}


class RetriesText(Strict):
    """Automatic retries of what may pass by itself."""

    count: int = Field(0, ge=0, le=100)
    delay: Duration = Field(timedelta(seconds=5), description="Before the first retry.")
    factor: float = Field(
        2.0, ge=1, le=10, description="How much longer each wait is than the one before.", strict=False
    )
    cap: Duration | None = Field(None, description="The longest wait.")
    jitter: float = Field(0.2, ge=0, le=1, description="How far a wait may be off, as a share.", strict=False)


_retries_schema = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, RetriesText.model_json_schema()]}
Retries = Annotated[RetriesText, BeforeValidator(_retries), WithJsonSchema(_retries_schema)]

Qa = Annotated[
    Annotated[Literal["none", "manual", "ci"], Tag("word")] | Annotated[OperationText, Tag("operation")],
    Discriminator(lambda given: "operation" if isinstance(given, dict | OperationText) else "word"),
]


def _modified(written: object) -> object:
    """`phase_modified`, or a mapping that says of which phase, as a condition."""
    match written:
        case "phase_modified":
            return written
        case {"phase_modified": str() as phase, **rest} if not rest and '"' not in phase:
            return f'phase_modified("{phase}")'
    raise PydanticCustomError("bad_condition", "{why}", {"why": _ONLY_IF})


_ONLY_IF = "has to be phase_modified, or {phase_modified: name of a phase}"
_modified_schema = {
    "anyOf": [
        {"const": "phase_modified"},
        {
            "type": "object",
            "properties": {"phase_modified": {"type": "string"}},
            "required": ["phase_modified"],
            "additionalProperties": False,
        },
    ]
}
OnlyIf = Annotated[str, BeforeValidator(_modified), WithJsonSchema(_modified_schema)]

# ---------------------------------------------------------------- budgets, environment


class BudgetText(Strict):
    """The most that may be used."""

    tokens: int | None = Field(None, ge=0)
    cost: float | None = Field(None, ge=0, strict=False)
    time: Duration | None = None

    def value(self) -> Budget:
        return Budget(self.tokens, self.cost, self.time)


def _no_secret(value: str) -> str:
    if _REDACTOR.text(value) != value:
        raise PydanticCustomError("secret_in_text", "holds a secret. Name it under `secrets` instead")
    return value


_REDACTOR = Redactor()
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Environment = dict[Name, Annotated[str, AfterValidator(_no_secret)]]


class RulesText(Strict):
    """How phases are carried out. What is not said is taken from `defaults`."""

    executor: Text = Field(MANUAL, description="Where it runs; `local` where there are operations, else `manual`.")
    operations: list[OperationText] = Field([], description="The steps, run in this order.")
    on_error: Literal["fail", "skip", "continue"] = Field("skip", description="What a failure means for the rest.")
    retries: Retries = Field(RetriesText(), description="Automatic retries.")
    retry_delay: Duration = Field(timedelta(seconds=5), description="Before the first retry; short for retries.delay.")
    timeout: Duration | None = Field(None, description="The longest an attempt may take.")
    stalled_after: Duration | None = Field(
        None, description="The longest an attempt on our machines may print nothing; then it is stopped, and retried."
    )
    approval: Approval = Field(ApprovalText(required=False), description="Wait for a person before the start.")
    qa: Qa = Field("none", description="Who gives the verdict afterwards: none, manual, ci, or an operation.")
    priority: Literal["urgent", "high", "normal", "low", "background"] | Annotated[int, Field(ge=0, le=100)] = Field(
        50, description="Lower goes first."
    )
    when: When | None = Field(None, description="A condition; if it does not hold, the phase is skipped.")
    skip_when: When | None = Field(None, description="A condition; if it holds, the phase is skipped.")
    only_if: OnlyIf | None = Field(
        None, description="Skip it unless what it needs, or the phase named, changed anything."
    )
    windows: Windows = Field((), description="When it may start.")
    escalate: Escalate | None = Field(None, description="Tell somebody when a wait for a person lasts longer.")
    budget: BudgetText = Field(BudgetText(), description="The most an attempt may use.")
    env: Environment = Field({}, description="Variables for its commands; no secrets.")
    secrets: list[Name] = Field([], description="Names of secrets that its commands get as variables.")
    workflow: Text | None = Field(None, description="The workflow file that the executor `actions` starts.")
    ref: Text | None = Field(None, description="The branch or tag it is started on; the default branch without it.")
    inputs: dict[Text, str] = Field({}, description="Inputs of the workflow; {ticket} is a ticket for its report.")
    rerun_failed: bool = Field(False, description="After a failed run, run again only its failed jobs.")
    qa_workflow: Text | None = Field(None, description="The workflow that gives the verdict of `qa: ci`.")
    qa_timeout: Duration | None = Field(None, description="The longest a check may take.")
    workspace: Literal["auto", "worktree", "checkpoint", "in_place"] = Field(
        "auto",
        description="Where it works: a git worktree of its own where there is a repository, a copy of the folder, or that.",
    )
    deliver: Literal["none", "branch", "pull_request"] | None = Field(
        None,
        description="Its result as a ref alone, or on the plan's branch, pushed, or as a pull request as well, whose merge "
        "completes the plan. Not said: a branch, not pushed.",
    )
    base: Text | None = Field(
        None, description="The branch that the pull request is merged into; the default branch without it."
    )
    agent: Text | None = Field(
        None, description="The login of the hosted coding agent that the executor `agent` assigns the issue to."
    )
    model: Text | None = Field(None, description="The model that the agent uses.")


class EntryText(RulesText):
    """The rules of the phases that match. The first entry that matches a phase is the one that counts."""

    match: Matcher
