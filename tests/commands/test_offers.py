"""Offers: what a button orders is never refused, whatever state the phase or the plan is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.commands.offers import verbs_for_phase, verbs_for_plan
from services.commands.orders import Giver, order_for
from services.coordinator.decide import decide
from services.domain.phase import Rules
from services.domain.plan import Plan, PlanState
from tests.plans import NOW, WORLD, Story, chain, published


def stories() -> Iterator[tuple[str, Plan]]:
    yield "waiting", chain("a b")
    yield "running", Story(chain("a b")).starts("a").plan
    yield "failed", _broken()
    yield "completed", Story(chain("a b")).passes("a").plan
    gate = chain("a b", Rules(executor="local", approval=True))
    yield "at the gate", gate
    yield "paused", replace(chain("a b"), state=PlanState.PAUSED)
    yield "cancelled", replace(chain("a b"), state=PlanState.CANCELLED)
    yield "planned", replace(chain("a b"), state=PlanState.PLANNED)
    yield "published", published(chain("a b"))
    yield "retracted", replace(published(chain("a b")), state=PlanState.CANCELLED, retracted_at=NOW)


def _broken() -> Plan:
    story = Story(chain("a b"))
    story.breaks("a")
    return story.plan


@pytest.mark.parametrize(("name", "plan"), list(stories()))
def test_what_is_offered_is_not_refused(name: str, plan: Plan) -> None:
    wanted = [(verb, phase) for phase in plan for verb in verbs_for_phase(plan, phase)]
    wanted += [(verb, None) for verb in verbs_for_plan(plan)]  # type: ignore[misc]

    for verb, phase in wanted:
        order = order_for(verb, plan, phase, Giver(by="ada", cause=f"{name}/{verb}", role="admin"))
        assert not decide(plan, order, WORLD, NOW).refused, (name, verb)


def test_each_state_offers_the_way_on() -> None:
    failed = _broken()
    gate = chain("a", Rules(executor="local", approval=True))

    assert verbs_for_phase(failed, failed.phase("a"))[0] == "retry"
    assert verbs_for_phase(gate, gate.phase("a"))[:2] == ("approve", "reject")
    assert verbs_for_plan(replace(failed, state=PlanState.PAUSED)) == ("resume", "cancel")
    assert verbs_for_plan(replace(failed, state=PlanState.PLANNED)) == ("start",)


def test_a_retracted_plan_offers_nothing() -> None:
    plan = replace(published(chain("a")), retracted_at=NOW)

    assert verbs_for_plan(plan) == ()
    assert verbs_for_phase(plan, plan.phase("a")) == ()
