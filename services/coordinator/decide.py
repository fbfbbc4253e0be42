"""The decision: (plan, message, world, now) → (plan, effects, events). Pure, and the only way a plan ever changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.coordinator import amending, merging, orders, premises, reports, spending, waits
from services.coordinator.answering import answered, said
from services.coordinator.consequences import consequences, published, put_back
from services.coordinator.decision import Decision
from services.domain import messages as m
from services.domain.events import Event
from services.domain.plan import Plan
from services.domain.transitions import NoTransition
from services.domain.world import World


def decide(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    """What the message means for the plan.

    An order that does not fit the plan's state changes nothing and is answered in words (`refused`); a report that comes
    too late changes nothing and is recorded as stale. Raises KeyError for a phase that the plan does not have.
    """
    try:
        decision = _apply(plan, message, world, now)
    except NoTransition as refusal:
        decision = Decision(plan, refused=refusal.message)
    if decision.refused:
        return _refused(decision, message)
    after = published(amending.without_the_gone(decision.plan, now))
    decision = premises.settled(decision if after is decision.plan else replace(decision, plan=after), message, now)
    after = waits.timed(plan, merging.asked_for(decision.plan), now)
    decision = decision if after is decision.plan else replace(decision, plan=after)
    return answered(consequences(plan, decision, message), message)


def outdated(plan: Plan, message: m.Message) -> Decision:
    """The answer to an order that was meant for another version of the plan."""
    why = f"the plan has changed since: this was meant for version {message.expected} of it"
    return _refused(Decision(plan, refused=why), message)


def _refused(decision: Decision, message: m.Message) -> Decision:
    return answered(decision.noting(_about(message, "order_refused", why=decision.refused)), message)


def _apply(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    if plan.retracted_at is not None and isinstance(message, m.PutBack):
        return Decision(plan)  # what hands do to its issues is their business now
    if plan.retracted_at is not None and m.is_order(message):
        raise NoTransition("the plan was retracted: make a new one")
    match message:
        case m.AttemptFinished():
            return reports.finished(plan, message, world, now)
        case m.ClaimPhase():
            return orders.claim(plan, message, world, now)
        case m.AttemptDispatched():
            return reports.dispatched(plan, message)
        case m.AttemptHeld():
            return reports.held(plan, message)
        case m.AttemptTaken():
            return reports.taken(plan, message, world, now)
        case m.AttemptStarted():
            return reports.started(plan, message)
        case m.AttemptRenewed():
            return reports.renewed(plan, message, world, now)
        case m.PullSeen():
            return merging.seen(plan, message)
        case m.AskForMerge():
            return merging.ask_again(plan, message)
        case m.CompletePlan():
            return merging.complete(plan)
        case m.TimePassed():
            return reports.time_passed(plan, world, now)
        case m.IssueCreated():
            return Decision(orders.with_issue(plan, message.phase, message.issue))
        case m.DependenciesLinked():
            return Decision(orders.with_links(plan, message.phase))
        case m.StartPlan():
            return orders.start_plan(plan, message)
        case m.AmendPlan():
            return amending.amend(plan, message, now)
        case m.PausePlan():
            return orders.pause_plan(plan)
        case m.ResumePlan():
            return orders.resume_plan(plan)
        case m.CancelPlan():
            return orders.cancel_plan(plan, now)
        case m.PutBack():
            return Decision(plan, put_back(plan, message))
        case m.RetractPlan():
            return orders.retract_plan(plan, now)
        case m.PlanRetracted():
            return Decision(plan).noting(_about(message, "issues_retracted", **_retracted(message)))
        case m.ProjectSeen() | m.OwnDeed():
            return Decision(plan)  # the one is about no plan, of the other only the cause counts
        case m.Say():
            return Decision(plan, said(message))
        case m.BudgetsChanged():
            after = spending.rebudgeted(plan, message.budgets)
            return Decision(after).noting(_about(message, "budgets_changed")) if after is not plan else Decision(plan)
        case m.SetPriority():
            return orders.set_priority(plan, message)
        case _:
            return orders.about_phase(plan, message, now)


def _retracted(news: m.PlanRetracted) -> dict[str, object]:
    return {"closed": list(news.closed), "left": {str(one.issue): one.why.value for one in news.left}}


def _about(message: m.Message, kind: str, **facts: object) -> Event:
    return Event(kind, message.plan, message.cause, getattr(message, "phase", None), message.by, facts)
