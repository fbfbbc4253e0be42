"""Intake: a parsed document becomes a plan, under the rules that the policy gives each of its phases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.coordinator.ticks import with_ticks
from services.domain.errors import PlanInvalid
from services.domain.findings import Finding, Severity
from services.domain.graph import Graph
from services.domain.phase import Phase, Rules
from services.domain.plan import Plan, plan_of
from services.planning.draft import PhaseDraft, PlanDraft
from services.planning.scope import DonePhases
from services.ports import PhaseText, PlanText

RulesFor = Callable[[PhaseDraft], Rules]
"""What the policy says of a phase; `by_hand` where there is none."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plan comes from. `source` identifies the document within the project: a path, an issue, an upload.
    `tracked`: it gets issues. `by` has handed it in; `policy` says where its rules come from, as `Plan.policy` does."""

    project: str
    source: str
    at: datetime
    tracked: bool = True
    by: str = ""
    policy: str = ""


def by_hand(_: PhaseDraft) -> Rules:
    """Without a policy every phase is a person's work."""
    return Rules()


def plan_from(
    draft: PlanDraft, rules_for: RulesFor, origin: Origin, *, id: str, done: DonePhases = DonePhases.COMPLETED
) -> tuple[Plan, PlanText]:
    """The plan and its bodies; `done` says what becomes of phases that are done already.

    Raises PlanInvalid if the draft has no phases or findings that stop it.
    """
    refuse_unusable(draft, origin.source)
    plan = Plan(
        id=id,
        project=origin.project,
        title=draft.title,
        source=origin.source,
        phases={one.key: _phase(one, place, rules_for) for place, one in enumerate(draft.phases, 1)},
        graph=Graph({one.key: tuple(need.key for need in one.depends_on) for one in draft.phases}),
        tracked=origin.tracked,
        created_at=origin.at,
        by=origin.by,
        policy=origin.policy,
    )
    ticks = {one.key: one.done for one in draft.phases}
    plan = with_ticks(plan_of(plan), ticks, origin.at, completed=() if done is DonePhases.AGAIN else ticks)
    return plan, text_of(draft)


def text_of(draft: PlanDraft) -> PlanText:
    """The bodies of a draft, kept apart from the plan."""
    return PlanText(draft.overview, {phase.key: _text(phase) for phase in draft.phases})


def refuse_unusable(draft: PlanDraft, name: str) -> None:
    """Raises PlanInvalid, naming every error, for a draft that cannot become issues."""
    errors = [one for one in draft.findings if one.severity is Severity.ERROR]
    if errors:
        raise PlanInvalid(_listed(errors), where=name, fix="Mend these and run the same command again.")
    if not draft.has_phases:
        raise PlanInvalid(
            "no phases found in this document",
            where=name,
            fix="Give it headings such as `## Phase 1: Setup`, or take the whole text as one phase with --single.",
        )


def _listed(errors: Sequence[Finding]) -> str:
    if len(errors) == 1:
        return _line(errors[0])
    return f"{len(errors)} problems\n" + "\n".join(f"  {_line(one)}" for one in errors)


def _line(finding: Finding) -> str:
    fix = f" ({finding.fix})" if finding.fix else ""
    return f"line {finding.line}: {finding.message}{fix} [{finding.code}]"


def _phase(draft: PhaseDraft, place: int, rules_for: RulesFor) -> Phase:
    rules = rules_for(draft)
    return Phase(
        key=draft.key,
        ordinal=place,
        number=draft.number,
        title=draft.title,
        rules=rules,
        priority=rules.priority,
        paths=tuple(dict.fromkeys(path for task in draft.tasks for path in task.paths)),
    )


def _text(draft: PhaseDraft) -> PhaseText:
    tasks = tuple((task.done, task.text) for task in draft.tasks)
    return PhaseText(content=draft.content, tasks=tasks, documents=draft.external_docs)
