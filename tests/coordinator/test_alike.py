"""Failures with one reason are told of once, however many they are."""

from __future__ import annotations

from datetime import timedelta

from services.commands.boxes import ticked
from services.coordinator.alike import SOON
from services.domain.attempts import Outcome
from services.domain.effects import PostComment
from services.domain.failure import Failure
from services.domain.messages import AttemptFinished, RetryPhase
from tests.plans import Story, loose, plan, published

NO_NETWORK = Failure("exit", "cannot reach the registry", tool="command")


def breaks(story: Story, key: str, failure: Failure = NO_NETWORK) -> list[PostComment]:
    """What is said when the phase has run and failed."""
    if story.status(key) != "running":
        story.starts(key)
    fence = story.attempt(key).fence
    cause = f"end/{key}/{fence}"
    report = AttemptFinished(plan="plan", cause=cause, phase=key, fence=fence, outcome=Outcome.BROKE, failure=failure)
    return [one for one in story.tell(report).effects if isinstance(one, PostComment)]


def test_the_second_of_a_kind_is_told_on_the_parent_with_the_first_and_the_third_is_added() -> None:
    story = Story(published(loose("a b c")))
    [alone] = breaks(story, "a")
    assert (alone.phase, alone.thread) == ("a", "")

    [two] = breaks(story, "b")
    [three] = breaks(story, "c")

    assert (two.phase, three.phase) == (None, None)
    assert two.thread == three.thread, "the same notice, with another count"
    assert two.key.startswith(two.thread)
    assert two.key != three.key
    assert three.body.startswith(
        "**3 phases failed for one reason.**\n\n"
        "`exit` in `command`: cannot reach the registry\n\n"
        "- **A** (#2) on attempt 1 after 0.0 s.\n"
        "- **B** (#3) on attempt 1 after 0.0 s.\n"
        "- **C** (#4) on attempt 1 after 0.0 s.\n"
    )
    at_once = three.body.replace("- [ ] `/phase retry", "- [x] `/phase retry")
    assert [one.verb for one in ticked(three.body, at_once)] == ["retry"] * 3, "its boxes work"


def test_another_reason_or_a_long_time_is_another_notice() -> None:
    story = Story(published(loose("a b c")))
    breaks(story, "a")
    [other] = breaks(story, "b", Failure("exit", "make test exited with 2", tool="command"))
    story.now += SOON + timedelta(seconds=1)
    [later] = breaks(story, "c")

    assert (other.phase, later.phase) == ("b", "c")


def test_what_they_block_is_told_along_with_them() -> None:
    story = Story(published(plan({"a": "", "b": "", "c": "b"})))
    breaks(story, "a")

    [said] = breaks(story, "b")

    assert "- **B** (#3) on attempt 1 after 0.0 s. Blocked by it: **C**." in said.body


def test_those_that_fail_again_after_a_retry_are_told_again() -> None:
    story = Story(published(loose("a b")))
    breaks(story, "a")
    [before] = breaks(story, "b")
    for key in ("a", "b"):
        story.says(RetryPhase, key)

    [alone] = breaks(story, "a")
    [after] = breaks(story, "b")

    assert alone.phase == "a"
    assert after.thread != before.thread
