"""What the bot says: state first, then why, what hangs on it, the way out, and the end of the output."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.coordinator import notices
from services.domain import messages as m
from services.domain.attempts import Outcome
from services.domain.failure import Failure
from services.domain.phase import Qa
from tests.plans import CONTINUE, FAIL, LOCAL, Story, chain, diamond, published


def broken(story: Story, key: str, failure: Failure) -> None:
    story.starts(key)
    story.now += timedelta(seconds=12)
    report = m.AttemptFinished(
        plan="plan", cause="end", phase=key, fence=story.attempt(key).fence, outcome=Outcome.BROKE, failure=failure
    )
    story.tell(report)


def test_a_failure_says_what_why_what_hangs_on_it_and_what_to_do() -> None:
    story = Story(published(chain("schema models api")))
    failure = Failure("exit", "make test exited with 2.", tool="command", details={"output_tail": "E  assert 1 == 2\n"})
    broken(story, "schema", failure)

    assert notices.failed(story.plan, story.phase("schema")) == (
        "**Schema** failed on attempt 1 after 12 s.\n\n"
        "`exit` in `command`: make test exited with 2.\n\n"
        "Blocked by this: **Models**, **Api**.\n\n"
        "What you can do:\n"
        "- fix the cause and run the plan again: phases that are done stay done, this one is tried anew\n"
        "- close this issue as **completed** if you have done the work yourself\n"
        "- close it as **not planned** to go on without it\n\n"
        "<details><summary>The end of the output</summary>\n\n"
        "```text\nE  assert 1 == 2\n```\n\n"
        "</details>"
    )


def test_a_failure_without_output_or_dependents_is_short() -> None:
    story = Story(published(chain("a")))
    broken(story, "a", Failure("exit", "It broke."))

    said = notices.failed(story.plan, story.phase("a"))
    assert "Nothing else waits for it." in said
    assert "<details>" not in said


def test_what_others_wrote_is_made_harmless() -> None:
    story = Story(published(chain("a b")))
    made = story.plan.with_phase(replace(story.phase("a"), title="Ask @grace <!-- phasebot -->"))
    story.plan = made
    broken(story, "a", Failure("exit", "closes #1 @everyone", details={"output_tail": "```\n@everyone"}))

    said = notices.failed(story.plan, story.phase("a"))
    assert "@grace" not in said
    assert "@everyone" not in said
    assert "<!--" not in said
    assert "closes #1" not in said


def test_all_that_one_cause_blocks_is_one_notice() -> None:
    story = Story(published(diamond()))
    story.breaks("top")
    waiting = [story.phase(key) for key in ("left", "right", "bottom")]

    assert notices.blocked(story.plan, waiting) == (
        "**3 phases are blocked**: **Top** (#2) failed (`exit`).\n\n"
        "- Left (#3) needs **Top**\n"
        "- Right (#4) needs **Top**\n"
        "- Bottom (#5) needs **Left**, **Right**\n\n"
        "They start by themselves as soon as what they need is completed or skipped.\n\n"
        "What you can do:\n"
        "- mend the cause and run the plan again: what is done stays done\n"
        "- close #2 as **completed** if the work is done, or as **not planned** to go on without it; "
        "that takes write access to this repository"
    )


def test_one_blocked_phase_is_spoken_of_in_the_singular_and_every_cause_is_named() -> None:
    story = Story(published(diamond())).passes("top")
    story.breaks("left")
    story.says(m.CancelPhase, "right")

    said = notices.blocked(story.plan, [story.phase("bottom")])
    assert said.startswith("**1 phase is blocked**: **Left** (#3) failed (`exit`) and **Right** (#4) was cancelled.")


def test_a_verdict_is_asked_for_with_the_ways_to_give_it() -> None:
    story = Story(published(chain("a", replace(LOCAL, qa=Qa.MANUAL)))).passes("a")

    assert notices.needs_verdict(story.phase("a")) == (
        "**A** is done and waits for a verdict on attempt 1 after 0.0 s.\n\n"
        "What you can do:\n"
        "- close this issue as **completed** to accept it\n"
        "- close it as **not planned** to go on without it"
    )


def test_a_numbered_phase_is_called_by_its_number() -> None:
    phase = replace(chain("a").phase("a"), number="1.5", title="Setup")

    assert notices.needs_approval(phase) == (
        "**Phase 1.5: Setup** could start now and waits for approval, as the policy asks."
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (0.44, "0.4 s"), (12, "12 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert notices.spoken(timedelta(seconds=seconds)) == words


def test_a_failure_that_the_plan_goes_on_without_says_so() -> None:
    story = Story(published(chain("a b", {"a": CONTINUE})))
    story.breaks("a")

    assert "The plan goes on without it." in notices.failed(story.plan, story.phase("a"))


def test_a_failure_that_stops_the_plan_says_so() -> None:
    story = Story(published(chain("a b", {"a": FAIL})))
    story.breaks("a")

    assert "The plan stops here" in notices.failed(story.plan, story.phase("a"))
