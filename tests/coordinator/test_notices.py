"""What the bot says: state first, then why, what hangs on it, the way out, and the end of the output."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.commands.boxes import ticked
from services.commands.naming import phase_named
from services.coordinator import notices
from services.coordinator.decision import Decision
from services.domain import messages as m
from services.domain.attempts import Outcome
from services.domain.effects import PostComment
from services.domain.failure import Failure
from services.domain.phase import Qa
from services.domain.rules import Approvers, Escalation
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
        "What you can do, with write access (tick a box, or say it in a comment):\n"
        "- [ ] `/phase retry` runs it again, once the cause is mended\n"
        "- [ ] `/phase complete` if you have done the work yourself; closing this issue as **completed** says the same\n"
        "- [ ] `/phase skip` goes on without it; closing this issue as **not planned** says the same\n\n"
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
        "What you can do, with write access (tick a box, or say it in a comment):\n"
        "- [ ] `/phase retry #2` runs **Top** again, once the cause is mended\n"
        "- [ ] `/phase skip #2` goes on without it"
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
        "What you can do, with write access (tick a box, or say it in a comment):\n"
        "- [ ] `/phase approve` accepts it\n"
        "- [ ] `/phase reject` refuses it\n"
        "- [ ] `/phase skip` goes on without it"
    )


def test_a_numbered_phase_is_called_by_its_number() -> None:
    phase = replace(chain("a").phase("a"), number="1.5", title="Setup")

    assert notices.needs_approval(phase) == (
        "**Phase 1.5: Setup** could start now and waits for approval, as the policy asks.\n\n"
        "What you can do, with write access (tick a box, or say it in a comment):\n"
        "- [ ] `/phase approve` lets it start\n"
        "- [ ] `/phase reject` gives it up"
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


def said_by(decision: Decision, what: str) -> list[PostComment]:
    return [one for one in decision.effects if isinstance(one, PostComment) and one.key.startswith(what)]


def test_a_retry_that_fails_again_repeats_no_list_of_what_is_blocked() -> None:
    story = Story(published(chain("a b c")))
    (first,) = said_by(story.breaks("a"), "blocked:")
    story.says(m.RetryPhase, "a")
    again = story.breaks("a")
    (same,) = said_by(again, "blocked:")
    assert same.key == first.key, "the outbox leaves out what it has posted"
    assert said_by(again, "failed:"), "that it failed again is news"


def test_the_last_automatic_retry_is_told_of() -> None:
    story = Story(published(chain("a", replace(LOCAL, retries=1))))
    story.breaks("a", retryable=True)
    story.waits_until_woken()
    story.breaks("a", retryable=True)
    assert "failed on attempt 2 after 0.0 s, and no automatic retry is left." in notices.failed(
        story.plan, story.phase("a")
    )


def test_a_failure_that_holds_up_the_plan_for_too_long_is_told_again() -> None:
    patience = replace(LOCAL, escalation=Escalation(timedelta(hours=2), Approvers(people=("grace",))))
    story = Story(published(chain("a b", patience)))
    story.breaks("a")
    assert said_by(story.waits(timedelta(hours=1)), "expired:") == []
    (told,) = said_by(story.waits(timedelta(hours=1)), "expired:")
    assert told.body.startswith("**A** failed 2 h 0 min ago, and still holds up the plan.")
    assert "@grace" in told.body
    assert said_by(story.waits(timedelta(hours=9)), "expired:") == [], "once is enough"


def test_a_box_names_the_phase_where_it_has_to() -> None:
    story = Story(published(diamond()))
    story.breaks("top")
    said = notices.blocked(story.plan, [story.phase("left")])
    (retry, _) = ticked(said, said.replace("[ ]", "[x]"))
    assert phase_named(story.plan, retry.rest).key == "top"
