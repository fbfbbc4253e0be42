"""Hands: what it means when people do something to an issue of a plan. The one table; the documentation prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.commands.orders import Giver, order_for
from services.commands.permission import may
from services.commands.spec import VERBS, Level
from services.domain.messages import Order
from services.domain.phase import Phase
from services.domain.plan import Plan, PlanState
from services.domain.progress import is_completed
from services.domain.transitions import PhaseState


@dataclass(frozen=True, slots=True)
class Hand:
    """A deed on an issue. `verb` orders the same in a comment ("": nothing is ordered); `can_undo`: where somebody without
    the role has done it, it is undone and said."""

    deed: str
    verb: str
    meaning: str
    can_undo: bool = False


ON_CHILD: Mapping[str, Hand] = {
    "closed/completed": Hand("closed as completed", "complete", "The phase is completed.", can_undo=True),
    "closed/not_planned": Hand(
        "closed as not planned, or as a duplicate", "skip", "The phase is skipped.", can_undo=True
    ),
    "reopened": Hand("reopened", "reopen", "The phase is to be done again.", can_undo=True),
    "deleted": Hand("deleted", "cancel", "The phase is cancelled; what needs it is blocked."),
    "transferred": Hand("transferred to another repository", "cancel", "The same as deleted."),
    "edited": Hand("title or text edited", "", "Kept. A new version of the plan is merged with it."),
    "labeled": Hand("labels added or removed", "", "Nothing: labels are for finding issues, not for steering."),
    "parent": Hand(
        "moved under another parent, or out of its parent",
        "",
        "Nothing: the plan knows its phases by itself. Taken out of its plan, phasebot says so, once.",
    ),
    "links": Hand(
        "“blocked by” links added or removed",
        "",
        "Nothing: the plan's own order counts. Where one that it has is removed, phasebot says so, once.",
    ),
    "locked": Hand("locked, pinned, assigned or put on a milestone", "", "Nothing."),
}
ON_PARENT: Mapping[str, Hand] = {
    "closed": Hand("closed, in whatever way", "cancel", "The plan is cancelled, unless it is done.", can_undo=True),
    "closed/merging": Hand(
        "closed as completed while only the merge of its pull request is waited for",
        "complete",
        "The plan is completed without it.",
        can_undo=True,
    ),
    "reopened": Hand(
        "reopened", "resume", "The plan goes on; what was cancelled with it is to be done.", can_undo=True
    ),
    "deleted": Hand("deleted", "cancel", "The plan is cancelled."),
    "transferred": Hand("transferred to another repository", "cancel", "The plan is cancelled."),
    "edited": Hand(
        "title or text edited",
        "",
        "Kept, but for the block that phasebot manages. Where the plan is the text of the issue: a new preview.",
    ),
    "labeled": Hand("labels added or removed", "", "The plan label makes an issue a plan; else nothing."),
    "links": Hand(
        "sub-issues added or removed", "", "Nothing: what people add is theirs, and is not part of the plan."
    ),
    "locked": Hand("locked, pinned, assigned or put on a milestone", "", "Nothing."),
}


def hand_on(action: str, reason: str | None, *, is_child: bool, is_merging: bool = False) -> Hand | None:
    """The row of the table, for an action of GitHub's event and the reason that an issue was closed for."""
    if not is_child:
        if action == "closed" and reason in (None, "completed") and is_merging:
            return ON_PARENT["closed/merging"]
        return ON_PARENT.get(action)
    if action == "closed":
        return ON_CHILD["closed/completed" if reason in (None, "completed") else "closed/not_planned"]
    return ON_CHILD.get(action)


def meaning(hand: Hand, plan: Plan, phase: Phase | None, *, by: str, cause: str) -> Order | None:
    """The order that the deed amounts to; None where it says nothing that the plan does not say already."""
    if not hand.verb or not _is_news(hand, plan, phase):
        return None
    return order_for(hand.verb, plan, phase, Giver(by=by, cause=cause))


def is_heeded(hand: Hand, plan: Plan, phase: Phase | None, who: Level, login: str) -> bool:
    """Who may order it may also do it by hand. What was only previewed may be given up by whoever could close the issue."""
    return plan.state is PlanState.PLANNED or may(who, VERBS[hand.verb], phase, login)


def as_markdown() -> str:
    """Both tables."""
    return "\n".join(
        ["### The issue of a phase", "", *_table(ON_CHILD), "", "### The issue of a plan", "", *_table(ON_PARENT)]
    )


def _is_news(hand: Hand, plan: Plan, phase: Phase | None) -> bool:
    if phase is not None:
        return (phase.state in _DECIDED) is (hand.verb == "reopen")
    if hand.verb == "resume":
        return plan.state is PlanState.CANCELLED
    return plan.state is not PlanState.CANCELLED and not is_completed(plan)


_DECIDED = frozenset({PhaseState.COMPLETED, PhaseState.SKIPPED, PhaseState.CANCELLED})


def _table(hands: Mapping[str, Hand]) -> list[str]:
    rows = ["| When it is … | it means | the same as | and by somebody without the role |", "| --- | --- | --- | --- |"]
    for hand in hands.values():
        same = f"`/phase {hand.verb}`" if hand.verb else "–"
        undone = "it is put back, with a sentence why" if hand.can_undo else "the same"
        rows.append(f"| {hand.deed} | {hand.meaning} | {same} | {undone if hand.verb else 'the same'} |")
    return rows
