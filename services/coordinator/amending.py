"""Amending: a plan takes the shape of a new version of its document; what ran, runs or is done is respected.

A phase that is no longer in the document is removed: at once while it waits, has failed or was given up; when its execution
has ended, if it is in flight (until then it is `leaving`, and what needed it still waits for it). A completed phase is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from services.coordinator.decision import Decision
from services.coordinator.ticks import may_be_completed, with_ticks
from services.domain import messages as m
from services.domain.attempts import Outcome
from services.domain.effects import Effect, RefreshChild, ReviseParent
from services.domain.graph import Graph
from services.domain.phase import MANUAL, Phase, Rules
from services.domain.plan import Plan, PlanState, plan_of
from services.domain.texts import PlanText
from services.domain.transitions import PhaseState, Trigger
from services.publishing.bodies import child_block, child_title, parent_title
from services.publishing.publish import is_published

Needs = Mapping[str, tuple[str, ...]]


def amend(plan: Plan, order: m.AmendPlan, now: datetime) -> Decision:
    """The plan in its new shape. Raises Cyclic or KeyError for dependencies that make no graph."""
    shapes = {shape.key: shape for shape in order.phases}
    found = _joined(plan, order.phases, now)
    stay = [phase for phase in plan if phase.key not in shapes and _stays(phase)]
    leaving = {phase.key for phase in stay if phase.state is not PhaseState.COMPLETED}
    found |= {phase.key: replace(phase, leaving=phase.key in leaving) for phase in stay}
    needs = {key: _needs(plan, key, shapes.get(key), found, leaving) for key in _in_order(plan, order.phases, found)}
    after = _assembled(plan, found, needs, now)
    changed = {shape.key: shape.text for shape in order.phases if shape.text is not None}
    if after is plan and not changed and order.title == plan.title and order.old_overview is None:
        return Decision(_with_ticks(plan, plan, order, now))
    policy = plan.policy if order.policy is None else order.policy
    after = _published_again(replace(after, title=order.title, policy=policy, revision=plan.revision + 1))
    shown = (*_revised(plan, after, order), *_refreshed(plan, after, shapes, order.cause))
    return Decision(_with_ticks(plan, after, order, now), shown, text=PlanText(order.overview, changed))


def without_the_gone(plan: Plan, now: datetime) -> Plan:
    """Leaving phases go as soon as nothing of theirs is in flight any more."""
    if not plan.revision or not any(phase.leaving and not phase.is_in_flight for phase in plan):
        return plan
    found = {phase.key: phase if _is_over(phase) else _parting(phase) for phase in plan}
    gone = {key for key, phase in found.items() if phase.leaving and _is_over(phase)}
    needs = {key: tuple(need for need in plan.graph.needs[key] if need not in gone) for key in found if key not in gone}
    after = _assembled(plan, found, needs, now)
    return after if after is plan else replace(after, revision=plan.revision + 1)


# ---------------------------------------------------------------- phases


def _joined(plan: Plan, shapes: Iterable[m.PhaseShape], now: datetime) -> dict[str, Phase]:
    """The phases of the new document, in its order."""
    serial = max((phase.serial for phase in (*plan, *plan.removed.values())), default=0)
    found: dict[str, Phase] = {}
    for place, shape in enumerate(shapes, 1):
        known = plan.phases.get(shape.key)
        if known is None:
            serial += 1
            rules = shape.rules or Rules()
            known = Phase(
                shape.key, place, shape.title, shape.number, rules=rules, priority=rules.priority, serial=serial
            )
        found[shape.key] = _reshaped(known, shape, now)
    return found


def _reshaped(phase: Phase, shape: m.PhaseShape, now: datetime) -> Phase:
    """With other words and rules, which count from the next attempt on. An approval was for what it was given for, and for no
    other words or deeds: it is wanted again before they are tried."""
    rules = shape.rules or phase.rules
    if shape.paths is not None and shape.paths != phase.paths:
        phase = replace(phase, paths=shape.paths)
    approved_by = phase.approved_by if shape.text is None and _runs_alike(phase.rules, rules) else ""
    priority = phase.priority if rules.priority == phase.rules.priority else rules.priority
    wanted = (shape.title, shape.number, rules, approved_by, False)
    if wanted == (phase.title, phase.number, phase.rules, phase.approved_by, phase.leaving):
        return phase
    if _premises(rules) != _premises(phase.rules):
        phase = replace(phase, admitted=False, not_before=None)  # other conditions and windows are asked anew
    words = replace(phase, title=shape.title, number=shape.number, approved_by=approved_by, leaving=False)
    return _handed_over(replace(words, rules=rules, priority=priority), now)


def _runs_alike(old: Rules, new: Rules) -> bool:
    """What is carried out is the same; how often it is tried, and how long, is another matter."""
    return (old.executor, old.operations, old.workflow, old.ref) == (
        new.executor,
        new.operations,
        new.workflow,
        new.ref,
    )


def _premises(rules: Rules) -> tuple[object, ...]:
    return rules.when, rules.skip_when, rules.only_if, rules.windows


def _handed_over(phase: Phase, now: datetime) -> Phase:
    """A person's work that the policy now gives to a machine begins anew."""
    attempt = phase.attempt
    if phase.state is not PhaseState.RUNNING or attempt is None or attempt.executor != MANUAL:
        return phase
    if phase.rules.executor == MANUAL:
        return phase
    return phase.on(Trigger.BROKE_RETRYABLE, attempt=attempt.ended(Outcome.CANCELLED, now))


