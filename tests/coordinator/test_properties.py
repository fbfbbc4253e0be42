"""Of plans of any shape that are told anything: statuses follow from the facts, and deciding is pure."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.coordinator.advance import advance, allocate
from services.coordinator.decide import decide
from services.domain.attempts import Outcome
from services.domain.failure import Failure
from services.domain.messages import AmendPlan, AttemptFinished, ClaimPhase, Message, TimePassed
from services.domain.phase import MANUAL, OnError, Qa, Rules
from services.domain.plan import Plan, plan_of
from services.domain.world import Limits, World
from tests.exploration.invariants import ALL, expected_statuses, step, time_that_has_been_told_is_not_waited_for
from tests.exploration.moves import EVERYTHING
from tests.plans import NOW, WORLD, plan

_rules = st.builds(
    Rules,
    executor=st.sampled_from(["local", "actions", MANUAL]),
    on_error=st.sampled_from(OnError),
    retries=st.integers(0, 2),
    timeout=st.sampled_from([None, timedelta(minutes=5)]),
    approval=st.booleans(),
    qa=st.sampled_from(Qa),
    operations=st.just(()),
)
_PHASE_WORDS = sorted(one.__name__ for one in EVERYTHING if "phase" in one.__dataclass_fields__)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any graph of up to eight phases, any rules."""
    keys = [f"p{number}" for number in range(draw(st.integers(1, 8)))]
    needs = {
        key: " ".join(draw(st.sets(st.sampled_from(keys[:place])))) if place else "" for place, key in enumerate(keys)
    }
    return plan(needs, {key: draw(_rules) for key in keys})


@dataclass(frozen=True)
class Told:
    """One message, with the moment it comes at."""

    message: Message
    after: timedelta


@st.composite
def stories(draw: st.DrawFn) -> tuple[Plan, list[Told]]:
    """A plan, and what it is told; reports mostly have a fence that may exist."""
    made = draw(plans())
    return made, draw(
        st.lists(st.builds(Told, _messages(made), st.timedeltas(timedelta(), timedelta(minutes=3))), max_size=30)
    )


def _messages(made: Plan) -> st.SearchStrategy[Message]:
    keys = st.sampled_from(list(made.phases))
    common = {"plan": st.just("plan"), "cause": st.just("cause")}
    about = [
        st.builds(
            kind,
            **common,
            phase=keys,
            **({"fence": st.integers(0, 12)} if "fence" in kind.__dataclass_fields__ else {}),
        )
        for kind in sorted(EVERYTHING, key=lambda one: one.__name__)
        if kind.__name__ in _PHASE_WORDS and kind not in (AttemptFinished, ClaimPhase)  # they have strategies below
    ]
    broke = st.builds(Failure, st.just("exit"), st.just("It broke."), retryable=st.booleans())
    ended = st.builds(
        AttemptFinished, **common, phase=keys, fence=st.integers(1, 12), outcome=st.sampled_from(Outcome), failure=broke
    )
    claims = st.builds(ClaimPhase, **common, phase=keys)
    # an amended shape is only given whole: test_amending has stories of its own for it
    plain = sorted(EVERYTHING - {AmendPlan}, key=repr)
    others = [st.builds(kind, **common) for kind in plain if kind.__name__ not in _PHASE_WORDS]
    return st.one_of(claims, claims, ended, ended, *about, *others)


_AT_ONE_MOMENT = (time_that_has_been_told_is_not_waited_for,)
_AT_ANY_MOMENT = replace(ALL, of_steps=tuple(one for one in ALL.of_steps if one not in _AT_ONE_MOMENT))


@given(stories())
@settings(max_examples=200, deadline=None)
def test_whatever_a_plan_is_told_every_invariant_of_a_step_holds(story: tuple[Plan, list[Told]]) -> None:
    now, current = NOW, story[0]
    for told in story[1]:
        now += told.after
        made = step(current, told.message, decide(current, told.message, WORLD, now))
        assert _AT_ANY_MOMENT.broken_by(made) is None
        current = made.after
        assert {phase.key: phase.status for phase in current} == expected_statuses(current)
        assert plan_of(current) == current


@given(stories())
@settings(max_examples=100, deadline=None)
def test_deciding_is_pure(story: tuple[Plan, list[Told]]) -> None:
    current = story[0]
    for told in story[1]:
        kept = deepcopy(current)
        first, second = (decide(current, told.message, WORLD, NOW + told.after) for _ in range(2))
        assert first == second
        assert current == kept
        current = first.plan


@given(plans(), st.integers(0, 3), st.integers(0, 3))
@settings(deadline=None)
def test_starting_whoever_gets_a_slot_never_takes_more_than_there_are(made: Plan, running: int, local: int) -> None:
    world = World(limits=Limits(running=running, executors={"local": local}))
    chosen = [one.phase for one in allocate(advance(made, world, NOW), world).chosen]
    machine = [phase for phase in chosen if phase.rules.executor != MANUAL]

    assert len(machine) <= running
    assert sum(phase.rules.executor == "local" for phase in machine) <= local
    assert len(set(chosen_keys := [phase.key for phase in chosen])) == len(chosen_keys)


@given(stories())
@settings(max_examples=100, deadline=None)
def test_a_plan_left_alone_asks_to_be_woken_only_for_what_is_to_come(story: tuple[Plan, list[Told]]) -> None:
    now, current = NOW, story[0]
    for told in story[1]:
        now += told.after
        current = decide(current, told.message, WORLD, now).plan
    current = decide(current, TimePassed(plan="plan", cause="time"), WORLD, now).plan

    assert _waits_for(current, now) is None


def _waits_for(current: Plan, now: datetime) -> str | None:
    """What the plan still waits for though it is over."""
    return next((phase.key for phase in current if phase.not_before is not None and phase.not_before <= now), None)
