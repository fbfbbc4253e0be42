"""Answering: what follows from an order that somebody gave in writing, besides its being carried out."""

from __future__ import annotations

from services.coordinator import answers
from services.coordinator.decision import Decision
from services.domain import messages as m
from services.domain.effects import React, RestoreComment, SayOnCommit, SayOnIssue, Spoken
from services.domain.phase import Phase
from services.domain.plan import Plan


def said(message: m.Say) -> tuple[Spoken, ...]:
    """The effects of an answer that was made up before."""
    if message.commit:
        return (SayOnCommit(plan="", key=f"say:{message.cause}", commit=message.commit, body=message.body),)
    words = SayOnIssue(
        plan=message.plan, key=f"say:{message.cause}", issue=message.issue, body=message.body, sticky=message.sticky
    )
    if message.asked is None or not message.asked.restore:
        return (words,)
    return _restored(message, message.asked), words


def answered(decision: Decision, message: m.Message) -> Decision:
    """With an answer where the order was asked for: a reaction to a comment that was obeyed, else words.

    A box that was ticked is put back first, so that it can be ticked again.
    """
    if message.asked is None or isinstance(message, m.Say):
        return decision
    asked = message.asked
    phase = _phase(decision.plan, message)
    if asked.restore:
        words = answers.refused(message, phase, decision.refused) if decision.refused else answers.done(message, phase)
        return decision.doing(_restored(message, asked), _words(message, asked, words))
    if decision.refused:
        return decision.doing(_words(message, asked, answers.refused(message, phase, decision.refused)))
    return decision.doing(
        React(plan=message.plan, key=f"react:{message.cause}", comment=asked.comment, content="+1"),
    )


def _restored(message: m.Message, asked: m.Asked) -> RestoreComment:
    return RestoreComment(plan=message.plan, key=f"restore:{message.cause}", comment=asked.comment, body=asked.restore)


def _words(message: m.Message, asked: m.Asked, words: str) -> SayOnIssue:
    return SayOnIssue(plan=message.plan, key=f"answer:{message.cause}", issue=asked.issue, body=words)


def _phase(plan: Plan, message: m.Message) -> Phase | None:
    key = getattr(message, "phase", None)
    return plan.phases.get(key) or plan.removed.get(key) if isinstance(key, str) else None
