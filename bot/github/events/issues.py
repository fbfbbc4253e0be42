"""The event `issues`: a hand on an issue of ours is an order, and an issue whose text is a plan is taken in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from pydantic import Field

from bot.github.events.payloads import Account, Issue, Payload, Repository
from bot.github.events.sources import Sources, Subject
from bot.github.plan_issues import PlanIssue, Wanted, is_plan, source_of
from services.commands.hands import Hand, hand_on, is_heeded, meaning
from services.commands.spec import Level
from services.coordinator import answers
from services.domain.effects import SetIssueState
from services.domain.messages import Judgement, Message, Order, PutBack
from services.domain.progress import only_merge_is_left
from services.planning.issue_text import is_form

log = structlog.get_logger()

_READ_AS_PLAN = frozenset({"opened", "edited", "labeled", "reopened"})


class _Label(Payload):
    name: str = ""


class _PlanIssue(Issue):
    body: str | None = None
    labels: tuple[_Label, ...] = ()


class _Changes(Payload):
    title: object = Field(None, repr=False)
    body: object = Field(None, repr=False)


class IssueEvent(Payload):
    """As far as it is read."""

    action: str
    issue: _PlanIssue
    repository: Repository
    sender: Account
    changes: _Changes = _Changes()

    @staticmethod
    def issue_of(*, id: int, number: int, state_reason: str | None, updated_at: datetime) -> _PlanIssue:
        """The issue of an event that was found by looking."""
        return _PlanIssue(id=id, number=number, state_reason=state_reason, updated_at=updated_at)

    @property
    def cause(self) -> str:
        """What was done to which issue, and when: the same change, told twice or found by reconciliation, is one."""
        return cause_of(self.issue.id, self.action, self.issue.updated_at)


def cause_of(issue: int, action: str, at: datetime) -> str:
    """An issue is taken away once, whether that is told, or seen an hour later, when the phase may run again already."""
    return f"issue/{issue}/gone" if action in _TAKEN_AWAY else f"issue/{issue}/{action}/{at.isoformat()}"


_TAKEN_AWAY = ("deleted", "transferred")


def read(body: bytes, sources: Sources) -> Sequence[Message]:
    """Raises TransientError if GitHub cannot be asked now, pydantic.ValidationError for what is no such event."""
    event = IssueEvent.model_validate_json(body)
    subject = sources.find(event.repository.full_name, event.issue.id)
    if event.action == "unassigned" and subject is not None and subject.phase is not None:
        return _of_agent(subject.phase.key, event.repository.full_name, subject.plan.id, sources)
    found = translate(event, subject) if subject else None
    is_document = _may_be_document(event, subject)
    if (found is None and not is_document) or sources.is_our_own(event.sender):
        return ()
    if found is not None and subject is not None:
        if _is_echo(event, subject, sources):
            return ()
        return _heeded(event, subject, found, sources)
    return _as_document(event, subject, sources)


def _of_agent(phase: str, project: str, plan: str, sources: Sources) -> Sequence[Message]:
    """Whether the agent that works at the phase was taken off its issue."""
    at_work = [of for of in sources.runs.at_agents(project) if (of.plan, of.phase) == (plan, phase)]
    return [report for of in at_work for report in sources.runs.look_at(of)]


# ---------------------------------------------------------------- hands


def translate(event: IssueEvent, subject: Subject) -> tuple[Hand, Order] | None:
    """What was done, and the order that it amounts to; None where it says nothing that the plan does not say already."""
    hand = hand_on(
        event.action,
        event.issue.state_reason,
        is_child=subject.phase is not None,
        is_merging=only_merge_is_left(subject.plan),
    )
    if hand is None:
        return None
    order = meaning(hand, subject.plan, subject.phase, by=event.sender.login, cause=event.cause)
    return (hand, order) if order else None


def _is_echo(event: IssueEvent, subject: Subject, sources: Sources) -> bool:
    """Done with our account, and just what we are about to do ourselves, or have done without having written it down yet. What
    we have done is known by its cause (`OwnDeed`). Anything else a person did who shares the account with us."""
    if event.sender.login != sources.github.login:
        return False
    state, key = ("closed" if event.action == "closed" else "open"), subject.phase.key if subject.phase else None
    wished = [one for one in sources.pending(subject.plan.id) if isinstance(one, SetIssueState)]
    return any((one.phase, one.state) == (key, state) for one in wished)


def _heeded(event: IssueEvent, subject: Subject, found: tuple[Hand, Order], sources: Sources) -> Sequence[Message]:
    """Asked at the moment of the deed, and failing closed."""
    hand, order = found
    who = sources.level(event.repository.full_name, event.sender.login)
    if is_heeded(hand, subject.plan, subject.phase, who, event.sender.login):
        return (replace(order, role=who.value) if isinstance(order, Judgement) else order,)
    log.warning("hand_not_heeded", login=event.sender.login, role=who.value, issue=event.issue.number)
    if not hand.can_undo:
        return ()
    return (
        PutBack(
            plan=subject.plan.id,
            phase=subject.phase.key if subject.phase else None,
            cause=event.cause,
            by=event.sender.login,
            issue=event.issue.number,
            body=answers.put_back(event.sender.login, event.action, who),
        ),
    )


# ---------------------------------------------------------------- plans


def _may_be_document(event: IssueEvent, subject: Subject | None) -> bool:
    """Worth asking whether the issue is a plan: before there is one, or when the text of one has changed."""
    if event.action not in _READ_AS_PLAN:
        return False
    if event.action == "edited" and event.changes.body is None and event.changes.title is None:
        return False
    if subject is not None:
        return event.action == "edited" and subject.phase is None and subject.plan.source == source_of(event.issue.id)
    return bool(event.issue.labels) or is_form(event.issue.body or "")


def _as_document(event: IssueEvent, subject: Subject | None, sources: Sources) -> Sequence[Message]:
    """The issue as it is by now, which later events may already have changed."""
    project, login = event.repository.full_name, event.sender.login
    ruling = sources.documents.ruling(project)
    if subject is None and not is_plan([one.name for one in event.issue.labels], event.issue.body or "", ruling):
        return ()
    if event.action == "edited" and not _is_worth_a_look(event, sources):
        return ()
    issue = sources.github.issue(project, event.issue.number)
    at_once = ruling.policy.publish_auto and sources.level(project, login).includes(Level.WRITE)
    wanted = Wanted(cause=f"{event.cause}/preview", by=login)
    return PlanIssue(project, issue, sources, ruling).preview(wanted, publish=at_once)


def _is_worth_a_look(event: IssueEvent, sources: Sources) -> bool:
    """An edit by somebody who may write, or the first by anybody else for a while; what is published is read anew anyway."""
    who = sources.level_lately(event.repository.full_name, event.sender.login)
    return who.includes(Level.WRITE) or sources.is_first_look(event.issue.id)
