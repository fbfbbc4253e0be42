"""How phases and plans are called in issues: names, states and shares, the same in every body."""

from __future__ import annotations

from collections.abc import Iterable

from services.domain.attempts import Hold
from services.domain.phase import IssueRef, Phase, QueueStatus
from services.domain.plan import Plan
from services.publishing.text import code, inline

STATUS: dict[QueueStatus, str] = {
    QueueStatus.QUEUED: "⚪ queued",
    QueueStatus.READY: "🔵 ready",
    QueueStatus.RUNNING: "🟡 running",
    QueueStatus.NEEDS_QA: "🟣 needs a verdict",
    QueueStatus.COMPLETED: "✅ completed",
    QueueStatus.SKIPPED: "⏭️ skipped",
    QueueStatus.BLOCKED: "⛔ blocked",
    QueueStatus.FAILED: "❌ failed",
    QueueStatus.CANCELLED: "🚫 cancelled",
}
"""An icon to see at a glance, and the word for those who do not see it."""

HELD: dict[Hold, str] = {
    Hold.QUEUE: "waits for a runner",
    Hold.APPROVAL: "waits for the approval of its environment",
    Hold.DRAFT: "its agent works at a draft",
    Hold.MERGE: "waits for the merge of its agent's pull request",
}
"""What an attempt waits for where it runs."""

DONE = frozenset({QueueStatus.COMPLETED, QueueStatus.SKIPPED})
_BAR = 20


def full_name(phase: Phase) -> str:
    """`Phase 2: Write the pages`, or only the title where the document gives no number. Not yet safe to echo."""
    return f"Phase {phase.name}" if phase.number else phase.title


def short_name(phase: Phase) -> str:
    """`Phase 2`, or the title where the document gives no number; ready to stand in a sentence."""
    return inline(f"Phase {phase.number}" if phase.number else phase.title)


def reference(issue: IssueRef | None) -> str:
    """`#12`, or nothing while there is no issue."""
    return f"#{issue.number}" if issue else ""


def with_issue(phase: Phase) -> str:
    """`Phase 2 (#13)`."""
    number = reference(phase.issue)
    return f"{short_name(phase)} ({number})" if number else short_name(phase)


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def progress(plan: Plan) -> str:
    """A bar and the figures: how many phases are done, of all there are."""
    done, total = sum(phase.status in DONE for phase in plan), len(plan.phases)
    filled = done * _BAR // total if total else 0
    bar = "█" * filled + "░" * (_BAR - filled)
    share = done * 100 // total if total else 0
    return f"`{bar}` {done} of {phases(total)} done ({share} %)"


def phases(count: int) -> str:
    return "1 phase" if count == 1 else f"{count} phases"


def handed_in(by: str) -> str:
    """Who has handed a plan in, for everybody to read. What somebody is called on their own machine is nobody's business."""
    kind, _, name = by.partition(":")
    match kind:
        case "":
            return ""
        case "cli":
            return "It was handed in from the command line."
        case "token":
            return f"It was handed in with the API token {code(name)}."
        case _:
            return f"It was handed in by {code(by)}."
