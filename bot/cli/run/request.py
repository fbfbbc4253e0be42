"""What `phasebot run` was asked for, and what follows from it before anything is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from bot.cli.plan_file import PlanFile, read_plan
from bot.cli.policy_file import read_policy_file
from bot.cli.selection import selected
from bot.cli.workers import workers_for
from bot.executors.matching import Crew
from bot.intake import Submission
from bot.tracker import person
from bot.workspaces.choosing import uncommitted_in
from services.coordinator.intake import RulesFor, by_hand, refuse_unusable
from services.domain.errors import UserError
from services.domain.findings import Finding, Severity
from services.domain.plan import HANDED_IN
from services.domain.rules import LOCAL, Isolation
from services.execution.workers import DEFAULT_WORKERS
from services.planning.policy import Policy
from services.planning.scope import DonePhases, Scope
from services.publishing.labels import LabelNames


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of the command, as they were given."""

    plan: str
    policy: str | None
    repo: str | None
    phases: tuple[str, ...]
    ignore_dependencies: bool
    workers: int | None
    workspace: Path
    dry_run: bool
    as_json: bool
    wait: bool
    again: bool
    single: bool
    max_phases: int
    issues: bool
    title: str | None
    verbose: bool
    database: str | None
    max_duration: timedelta | None = None


class Prepared:
    """A request that has been found usable. Building one reads the plan and the policy, and writes nothing.

    Raises PlanUnreadable, PlanInvalid, PolicyInvalid or UnknownPhase.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.file: PlanFile = read_plan(
            request.plan, max_phases=request.max_phases, single=request.single, title=request.title
        )
        refuse_unusable(self.file.draft, self.file.name)
        self.policy: Policy | None = read_policy_file(request.policy) if request.policy else None
        self.selected = selected(self.file.draft, request.phases)
        if request.policy and not request.workspace.is_dir():
            raise UserError(
                f"there is no folder {request.workspace}", where="--workspace", fix="Make it, or name another."
            )

    @cached_property
    def workers(self) -> int:
        """Says so on stderr, once, if they are fewer than was asked for."""
        asked, policy = self.request.workers, self.policy
        if policy is None:
            return workers_for(asked)
        return workers_for(asked, policy=policy.workers, cap=policy.worker_cap)

    @property
    def crew(self) -> Crew:
        """How many files of a batch are worked on at once."""
        policy, cores = self.policy, os.cpu_count() or 1
        usual = policy.workers if policy and policy.workers else DEFAULT_WORKERS
        return Crew(asked=self.request.workers, usual=usual, cap=policy.worker_cap if policy else None, cores=cores)

    @property
    def rules_for(self) -> RulesFor:
        return self.policy.rules_for if self.policy else by_hand

    def warnings(self) -> Iterator[str]:
        """What is odd about the plan and the policy, without keeping them from being used."""
        about: list[tuple[str | None, Finding]] = [(self.file.name, one) for one in self.file.draft.findings]
        if self.policy is not None:
            found = (*self.policy.findings, *self.policy.unmatched(self.file.draft.phases))
            about += [(self.request.policy, one) for one in found]
        for name, one in about:
            if one.severity is Severity.WARNING:
                yield f"warning: {name}:{one.line}: {one.message}{f'. {one.fix}' if one.fix else ''}"

    def left_out(self) -> str:
        """A warning, where phases work on the last commit, and the folder holds more than that."""
        rules = [self.rules_for(phase) for phase in self.file.draft.phases]
        if not any(one.executor == LOCAL and one.isolation in (Isolation.AUTO, Isolation.WORKTREE) for one in rules):
            return ""
        files = uncommitted_in(self.request.workspace.resolve())
        if not files:
            return ""
        shown = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        return (
            f"warning: phases begin with the last commit, without what is not committed: {shown}. "
            "Commit it first, or say `workspace: in_place` in the policy"
        )

    @property
    def labels(self) -> LabelNames:
        """What the labels of the issues are called."""
        return LabelNames(self.policy.labels.parent, self.policy.labels.child) if self.policy else LabelNames()

    @property
    def scope(self) -> Scope:
        """How much of the document is taken on."""
        done = self.policy.done if self.policy else DonePhases.COMPLETED
        return Scope(self.selected, ignores_dependencies=self.request.ignore_dependencies, done=done)

    @property
    def submission(self) -> Submission:
        """What is handed in to be carried out."""
        return Submission(
            draft=self.file.draft,
            source=self.file.source,
            rules_for=self.rules_for,
            again=self.request.again,
            scope=self.scope,
            by=f"cli:{person()}",
            policy=HANDED_IN if self.policy else "",
        )
