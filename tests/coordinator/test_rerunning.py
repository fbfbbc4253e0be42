"""Running again from a phase on, and somewhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.commands.orders import CommandInvalid, Giver, order_for
from services.coordinator.decide import decide
from services.domain.attempts import AttemptState
from services.domain.effects import StopAttempt
from services.domain.messages import RetryPhase
from services.domain.rules import ACTIONS, MANUAL, Rules
from tests.plans import LOCAL, NOW, WORLD, Story, chain, diamond


def test_a_phase_and_everything_after_it_run_again_once_the_old_runs_have_ended() -> None:
    story = Story(diamond())
    story.passes("top").starts("left", "right").ends("left")

    decision = story.tell(RetryPhase(plan="plan", cause="again", phase="top", dependents=True))

    assert {phase.key: phase.state.value for phase in story.plan} == dict.fromkeys(
        ("top", "left", "right", "bottom"), "waiting"
    )
    stopping = story.plan.phase("right").attempt
    assert stopping is not None
    assert stopping.state is AttemptState.STOPPING
    assert [one.phase for one in decision.effects if isinstance(one, StopAttempt)] == ["right"]
    assert story.plan.phase("top").failures == 0


def test_what_came_before_is_left_as_it_is() -> None:
    story = Story(chain("a b c"))
    story.passes("a", "b", "c")

    story.tell(RetryPhase(plan="plan", cause="again", phase="b", dependents=True))

    assert [phase.state.value for phase in story.plan] == ["completed", "waiting", "waiting"]


def test_a_retry_may_go_to_a_person_or_another_model_and_stays_there() -> None:
    story = Story(chain("a", replace(LOCAL, agent="coder")))
    story.breaks("a")

    story.tell(RetryPhase(plan="plan", cause="again", phase="a", executor=MANUAL, model="large"))

    rules, revision = story.plan.phase("a").rules, story.plan.revision
    assert (rules.executor, rules.model, revision) == (MANUAL, "large", 1)


@pytest.mark.parametrize(
    ("rules", "executor", "said"),
    [
        (LOCAL, ACTIONS, "names no workflow"),
        (Rules(executor=ACTIONS, workflow="x.yml"), "local", "does not let this phase run on our machines"),
        (LOCAL, "moon", "there is no executor `moon`"),
    ],
)
def test_a_retry_goes_nowhere_that_the_policy_has_not_prepared(rules: Rules, executor: str, said: str) -> None:
    story = Story(chain("a", rules))
    story.breaks("a")

    order = RetryPhase(plan="plan", cause="again", phase="a", executor=executor)
    decision = decide(story.plan, order, WORLD, NOW)

    assert said in decision.refused
    assert decision.plan is story.plan


def test_how_to_retry_is_said_in_words() -> None:
    plan = chain("a b")

    ada = Giver(by="ada", cause="1")

    order = order_for("retry", plan, plan.phase("b"), ada, "model=large with-dependents")

    assert order == RetryPhase(plan="plan", cause="1", by="ada", phase="b", dependents=True, model="large")
    with pytest.raises(CommandInvalid, match="does not know `loudly`"):
        order_for("retry", plan, plan.phase("b"), ada, "loudly")
