"""Catching up: what hands on issues meant while nobody was listening. Levels for truth, where webhooks are edges for speed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from bot.github.answers import RemoteEvent, RemoteIssue
from bot.github.client import GitHub
from bot.github.events.issues import IssueEvent, translate
from bot.github.events.payloads import Account, Repository
from bot.github.events.sources import Subject
from services.commands.spec import Level
from services.domain.effects import Effect, SetIssueState
from services.domain.errors import NotFound
from services.domain.messages import Message
from services.domain.phase import IssueRef
from services.domain.plan import Plan

log = structlog.get_logger()

_EPOCH = datetime.fromtimestamp(0, UTC)


def catch_up(
    github: GitHub,
    plan: Plan,
    pending: Sequence[Effect],
    listed: Iterable[RemoteIssue] | None = None,
    *,
    heard: Callable[[str], bool],
) -> Iterator[Message]:
    """The orders that closing and reopening the plan's issues by hand amounts to, as far as they are not carried out yet.

    `listed` are the issues as they are, by default all that this account has created. Read them before `plan` and `pending`:
    these effects are ours to do, and an issue that we are about to open or close says nothing about people. One request for
    each issue that tells something new: who did it is asked, and whether they may. `heard` knows the causes that were applied.
    """
    subjects = dict(_subjects(plan, pending))
    for issue in github.own_issues(plan.project, None) if listed is None else listed:
        subject = subjects.get(issue.number)
        if subject is not None and _order(subject, issue, _LAST[issue.state], "", _EPOCH) is not None:
            yield from _by_hand(github, subject, issue, heard)


def gone(github: GitHub, plan: Plan, pending: Sequence[Effect], listed: Iterable[RemoteIssue]) -> Iterator[Message]:
    """The orders that deleting issues, or moving them away, amounts to. `listed` are all issues that are still there; one that
    is missing among them is asked for by itself. Who did it cannot be asked, but only those who may steer can do it."""
    there = {issue.id for issue in listed}
    for number, subject in _subjects(plan, pending):
        ref = subject.phase.issue if subject.phase else plan.issue
        if ref is not None and ref.id not in there and not _is_there(github, plan.project, ref):
            order = _order(subject, ref, "deleted", "", _EPOCH)
            if order is not None:
                log.warning("issue_gone", project=plan.project, issue=number)
                yield order


_LAST = {"closed": "closed", "open": "reopened"}
"""What was done last to an issue that is as it is, if anything was."""


def _is_there(github: GitHub, project: str, ref: IssueRef) -> bool:
    """One that was moved is another issue, wherever its old address leads."""
    try:
        return github.issue(project, ref.number).id == ref.id
    except NotFound:
        return False


def _by_hand(github: GitHub, subject: Subject, issue: RemoteIssue, heard: Callable[[str], bool]) -> Iterator[Message]:
    last = _last_change(github, subject.plan.project, issue.number)
    if last is None or last.event != _LAST[issue.state]:
        return  # it has changed again since, or it was never anything else
    login = last.actor.login if last.actor else ""
    if last.actor and last.actor.type == "Bot" and login == github.login:
        return
    if login and github.level(subject.plan.project, login).includes(Level.WRITE):
        order = _order(subject, issue, last.event, login, last.created_at)
        if order is None:
            return
        if not heard(order.cause):
            yield order
        elif login != github.login:  # else it was our own deed
            # closed twice within a second: the plan has heard of the first time, and is not as the issue is
            yield replace(order, cause=f"{order.cause}/{last.id}")
    else:
        log.warning("hand_not_heeded", issue=issue.number, login=login)


def _last_change(github: GitHub, project: str, number: int) -> RemoteEvent | None:
    changes = [one for one in github.events(project, number) if one.event in _LAST.values()]
    return changes[-1] if changes else None


def _subjects(plan: Plan, pending: Sequence[Effect]) -> Iterator[tuple[int, Subject]]:
    """What each issue is to the plan, apart from those that we have still to open or close."""
    ours = {effect.phase for effect in pending if isinstance(effect, SetIssueState)}
    refs: list[tuple[IssueRef | None, Subject]] = [(plan.issue, Subject(plan, None))]
    refs += [(phase.issue, Subject(plan, phase)) for phase in plan]
    for ref, subject in refs:
        if ref is not None and (subject.phase.key if subject.phase else None) not in ours:
            yield ref.number, subject


def _order(subject: Subject, issue: RemoteIssue | IssueRef, what: str, login: str, at: datetime) -> Message | None:
    """The same change, told by a webhook, has the same cause."""
    reason = issue.state_reason if isinstance(issue, RemoteIssue) else None
    event = IssueEvent(
        action=what,
        issue=IssueEvent.issue_of(id=issue.id, number=issue.number, state_reason=reason, updated_at=at),
        repository=Repository(full_name=subject.plan.project),
        sender=Account(login=login),
    )
    found = translate(event, subject)
    return found[1] if found else None
