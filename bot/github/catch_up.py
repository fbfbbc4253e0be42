"""Catching up: what hands on issues meant while nobody was listening. Levels for truth, where webhooks are edges for speed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog

from bot.github.answers import RemoteIssue
from bot.github.client import GitHub
from bot.github.events.issues import IssueEvent, translate
from bot.github.events.payloads import Account, Issue, Repository
from bot.github.events.sources import MAY_STEER, Subject
from services.domain.effects import Effect, SetIssueState
from services.domain.messages import Message
from services.domain.phase import IssueRef
from services.domain.plan import Plan

log = structlog.get_logger()


def catch_up(github: GitHub, plan: Plan, pending: Sequence[Effect]) -> Iterator[Message]:
    """The orders that closing the plan's issues by hand amounts to, as far as they are not carried out yet.

    `pending` effects are ours to do: an issue that we are about to open or close says nothing about people. One list, and
    one request for each issue that tells something new: who did it is asked, and whether they may.
    """
    ours = {effect.phase for effect in pending if isinstance(effect, SetIssueState)}
    subjects = {number: subject for number, subject in _subjects(plan) if _key(subject) not in ours}
    for listed in github.own_issues(plan.project, None):
        subject = subjects.get(listed.number)
        if subject is not None and _message(listed, "", subject) is not None:
            issue = github.issue(plan.project, listed.number)
            login = issue.closed_by.login if issue.closed_by else ""
            message = _message(issue, login, subject)
            if message is not None and login and github.level(plan.project, login).includes(MAY_STEER):
                yield message
            else:
                log.warning("hand_not_heeded", issue=issue.number, login=login)


def _key(subject: Subject) -> str | None:
    return subject.phase.key if subject.phase else None


def _subjects(plan: Plan) -> Iterator[tuple[int, Subject]]:
    """What each issue is to the plan. One that was closed when its phase was decided says nothing."""
    refs: list[tuple[IssueRef | None, Subject]] = [(plan.issue, Subject(plan, None))]
    refs += [(phase.issue, Subject(plan, phase)) for phase in plan]
    return ((ref.number, subject) for ref, subject in refs if ref is not None)


def _message(issue: RemoteIssue, login: str, subject: Subject) -> Message | None:
    """Only a closed issue says that somebody closed it. An open one may be one that we have not closed yet."""
    if issue.state != "closed" or issue.updated_at is None:
        return None
    event = IssueEvent(
        action="closed",
        issue=Issue(
            id=issue.id,
            number=issue.number,
            state_reason=issue.state_reason,
            updated_at=issue.updated_at,
        ),
        repository=Repository(full_name=subject.plan.project),
        sender=Account(login=login),
    )
    return translate(event, subject)
