"""An issue's story: comments and changes in one line of time, the changes as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.localhub.values import Comment, TimelineEntry

_REASONS = {"completed": "as completed", "not_planned": "as not planned", "duplicate": "as a duplicate"}
_SENTENCES = {
    "closed": "closed this {reason}",
    "reopened": "reopened this",
    "renamed": "changed the title from “{from}” to “{to}”",
    "labeled": "added the label {label}",
    "unlabeled": "removed the label {label}",
    "merged": "merged this",
    "ready_for_review": "marked this as ready for review",
    "convert_to_draft": "made this a draft",
    "assigned": "assigned {user}",
    "unassigned": "unassigned {user}",
    "sub_issue_added": "added the sub-issue {issue}",
    "sub_issue_removed": "removed the sub-issue {issue}",
    "parent_issue_added": "made this a sub-issue of {issue}",
    "parent_issue_removed": "took this out of {issue}",
    "blocked_by_added": "marked this as blocked by {issue}",
    "blocked_by_removed": "took away the blocker {issue}",
    "blocking_added": "marked this as blocking {issue}",
    "blocking_removed": "took away that this blocks {issue}",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One line between the comments."""

    actor: str
    sentence: str
    at: datetime


def told(comments: tuple[Comment, ...], timeline: tuple[TimelineEntry, ...]) -> list[Comment | Change]:
    """Everything in the order in which it happened; deleted comments are left out."""
    said = {comment.id: comment for comment in comments}
    story: list[Comment | Change | None] = [
        said.get(entry.detail["comment"]) if entry.kind == "commented" else _change(entry) for entry in timeline
    ]
    return [item for item in story if item is not None]


def _change(entry: TimelineEntry) -> Change:
    facts = dict(entry.detail)
    facts["reason"] = _REASONS.get(facts.get("reason", ""), "")
    facts["issue"] = f"#{facts.get('number')} {facts.get('title')}"
    return Change(entry.actor.login, _SENTENCES[entry.kind].format_map(facts), entry.created_at)