def _stays(phase: Phase) -> bool:
    """Though no longer in the document: it is done, or something of it may still be going on."""
    return not _is_over(phase) or (phase.state is PhaseState.COMPLETED and not phase.leaving)


def _is_over(phase: Phase) -> bool:
    """No execution, no verdict is to be waited for."""
    return not phase.is_in_flight and not (phase.attempt is not None and phase.attempt.state.is_live)


def _parting(phase: Phase) -> Phase:
    """A leaving phase whose old run is still ending is not run again, and holds nothing up but by that run."""
    if phase.leaving and phase.allows(Trigger.SKIP) and not phase.is_in_flight:
        return phase.on(Trigger.SKIP, not_before=None)
    return phase


# ---------------------------------------------------------------- the whole


def _in_order(plan: Plan, shapes: Iterable[m.PhaseShape], found: Mapping[str, Phase]) -> list[str]:
    """The new document's order; what stays without being in it comes after what it came after."""
    keys = [shape.key for shape in shapes]
    known, before = set(keys), ""
    for phase in plan:
        if phase.key in found:
            if phase.key not in known:
                keys.insert(keys.index(before) + 1 if before else 0, phase.key)
            before = phase.key
    return keys


def _needs(
    plan: Plan, key: str, shape: m.PhaseShape | None, found: Mapping[str, Phase], leaving: set[str]
) -> tuple[str, ...]:
    """As the document says; what is leaving is still waited for by those that needed it, and needs nothing itself."""
    if key in leaving:
        return ()
    old = plan.graph.needs.get(key, ())
    if shape is None:
        return tuple(need for need in old if need in found and found[need].state is PhaseState.COMPLETED)
    return (*shape.needs, *(need for need in old if need in leaving))


def _assembled(plan: Plan, found: Mapping[str, Phase], needs: Needs, now: datetime) -> Plan:
    """The plan of these phases, in the order of `needs`; itself, where nothing differs."""
    places = {key: place for place, key in enumerate(needs, 1)}
    phases = {key: _at(found[key], place) for key, place in places.items()}
    graph = Graph({key: tuple(sorted(wanted, key=places.__getitem__)) for key, wanted in needs.items()})
    if list(phases.items()) == list(plan.phases.items()) and graph == plan.graph:
        return plan
    gone = {phase.key: replace(phase, removed_at=now) for phase in plan if phase.key not in needs}
    return plan_of(replace(plan, phases=phases, graph=graph, removed={**plan.removed, **gone}))


def _with_ticks(before: Plan, after: Plan, order: m.AmendPlan, now: datetime) -> Plan:
    """What the document has come to call done is completed: a phase that joins in any case, another if that may be."""
    ticks = {shape.key: shape.ticked for shape in order.phases}
    may_be = [key for key in ticks if key not in before.phases or may_be_completed(after.phase(key))]
    return with_ticks(after, ticks, now, completed=may_be if order.completes else ())


def _at(phase: Phase, place: int) -> Phase:
    return phase if phase.ordinal == place else replace(phase, ordinal=place)


def _published_again(plan: Plan) -> Plan:
    """New phases need issues before the plan goes on."""
    if plan.state is PlanState.ACTIVE and plan.tracked and not is_published(plan):
        return replace(plan, state=PlanState.PUBLISHING)
    return plan


# ---------------------------------------------------------------- issues


def _revised(before: Plan, after: Plan, order: m.AmendPlan) -> Iterator[Effect]:
    """The parent, where its title or its overview is another."""
    is_shown = after.tracked and after.state is not PlanState.PLANNED
    if is_shown and (before.title != after.title or order.old_overview is not None):
        key, title = f"parent:{order.cause}", parent_title(before)
        yield ReviseParent(plan=after.id, key=key, old_title=title, old_overview=order.old_overview)


def _refreshed(before: Plan, after: Plan, shapes: Mapping[str, m.PhaseShape], cause: str) -> Iterator[Effect]:
    """The issues that now say something else, of phases that were there before."""
    if not after.tracked or after.state is PlanState.PLANNED:
        return
    for phase in after:
        old = before.phases.get(phase.key)
        shape = shapes.get(phase.key)
        if old is not None and (_says(before, old) != _says(after, phase) or (shape and shape.text)):
            yield RefreshChild(
                plan=after.id,
                key=f"child:{cause}:{phase.key}",
                phase=phase.key,
                old_title=child_title(old),
                old_place=old.place,
                old_text=shape.old_text if shape else None,
                dropped=tuple(
                    need for need in before.graph.needs[phase.key] if need not in after.graph.needs[phase.key]
                ),
            )


def _says(plan: Plan, phase: Phase) -> tuple[object, ...]:
    """What an issue says of the phase and of the plan around it, in words and in links."""
    return child_title(phase), phase.place, child_block(plan, phase), plan.graph.needs[phase.key]
