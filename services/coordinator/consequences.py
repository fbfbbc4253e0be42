"""What follows from a change, whatever brought it about: audit events, issues opened and closed, notices, the table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Literal
from zlib import crc32

from services.coordinator import merging, notices
from services.coordinator.alike import alike, thread_of
from services.coordinator.decision import Decision
from services.coordinator.waits import awaits_person, has_expired
from services.domain.attempts import Hold
from services.domain.effects import (
    ArrangeChildren,
    Effect,
    LabelParent,
    PostComment,
    RefreshParent,
    RetractIssues,
    SayOnIssue,
    SetIssueState,
)
from services.domain.events import Event
from services.domain.messages import IssueCreated, Message, PutBack
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.progress import is_completed
from services.domain.transitions import PhaseState
from services.publishing.publish import is_published, next_steps

Change = tuple[Phase, Phase]
"""A phase before and after."""

_CLOSED_AS: dict[PhaseState, Literal["completed", "not_planned"]] = {
    PhaseState.COMPLETED: "completed",
    PhaseState.SKIPPED: "not_planned",
    PhaseState.CANCELLED: "not_planned",
}


def consequences(before: Plan, decision: Decision, message: Message) -> Decision:
    """The decision with everything that follows from how the plan changed."""
    if decision.plan is before:
        return decision
    if decision.plan == before:  # the very same plan, so that nothing is saved
        return replace(decision, plan=before)
    after = decision.plan
    changes = list(_changes(before, after))
    decision = replace(decision, events=(*decision.events, *_events(before, after, changes, message)))
    if not after.tracked:
        return decision
    if after.retracted_at is not None:
        return decision.doing(*_retraction(before, message))
    publishing = tuple(_publishing(before, after))  # first: what is refreshed may point to what is to be created
    decision = replace(decision, effects=(*publishing, *decision.effects))
    return decision.doing(*_issue_effects(before, after, changes, message.cause))


def put_back(plan: Plan, message: PutBack) -> tuple[Effect, ...]:
    """The issue as the plan has it, whatever a hand has made of it, and why."""
    reason = _parent_closed_as(plan) if message.phase is None else _closed_as(plan.ever(message.phase))
    key = f"put_back:{message.cause}"
    words = SayOnIssue(plan=plan.id, key=f"say:{message.cause}", issue=message.issue, body=message.body)
    if reason:
        return SetIssueState(plan=plan.id, key=key, phase=message.phase, state="closed", reason=reason), words
    return SetIssueState(plan=plan.id, key=key, phase=message.phase, state="open", reason="reopened"), words


def _retraction(before: Plan, message: Message) -> Iterator[Effect]:
    """Nothing is said or shown any more; an issue that turns up late is closed, too."""
    if before.retracted_at is None or isinstance(message, IssueCreated):
        yield RetractIssues(plan=before.id, key=f"retract:{message.cause}")


def _changes(before: Plan, after: Plan) -> Iterator[Change]:
    """Phases that were there before and are not as they were; those removed last."""
    for key, phase in after.phases.items():
        old = before.phases.get(key)
        if old is not None and old is not phase:
            yield old, phase
    if after.removed is not before.removed:
        for key, phase in after.removed.items():
            old = before.phases.get(key) or before.removed[key]
            if old is not phase:
                yield old, phase


def published(plan: Plan) -> Plan:
    """Publishing ends when every issue and every link is there."""
    if plan.state is PlanState.PUBLISHING and is_published(plan):
        return replace(plan, state=PlanState.ACTIVE)
    return plan


def _publishing(before: Plan, after: Plan) -> Iterator[Effect]:
    """The steps that this change made possible."""
    if after.state is PlanState.PUBLISHING:
        if before.state is PlanState.PLANNED and after.issue is not None:
            yield LabelParent(plan=after.id, key=f"label:{after.id}")
        wished = {step.key for step in next_steps(before)} if before.state is PlanState.PUBLISHING else set()
        yield from (step for step in next_steps(after) if step.key not in wished)


def _events(before: Plan, after: Plan, changes: Sequence[Change], message: Message) -> Iterator[Event]:
    for old, new in changes:
        if old.state is not new.state:
            facts: dict[str, object] = {"from": old.state.value}
            if new.attempt is not None:
                facts["attempt"] = new.attempt.number
            if new.failure is not None:
                facts["error"] = new.failure.message
            yield Event(f"phase_{new.state}", after.id, message.cause, new.key, message.by, facts)
        yield from _particulars(old, new, after.id, new.key, message)
        if has_expired(before, old, after, new):
            yield Event("wait_expired", after.id, message.cause, new.key)
        if new.removed_at is not None and old.removed_at is None:
            yield Event("phase_removed", after.id, message.cause, new.key, message.by)
    added = after.phases.keys() - before.phases.keys()
    for key in added:
        yield Event("phase_added", after.id, message.cause, key, message.by)
    yield from done_already(after, added, message.cause)
    yield from _particulars(before, after, after.id, None, message)
    if before.policy != after.policy:
        facts = {"from": before.policy, "to": after.policy}
        yield Event("policy_changed", after.id, message.cause, by=message.by, facts=facts)
    yield from merging.events(before, after, message)
    if before.state is not after.state:
        facts = {"from": before.state.value}
        yield Event(f"plan_{after.state}", after.id, message.cause, by=message.by, facts=facts)


def _particulars(old: Phase | Plan, new: Phase | Plan, plan: str, key: str | None, message: Message) -> Iterator[Event]:
    """What people see of a phase, or of a plan, besides how it stands."""
    if new.issue is not None and old.issue is None:
        yield Event("issue_created", plan, message.cause, key, message.by, {"issue": new.issue.number})
    if new.priority != old.priority:
        yield Event("priority_set", plan, message.cause, key, message.by, {"from": old.priority, "to": new.priority})


def made(plan: Plan) -> Iterator[Event]:
    """A new plan: who has handed it in, from where, and under which policy."""
    cause = f"plan/{plan.id}"
    yield Event("plan_made", plan.id, cause, by=plan.by, facts={"source": plan.source, "policy": plan.policy})
    yield from done_already(plan, plan.phases, cause)


def done_already(plan: Plan, keys: Collection[str], cause: str) -> Iterator[Event]:
    """Of the phases that are new in a plan, those which its document calls done."""
    for key in keys:
        if plan.phase(key).state is PhaseState.COMPLETED:
            facts = {"from": PhaseState.WAITING.value, "in_document": True}
            yield Event("phase_completed", plan.id, cause, key, facts=facts)


def _issue_effects(before: Plan, after: Plan, changes: Sequence[Change], cause: str) -> Iterator[Effect]:
    for old, new in changes:
        yield from _child_state(after, old, new, cause)
    for comment in _comments(before, after, changes, cause):
        if comment.phase is None or after.ever(comment.phase).issue is not None:
            yield comment
    if _is_rearranged(before, after):
        yield ArrangeChildren(plan=after.id, key=f"arrange:{after.id}:{after.revision}")
    yield from merging.effects(before, after, cause)
    yield from _parent_state(before, after, cause)
    if _shows(before, after, changes):
        yield RefreshParent(plan=after.id, key=f"refresh:{cause}")


def _child_state(plan: Plan, old: Phase, new: Phase, cause: str) -> Iterator[Effect]:
    """The child follows its phase: closed when it is decided, open again when it is to be done."""
    if new.issue is None:
        return
    was, now = _closed_as(old) if old.issue else None, _closed_as(new)
    if now and now != was:
        key = f"close:{cause}:{new.key}"
        yield SetIssueState(plan=plan.id, key=key, phase=new.key, state="closed", reason=now)
    elif was and not now:
        key = f"reopen:{cause}:{new.key}"
        yield SetIssueState(plan=plan.id, key=key, phase=new.key, state="open", reason="reopened")


def _closed_as(phase: Phase) -> Literal["completed", "not_planned"] | None:
    return _CLOSED_AS.get(phase.state) or (None if phase.removed_at is None else "not_planned")


def _parent_state(before: Plan, after: Plan, cause: str) -> Iterator[Effect]:
    """The parent follows the plan, from the moment it exists."""
    if after.issue is None:
        return
    was, now = _parent_closed_as(before) if before.issue else None, _parent_closed_as(after)
    if now and now != was:
        yield SetIssueState(plan=after.id, key=f"close:{cause}", phase=None, state="closed", reason=now)
    elif was and not now:
        yield SetIssueState(plan=after.id, key=f"reopen:{cause}", phase=None, state="open", reason="reopened")


def _is_rearranged(before: Plan, after: Plan) -> bool:
    """Phases of a published plan have changed places, or the issues of those that joined it are all there by now."""
    if not after.revision or after.issue is None or after.state in (PlanState.PLANNED, PlanState.PUBLISHING):
        return False
    if before.state is PlanState.PUBLISHING:
        return True
    known = [key for key in before.phases if key in after.phases]
    return before.phases is not after.phases and known != [key for key in after.phases if key in before.phases]


def _parent_closed_as(plan: Plan) -> Literal["completed", "not_planned"] | None:
    if plan.state is PlanState.CANCELLED:
        return "not_planned"
    return "completed" if plan.state.is_under_way and is_completed(plan) else None


def _comments(before: Plan, after: Plan, changes: Sequence[Change], cause: str) -> Iterator[PostComment]:
    for old, new in changes:
        if new.removed_at is not None:
            if not old.removed_at and _closed_as(old) is None:
                yield _comment(after, f"removed:{cause}:{new.key}", new.key, notices.removed(new))
            continue
        if _became(old, new, QueueStatus.NEEDS_QA) and new.awaits_person:
            yield _comment(after, f"qa:{cause}:{new.key}", new.key, notices.needs_verdict(new))
        if has_expired(before, old, after, new):
            yield _comment(after, f"expired:{cause}:{new.key}", new.key, notices.still_waits(new))
        if _hold(new) not in (None, Hold.DRAFT) and _hold(old) is not _hold(new):
            yield _comment(after, f"held:{cause}:{new.key}", new.key, notices.held(new))
    for phase in after:
        if phase.is_at_gate and awaits_person(after, phase) and not _was_at_gate(before, phase):
            yield _comment(after, f"gate:{cause}:{phase.key}", phase.key, notices.needs_approval(phase))
    failed = tuple(new for old, new in changes if not new.removed_at and _became(old, new, QueueStatus.FAILED))
    blocked = tuple(new for old, new in changes if _became(old, new, QueueStatus.BLOCKED))
    yield from _failures(after, failed, blocked, cause)


def _failures(plan: Plan, failed: Sequence[Phase], blocked: Sequence[Phase], cause: str) -> Iterator[PostComment]:
    """Each is told on its child, and what it blocks on the parent; those with one reason are one notice, on the parent."""
    together: dict[str, tuple[Phase, ...]] = {}
    for phase in failed:
        group = alike(plan, phase)
        if len(group) > 1 and plan.issue is not None:
            together[thread_of(plan, group)] = group
        else:
            yield _comment(plan, f"failed:{cause}:{phase.key}", phase.key, notices.failed(plan, phase))
    for thread, group in together.items():
        body = notices.failed_alike(plan, group)
        yield PostComment(plan=plan.id, key=f"{thread}{cause}", phase=None, body=body, thread=thread)
    told = {phase.key for group in together.values() for phase in group}
    causes = {phase.key for phase in notices.causes(plan, blocked)}
    if blocked and plan.issue is not None and not (causes and causes <= told):
        yield _comment(plan, _blocked_key(plan, blocked), None, notices.blocked(plan, blocked))


def _blocked_key(plan: Plan, blocked: Sequence[Phase]) -> str:
    """The same for the same phases: that they are blocked once more, after a retry that has failed, is no news."""
    found = " ".join(sorted(phase.key for phase in blocked))
    return f"blocked:{plan.id}:{plan.revision}:{crc32(found.encode()):08x}"


def _was_at_gate(before: Plan, phase: Phase) -> bool:
    old = before.phases.get(phase.key)
    return old is not None and old.is_at_gate and awaits_person(before, old)


def _hold(phase: Phase) -> Hold | None:
    """What the attempt in flight waits for, if its executor has said so."""
    return phase.attempt.held if phase.attempt and phase.attempt.state.is_in_flight else None


def _comment(plan: Plan, key: str, phase: str | None, body: str) -> PostComment:
    return PostComment(plan=plan.id, key=key, phase=phase, body=body)


def _became(old: Phase, new: Phase, status: QueueStatus) -> bool:
    return new.status is status and old.status is not status


def _shows(before: Plan, after: Plan, changes: Sequence[Change]) -> bool:
    """Something that the parent's table or the status comment shows has changed, and there is a parent to show it."""
    if after.issue is None or after.state is PlanState.PUBLISHING or PlanState.PLANNED in (after.state, before.state):
        return False
    return (
        before.state is not after.state
        or before.revision != after.revision
        or before.pull != after.pull
        or any(
            (old.status, old.attempts, old.failure, old.not_before, _hold(old))
            != (new.status, new.attempts, new.failure, new.not_before, _hold(new))
            for old, new in changes
        )
    )
