"""The status comment: one on the parent of each plan, edited in place, that says what happens now and what holds it up."""

from __future__ import annotations

from collections.abc import Iterator

from services.domain.phase import MANUAL, Phase, QueueStatus
from services.domain.plan import Plan
from services.domain.progress import PlanStatus, only_merge_is_left, plan_status
from services.domain.pull import Pull, PullState
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.text import code, cut, inline, shortened
from services.publishing.words import HELD, STATUS, handed_in, listed, progress, short_name, with_issue

_HEADLINE: dict[PlanStatus, str] = {
    PlanStatus.PLANNED: "This plan has not been started.",
    PlanStatus.PUBLISHING: "The issues of this plan are being created.",
    PlanStatus.RUNNING: "This plan is under way.",
    PlanStatus.BLOCKED: "This plan is **blocked**: nothing can start until somebody clears the way.",
    PlanStatus.PAUSED: "This plan is **paused**: nothing new starts.",
    PlanStatus.FAILED: "This plan has **failed** and was stopped; nothing new starts.",
    PlanStatus.CANCELLED: "This plan was **cancelled**.",
    PlanStatus.COMPLETED: "This plan is **completed**.",
}
_MOST_LINES = 20
_LONGEST_MESSAGE = 200

# What people want to know first comes first
_TOLD = (
    QueueStatus.FAILED,
    QueueStatus.NEEDS_QA,
    QueueStatus.RUNNING,
    QueueStatus.READY,
    QueueStatus.BLOCKED,
    QueueStatus.CANCELLED,
)


def status_comment(plan: Plan, markers: Markers) -> str:
    return f"{cut(summary(plan))}\n\n{status_marker(plan, markers)}"


def summary(plan: Plan) -> str:
    """Says nothing that changes by itself, such as a time, so that an unchanged plan needs no edit."""
    told = [phase for status in _TOLD for phase in plan if phase.status is status]
    lines = [_line(plan, phase) for phase in told[:_MOST_LINES]]
    if len(told) > _MOST_LINES:
        lines.append(f"- … and {len(told) - _MOST_LINES} more, see the table above")
    headline = _HEADLINE[plan_status(plan)]
    if plan.pull is not None:
        lines.append(f"- {_merge(plan.pull)}")
        if plan.pull.state is PullState.OPEN and only_merge_is_left(plan):
            headline = f"All phases are decided: this plan **waits for the merge of #{plan.pull.number}**."
    headline = " ".join(part for part in (headline, handed_in(plan.by)) if part)
    return "\n\n".join(part for part in (headline, progress(plan), "\n".join(lines)) if part)


def _merge(pull: Pull) -> str:
    if pull.state is PullState.UNNEEDED:
        return f"nothing of {code(pull.branch)} is waited for to be merged"
    if pull.number:
        return f"pull request #{pull.number} for {code(pull.branch)}: {pull.state}"
    what = "could not be opened" if pull.state is PullState.CLOSED else "is being opened"
    return f"a pull request for {code(pull.branch)} {what}"


def status_marker(plan: Plan, markers: Markers) -> str:
    return markers.write(Marker(MarkerKind.STATUS, plan.id))


def _line(plan: Plan, phase: Phase) -> str:
    details = "; ".join(_details(plan, phase))
    return f"- {STATUS[phase.status]}: **{with_issue(phase)}**{f' – {details}' if details else ''}"


def _details(plan: Plan, phase: Phase) -> Iterator[str]:
    """The attempt, why it failed, what it needs, when it is tried again."""
    if phase.status is QueueStatus.BLOCKED:
        yield f"needs {listed(short_name(need) for need in plan.needs(phase) if not need.is_satisfied)}"
    if phase.status is QueueStatus.RUNNING and phase.rules.executor == MANUAL:
        yield "done by a person, who closes the issue when it is finished"
    elif phase.status is QueueStatus.RUNNING and phase.attempts > 1:
        yield f"attempt {phase.attempts}"
    if phase.status is QueueStatus.RUNNING and phase.attempt and phase.attempt.held:
        yield HELD[phase.attempt.held]
    if phase.failure is not None and phase.status in (QueueStatus.FAILED, QueueStatus.READY):
        yield inline(shortened(phase.failure.message, _LONGEST_MESSAGE))
    if phase.status is QueueStatus.READY and phase.rules.approval and not phase.approved_by:
        yield "waits for approval"
    if phase.status is QueueStatus.READY and phase.not_before is not None:
        yield f"tried again at {phase.not_before:%H:%M:%S} UTC"
