"""The events `sub_issues` and `issue_dependencies`: links that people take away. The plan knows its order by itself, so that it
stays as it is; but whoever took one away may believe that it does not, and is told.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#sub_issues
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.github.events.payloads import Account, Issue, Payload, Repository
from bot.github.events.sources import Sources, Subject
from services.coordinator import answers
from services.domain.messages import Message, Say


class _Event(Payload):
    action: str
    repository: Repository | None = None  # GitHub promises neither of these two
    sender: Account = Account(login="ghost")


class SubIssueEvent(_Event):
    """As far as it is read. Both repositories are told of it, each in its own action."""

    sub_issue: Issue
    parent_issue: Issue


class DependencyEvent(_Event):
    """As far as it is read, and told twice as well."""

    blocked_issue: Issue
    blocking_issue: Issue


def read_sub_issue(body: bytes, sources: Sources) -> Sequence[Message]:
    """A phase that was moved out of its plan's issue. Raises pydantic.ValidationError for what is no such event."""
    event = SubIssueEvent.model_validate_json(body)
    if event.action != "sub_issue_removed" or event.repository is None:
        return ()
    child = sources.find(event.repository.full_name, event.sub_issue.id)
    parent = sources.find(event.repository.full_name, event.parent_issue.id)
    if child is None or child.phase is None or parent is None or parent.plan.id != child.plan.id:
        return ()
    said = answers.moved_out(event.sender.login, child.plan)
    return _told(event, event.sub_issue, child, event.parent_issue, said, sources)


def read_dependency(body: bytes, sources: Sources) -> Sequence[Message]:
    """A phase that, as GitHub has it, waits no more for one that it needs. Raises the same."""
    event = DependencyEvent.model_validate_json(body)
    if event.action != "blocked_by_removed" or event.repository is None:
        return ()
    after = sources.find(event.repository.full_name, event.blocked_issue.id)
    before = sources.find(event.repository.full_name, event.blocking_issue.id)
    if after is None or before is None or after.phase is None or before.phase is None:
        return ()
    if before.plan.id != after.plan.id or before.phase not in tuple(after.plan.needs(after.phase)):
        return ()  # also where we have taken the link away ourselves, because the plan has changed
    said = answers.need_unlinked(event.sender.login, before.phase, after.phase)
    return _told(event, event.blocked_issue, after, event.blocking_issue, said, sources)


def _told(event: _Event, on: Issue, subject: Subject, other: Issue, body: str, sources: Sources) -> Sequence[Message]:
    if event.repository is None or sources.is_our_own(event.sender) or (subject.phase and subject.phase.is_satisfied):
        return ()
    return (
        Say(
            plan=subject.plan.id,
            cause=f"unlinked/{on.id}/{other.id}/{on.updated_at.isoformat()}",
            by=event.sender.login,
            project=event.repository.full_name,
            issue=on.number,
            body=body,
        ),
    )
