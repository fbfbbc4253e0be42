"""Previews: what the bot says of a plan that is handed in by an issue, before and after it is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.coordinator.notices import spoken
from services.domain.errors import PolicyInvalid, UserError
from services.domain.findings import Finding, Severity
from services.domain.plan import Plan
from services.planning.diff import Change, Diff, PhaseDiff
from services.planning.draft import PhaseDraft, PlanDraft
from services.publishing.forecast import forecast
from services.publishing.graph_picture import picture
from services.publishing.pace import Pace
from services.publishing.text import cell, code, fenced, inline, shortened
from services.publishing.words import phases

_MOST_FINDINGS = 40
_MOST_ROWS = 100
_LONGEST = 90
_SIGN = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a preview is about. `single`: the text has no phases and is taken as one. `commit` names the policy's version."""

    draft: PlanDraft
    plan: Plan
    pace: Pace
    single: bool = False
    commit: str = ""
    is_published: bool = False
    remarks: Sequence[str] = field(default=())


def preview(shown: Shown) -> str:
    """Outline, graph, findings, forecast, and how to go on."""
    draft = shown.draft
    how = (
        f"{_SINGLE_HOW}\n- or divide it with headings such as `## Phase 1: Setup`; a new preview follows"
        if shown.single
        else f"{_HOW}\n- edit the issue to change the plan; a new preview takes the place of this one"
    )
    return _paragraphs(
        _opening(shown),
        "\n".join(_table(draft)),
        "" if shown.single else picture(shown.plan),
        _findings(draft.findings),
        *shown.remarks,
        "" if shown.is_published else _forecast(shown),
        "" if shown.is_published else f"What you can do, with write access:\n{how}",
    )


def _opening(shown: Shown) -> str:
    count = phases(len(shown.draft.phases))
    if shown.is_published:
        return f"**This is a plan of {count}**, published as it was previewed here."
    if shown.single:
        return "**This text has no phases.** It can be carried out as a single one, as it stands."
    return f"**This is a plan of {count}**, as phasebot reads it. Nothing has been created yet."


def unusable(draft: PlanDraft) -> str:
    """The text cannot be published as it stands."""
    return _paragraphs(
        "**This plan cannot be published as it stands.** Nothing has been created.",
        _findings(draft.findings),
        "Edit the issue, and phasebot looks at it again.",
    )


def refused(problem: UserError) -> str:
    """The text is right, and still nothing can be made of it."""
    return _paragraphs(
        "**This plan cannot be published as it stands.** Nothing has been created.",
        fenced(problem.message),
        inline(problem.fix),
    )


def unreadable(problem: UserError) -> str:
    """The text is a link, and what it leads to cannot be read."""
    return _paragraphs(
        f"**The plan that this issue links cannot be read**: {inline(problem.message)}.",
        inline(problem.fix),
        "Edit the issue, and phasebot looks at it again.",
    )


def empty() -> str:
    return (
        "**There is no plan in this issue yet.** Write it into the text of the issue, with a heading such as "
        "`## Phase 1: Setup` for each phase, and phasebot looks at it again."
    )


def changed(diff: Diff) -> str:
    """The text of an issue whose plan has been published was edited."""
    more = [f"- … and {len(diff.phases) - _MOST_ROWS} more"] if len(diff.phases) > _MOST_ROWS else []
    return _paragraphs(
        "**The text of this plan has changed.** The plan goes on as it was published. What is different now:",
        "\n".join([*map(_change, diff.phases[:_MOST_ROWS]), *more]) or "- its title, or its overview",
        "`/phase publish` takes this over; what is done stays done. To leave it, edit the text back.",
    )


def moved_on() -> str:
    """`/phase publish` on a text that nobody has seen a preview of."""
    return (
        "Nothing was published: the text has changed since the preview. The new preview shows it as it is now; "
        "say `/phase publish` again if it is right."
    )


def published_already() -> str:
    return "There is nothing to publish: the plan is published as the text of this issue has it."


