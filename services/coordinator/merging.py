"""Merging: once every phase is decided, people are asked to merge what the plan has brought, where the policy says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from services.coordinator import notices
from services.coordinator.decision import Decision
from services.domain import messages as m
from services.domain.effects import Effect, OpenPull, PostComment, RefreshPull
from services.domain.events import Event
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.progress import are_phases_decided
from services.domain.pull import Pull, PullState
from services.domain.rules import Deliver
from services.domain.transitions import NoTransition, PhaseState


def asked_for(plan: Plan) -> Plan:
    """With its pull request wanted, if that is due. Once phases are to be done again, what became of an earlier one counts no
    more: what they bring is asked for anew."""
    if not plan.state.is_under_way or not plan.tracked:
        return plan
    pull, is_decided = plan.pull, are_phases_decided(plan)
    if is_decided and pull is None:
        wanted = _wanted(plan)
        return plan if wanted is None else replace(plan, pull=wanted)
    if not is_decided and pull is not None and pull.state is not PullState.OPEN:
        return replace(plan, pull=None)
    return plan


def _wanted(plan: Plan) -> Pull | None:
    """By the newest result that was to be merged; None if the phases have brought nothing of the kind."""
    found = [(phase.attempt.fence, Pull(branch, phase.rules.base)) for phase in plan
             if phase.attempt and (branch := _branch_of(phase))]  # fmt: skip
    return max(found, key=lambda one: one[0])[1] if found else None


def _branch_of(phase: Phase) -> str:
    """The one that has its result, if that is to be merged on a server. Where there is none, the branch is all."""
    is_meant = phase.state is PhaseState.COMPLETED and phase.rules.deliver is Deliver.PULL_REQUEST
    result = phase.attempt.result if phase.attempt and is_meant else None
    return result.changes.branch if result and result.changes and result.changes.is_shared else ""


# ---------------------------------------------------------------- what is heard, and what people decide


def seen(plan: Plan, news: m.PullSeen) -> Decision:
    """What the tracker shows of it. Another one from the same branch takes the place of one that is not open."""
    pull = plan.pull
    if pull is None or news.branch != pull.branch or pull.state.is_settled:
        return Decision(plan)
    is_late = pull.seen_at is not None and news.at is not None and news.at < pull.seen_at
    is_another = pull.number not in (0, news.number)
    if is_late or (is_another and (pull.state is PullState.OPEN or news.state is not PullState.OPEN)):
        return Decision(plan)
    if pull.state is PullState.WANTED and news.state is PullState.CLOSED and not news.why:
        return Decision(plan)  # an earlier one from this branch
    after = replace(
        pull,
        state=news.state,
        number=news.number or pull.number,
        url=news.url or pull.url,
        seen_at=news.at or pull.seen_at,
        why=news.why,
    )
    return Decision(plan if after == pull else replace(plan, pull=after))


def ask_again(plan: Plan, order: m.AskForMerge) -> Decision:
    """Reopen it, or open another one."""
    pull = _undecided(plan)
    if pull.state is not PullState.CLOSED:
        raise NoTransition("the pull request is open" if pull.number else "the pull request is being opened")
    kept = pull.number if order.reopen else 0
    again = replace(pull, state=PullState.WANTED, number=kept, url=pull.url if kept else "", why="")
    return Decision(replace(plan, pull=again))


def complete(plan: Plan) -> Decision:
    """A person says that nothing needs to be merged any more."""
    pull = _undecided(plan)
    return Decision(replace(plan, pull=replace(pull, state=PullState.UNNEEDED, why="")))


def _undecided(plan: Plan) -> Pull:
    if plan.pull is None or plan.pull.state.is_settled or not plan.state.is_under_way:
        raise NoTransition("the plan waits for no merge")
    return plan.pull


# ---------------------------------------------------------------- what follows


def effects(before: Plan, after: Plan, cause: str) -> Iterator[Effect]:
    """Open it, bring it up to date, or say that it was turned down."""
    old, pull = before.pull, after.pull
    if pull is None:
        return
    if pull.state is PullState.WANTED and (old is None or old.state is not PullState.WANTED):
        yield OpenPull(plan=after.id, key=f"pull:{cause}")
    if pull.state is PullState.OPEN and old is not None and _shows(before, after):
        yield RefreshPull(plan=after.id, key=f"refresh_pull:{cause}", old_title=before.title)
    if (
        after.issue is not None
        and pull.state is PullState.CLOSED
        and old is not None
        and old.state is not PullState.CLOSED
    ):
        yield PostComment(plan=after.id, key=f"pull_closed:{cause}", phase=None, body=notices.not_merged(pull))


def _shows(before: Plan, after: Plan) -> bool:
    """The plan has another shape, or what was done again after the request was opened is done now."""
    has_new_shape = before.revision != after.revision or before.title != after.title
    return has_new_shape or (are_phases_decided(after) and not are_phases_decided(before))


def events(before: Plan, after: Plan, message: m.Message) -> Iterator[Event]:
    old, pull = before.pull, after.pull
    if pull is not None and (old is None or (old.state, old.number) != (pull.state, pull.number)):
        facts: dict[str, object] = {"branch": pull.branch}
        if pull.number:
            facts["number"] = pull.number
        if pull.why:
            facts["why"] = pull.why
        yield Event(f"pull_{pull.state}", after.id, message.cause, by=message.by, facts=facts)
