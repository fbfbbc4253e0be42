"""The event `pull_request`: that of a plan was merged or closed, or the one by which a coding agent works at a phase.

What it tells is not believed: it makes us look. https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.github.events.payloads import Account, Id, Payload, Repository
from bot.github.events.sources import Sources
from services.domain.messages import Message


class _Branch(Payload):
    ref: str


class _Pull(Payload):
    number: Id
    head: _Branch


class PullEvent(Payload):
    """As far as it is read."""

    pull_request: _Pull
    repository: Repository
    sender: Account | None = None


def read(body: bytes, sources: Sources) -> Sequence[Message]:
    """Raises TransientError if GitHub cannot be asked now, pydantic.ValidationError for what is no such event."""
    event = PullEvent.model_validate_json(body)
    project, told = event.repository.full_name, event.pull_request
    plan = sources.by_branch(project, told.head.ref)
    if plan is None:
        return _of_agents(event, sources)
    pull = sources.github.pulls.get(project, told.number)
    by = event.sender.login if event.sender else ""
    return (pull.news(plan.id, by),) if pull.is_from(project, told.head.ref) else ()


def _of_agents(event: PullEvent, sources: Sources) -> Sequence[Message]:
    """News of the attempt that the pull request carries out, or may do so as far as is known."""
    own = f"pull/{event.pull_request.number}"
    at_work = sources.runs.at_agents(event.repository.full_name)
    meant = [of for of in at_work if of.attempt.ref == own or not of.attempt.ref.startswith("pull/")]
    return [report for of in meant for report in sources.runs.look_at(of)]
