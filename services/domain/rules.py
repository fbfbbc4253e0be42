"""Rules: what the policy says of one phase, resolved when the plan was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from services.domain.windows import Window


class OnError(StrEnum):
    """What a failed phase means: `fail` stops the plan, `skip` gives up its branch, `continue` lets dependents go on.

    Of an operation: `fail` ends the phase, `skip` (and `continue`) goes on with the next.
    """

    FAIL = "fail"
    SKIP = "skip"
    CONTINUE = "continue"


class Qa(StrEnum):
    """Who gives the verdict after a phase has run: nobody, a person, the checks of the commit, or an operation."""

    NONE = "none"
    MANUAL = "manual"
    CI = "ci"
    TOOL = "tool"

    @property
    def is_by_machine(self) -> bool:
        """The verdict comes from an attempt of its own; a person may still give it first."""
        return self in (Qa.CI, Qa.TOOL)


MANUAL = "manual"
"""The executor that waits for a person."""
LOCAL = "local"
"""The executor that runs operations in our own processes."""
ACTIONS = "actions"
"""The executor that dispatches workflows of GitHub Actions."""
AGENT = "agent"
"""The executor that assigns the phase's issue to a hosted coding agent."""
CI = "ci"
"""The executor of verdicts that dispatches nothing: it waits for what CI says by itself."""


@dataclass(frozen=True, slots=True)
class Foreach:
    """The files that an operation is repeated for. `workers` None: as many as the run has."""

    glob: str
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a phase: which tool, and its input as the policy gives it (JSON values).

    `retries` are tried at once, before the step has failed. `rollback` undoes the step, once it is done, if the phase fails
    later on.
    """

    tool: str
    arguments: Mapping[str, Any]
    on_error: OnError = OnError.FAIL
    retries: int = 0
    timeout: timedelta | None = None
    foreach: Foreach | None = None
    rollback: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may pass a gate: collaborators with at least one of these `roles` (GitHub's words: triage, write, maintain, admin),
    and these `people` (logins). Nobody named: whoever may steer the plan."""

    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalation:
    """When a wait for a person has lasted too long, and who is told then. `after` None: never."""

    after: timedelta | None = None
    to: Approvers = Approvers()


class Deliver(StrEnum):
    """What becomes of a phase's result in git: its own ref alone; or a branch of the plan as well, pushed where it can be; and
    a pull request for that branch, once all phases are decided."""

    NONE = "none"
    BRANCH = "branch"
    PULL_REQUEST = "pull_request"


class Isolation(StrEnum):
    """Where local attempts work: in a git worktree each, where the folder is in a repository (`auto`; else in a copy), or must
    be (`worktree`); or in the folder itself, which is put back as it was after a failure (`checkpoint`) or not (`in_place`)."""

    AUTO = "auto"
    WORKTREE = "worktree"
    CHECKPOINT = "checkpoint"
    IN_PLACE = "in_place"


class BudgetMode(StrEnum):
    """What happens past a budget: `strict` starts nothing more, `warn` says so, `off` only counts."""

    STRICT = "strict"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be used. `cost` in the currency of the bills. None: no limit."""

    tokens: int | None = None
    cost: float | None = None
    time: timedelta | None = None

    def over(self, other: Budget) -> Budget:
        """This one, with what it does not say taken from the other."""
        return Budget(
            other.tokens if self.tokens is None else self.tokens,
            other.cost if self.cost is None else self.cost,
            other.time if self.time is None else self.time,
        )


@dataclass(frozen=True, slots=True)
class Budgets:
    """Budgets of each attempt, each plan, the project, and the project on one day."""

    mode: BudgetMode = BudgetMode.WARN
    attempt: Budget = Budget()
    plan: Budget = Budget()
    project: Budget = Budget()
    day: Budget = Budget()


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts for one phase. Durations are exact; `timeout` None: no limit. `stalled_after`: how long an attempt
    may be silent.

    `priority` None: that of the plan. It is where a phase begins; an order may give it another. `when`, `skip_when` and
    `only_if` are conditions (see `conditions`), empty where there is none. `environment` holds plain values, `secrets` only
    the names of secrets. `budget` is what an attempt may use, `budgets` has the mode, and what counts for plan and project.
    `workflow`, `ref`, `inputs`, `agent` and `model` are for the executors that know them.
    `rerun_failed`: after a failed run only its failed jobs are run again. A verdict of CI is that of the `qa_workflow`, or,
    without one, what CI says by itself; `qa_timeout` is how long it may take. `deliver` None: a branch that is not pushed.
    `base` is what a pull request is to be merged into; "" for the default branch.
    """

    executor: str = MANUAL
    on_error: OnError = OnError.SKIP
    retries: int = 0
    retry_delay: timedelta = timedelta(seconds=5)
    timeout: timedelta | None = None
    stalled_after: timedelta | None = None
    approval: bool = False
    qa: Qa = Qa.NONE
    priority: int | None = None
    operations: tuple[Operation, ...] = ()
    retry_factor: float = 2.0
    retry_cap: timedelta | None = None
    retry_jitter: float = 0.2
    approvers: Approvers = Approvers()
    approval_expires: timedelta | None = None
    qa_operation: Operation | None = None
    escalation: Escalation = Escalation()
    when: str = ""
    skip_when: str = ""
    only_if: str = ""
    windows: tuple[Window, ...] = ()
    budget: Budget = Budget()
    budgets: Budgets = Budgets()
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    workflow: str = ""
    ref: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    agent: str = ""
    model: str = ""
    rerun_failed: bool = False
    qa_workflow: str = ""
    qa_timeout: timedelta | None = None
    deliver: Deliver | None = None
    base: str = ""
    isolation: Isolation = Isolation.AUTO

    @property
    def ceiling(self) -> Budget:
        """What stops a single attempt."""
        return self.budget if self.budgets.mode is BudgetMode.STRICT else Budget()

    @property
    def work_timeout(self) -> timedelta | None:
        """How long the work may take: by its timeout, and by its budget."""
        return min((one for one in (self.timeout, self.ceiling.time) if one is not None), default=None)

    @property
    def check_timeout(self) -> timedelta | None:
        """How long a check may take."""
        return self.qa_timeout or self.timeout

    @property
    def checker(self) -> str:
        """The executor that gives the verdict of a machine."""
        if self.qa is Qa.TOOL:
            return LOCAL
        return ACTIONS if self.qa_workflow else CI