def not_in_an_issue() -> str:
    return "The text of this plan is not in this issue, so there is nothing to preview or publish here."


def policy_remark(problem: PolicyInvalid, *, has_older: bool) -> str:
    """The repository's policy cannot be used."""
    instead = "The last one that was right still counts." if has_older else "Until it is mended, people do all work."
    lines = [_line(finding) for finding in problem.findings[:_MOST_FINDINGS]]
    return _paragraphs(f"⚠️ **`.github/phasebot.yml` has problems.** {instead}", "\n".join(lines))


def policy_broken(problem: PolicyInvalid, commit: str, *, has_older: bool) -> str:
    """On the parent of a plan, when somebody has pushed a policy that cannot be used."""
    return f"{policy_remark(problem, has_older=has_older)}\n\nSeen at {code(commit[:12])}."


def file_unusable(path: str, commit: str, problem: UserError) -> str:
    """When somebody has pushed a file that the policy calls a plan, and that cannot be one."""
    return _paragraphs(
        f"⚠️ **{code(path)} cannot be used as a plan.** Nothing of what it made before is changed.",
        fenced(problem.message),
        f"Seen at {code(commit[:12])}. Mend the file and push it again.",
    )


def local_remark() -> str:
    return (
        "⚠️ The policy runs commands on phasebot's own machine. Its operator has not allowed that for this repository "
        "(`PHASEBOT_LOCAL_REPOSITORIES`), so people do this work."
    )


# ---------------------------------------------------------------- parts

_HOW = "- `/phase publish` creates the issues and begins"
_SINGLE_HOW = "- `/phase publish` makes it one phase and begins"


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _table(draft: PlanDraft) -> Iterator[str]:
    called = {phase.key: phase for phase in draft.phases}
    yield "| Line | Phase | Tasks | Needs |"
    yield "| --- | --- | --- | --- |"
    for phase in draft.phases[:_MOST_ROWS]:
        needs = ", ".join(_short(called[need.key]) for need in phase.depends_on) or "–"
        yield f"| {phase.line} | {cell(shortened(_name(phase), _LONGEST))} | {len(phase.tasks) or '–'} | {needs} |"
    if len(draft.phases) > _MOST_ROWS:
        yield f"| | … and {phases(len(draft.phases) - _MOST_ROWS)} more | | |"


def _name(phase: PhaseDraft) -> str:
    return f"{phase.number}: {phase.title}" if phase.number else phase.title


def _short(phase: PhaseDraft) -> str:
    return cell(shortened(phase.number or phase.title, 40))


def _findings(findings: Sequence[Finding]) -> str:
    told = [one for one in findings if one.severity in _SIGN]
    if not told:
        return ""
    more = [f"- … and {len(told) - _MOST_FINDINGS} more"] if len(told) > _MOST_FINDINGS else []
    return "\n".join(["What phasebot noticed:", "", *map(_line, told[:_MOST_FINDINGS]), *more])


def _line(finding: Finding) -> str:
    fix = f" {inline(finding.fix)}" if finding.fix else ""
    return (
        f"- {_SIGN.get(finding.severity, '')} line {finding.line}: {inline(finding.message)}.{fix} (`{finding.code}`)"
    )


def _forecast(shown: Shown) -> str:
    cost = forecast(shown.plan)
    time = cost.duration(shown.pace)
    policy = f" Policy: `.github/phasebot.yml` at {code(shown.commit[:12])}." if shown.commit else ""
    return f"Publishing takes {cost.requests} requests to GitHub, about {spoken(time)}.{policy}"


def _change(one: PhaseDiff) -> str:
    """`**2: Pages**: renamed, other text`."""
    changes = ", ".join(_CHANGED.get(change, change.value) for change in one.changes)
    return f"- **{inline(shortened(one.section.name, _LONGEST))}**: {changes}"


_CHANGED = {
    Change.CONTENT: "other text",
    Change.TASKS: "other tasks",
    Change.DOCUMENTS: "other documents",
    Change.DEPENDENCIES: "other dependencies",
}
