"""How a run went: exit codes, and the summary people read."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.exits import Exit
from bot.cli.run.facts import Facts
from bot.cli.run.outcome import exit_of
from bot.cli.run.running import program
from bot.cli.run.summary import Summary
from services.domain.messages import ApprovePhase, CancelPlan
from services.domain.phase import Qa
from services.domain.plan import Plan, PlanState
from tests.cli.told import Told
from tests.plans import BY_HAND, CONTINUE, FAIL, LOCAL, Story, chain, diamond, loose, published


def _exit(plan: Plan, *, interrupted: bool = False, letters: bool = False) -> Exit:
    return exit_of(plan, interrupted=interrupted, has_dead_letters=letters)


def test_a_plan_that_is_done_is_done() -> None:
    assert _exit(Story(chain("a b")).passes("a", "b").plan) is Exit.DONE


def test_a_failed_phase_is_a_failure_and_so_is_what_it_blocks() -> None:
    story = Story(chain("a b"))
    story.breaks("a")

    assert _exit(story.plan) is Exit.FAILED


def test_a_failure_that_the_policy_takes_in_its_stride_is_none() -> None:
    story = Story(chain("a b", {"a": CONTINUE}))
    story.breaks("a")

    assert _exit(story.passes("b").plan) is Exit.DONE


def test_a_plan_that_was_stopped_has_failed() -> None:
    story = Story(loose("a b", {"a": FAIL}))
    story.breaks("a")

    assert _exit(story.plan) is Exit.FAILED


def test_a_cancelled_plan_is_not_done() -> None:
    story = Story(loose("a"))
    story.says_of_plan(CancelPlan)

    assert _exit(story.plan) is Exit.FAILED


def test_work_verdicts_and_approvals_of_people_are_no_failure() -> None:
    by_hand = Story(chain("a b", BY_HAND)).starts("a")
    verdict = Story(chain("a b", replace(LOCAL, qa=Qa.MANUAL))).passes("a")
    approval = Story(chain("a b", replace(LOCAL, approval=True)))

    assert [_exit(story.plan) for story in (by_hand, verdict, approval)] == [Exit.DONE] * 3
    approval.says(ApprovePhase, "a")
    assert _exit(approval.plan) is Exit.INTERRUPTED


def test_an_interruption_that_left_something_undone_can_be_resumed() -> None:
    story = Story(chain("a b")).passes("a")

    assert _exit(story.plan, interrupted=True) is Exit.INTERRUPTED
    assert _exit(story.passes("b").plan, interrupted=True) is Exit.DONE


def test_issues_that_could_not_be_written_leave_the_run_partial() -> None:
    story = Story(loose("a")).passes("a")

    assert _exit(story.plan, letters=True) is Exit.INTERRUPTED
    assert _exit(replace(story.plan, state=PlanState.PUBLISHING)) is Exit.INTERRUPTED


def test_phases_that_were_not_selected_do_not_count() -> None:
    story = Story(loose("a b", selected=frozenset({"a"}))).passes("a")

    assert _exit(story.plan) is Exit.DONE


def _summary(story: Story, code: Exit, *, has_policy: bool = True) -> list[str]:
    summary = Summary(
        plan=story.plan,
        facts=Facts(Told(story)),
        code=code,
        dead_letters=(),
        command="phasebot run plan.md",
        show_issues="phasebot localhub",
        has_policy=has_policy,
    )
    return list(summary.text())


def test_the_summary_names_error_log_and_what_is_blocked_and_the_command_to_try_again() -> None:
    story = Story(published(diamond())).passes("top", "right")
    story.breaks("left")

    assert _summary(story, Exit.FAILED) == [
        "\x1b[1mPlan\x1b[0m: blocked (2 completed, 1 failed, 1 blocked)",
        "  \x1b[32m✓\x1b[0m Top: completed, 0.0 s",
        "  \x1b[31m✗\x1b[0m Left: failed, 0.0 s",
        "      exit: left broke",
        "      log: /logs/left.log",
        "  \x1b[32m✓\x1b[0m Right: completed, 0.0 s",
        "  \x1b[31m⊘\x1b[0m Bottom: blocked",
        "      blocked by Left",
        "Issues: http://hub/ada/site/issues/1",
        "  served once this has ended by:  phasebot localhub",
        "To try the failed phases again (what is done stays done):",
        "  phasebot run plan.md",
    ]


def test_the_summary_of_work_by_hand_says_how_to_go_on() -> None:
    story = Story(published(chain("walls roof", BY_HAND))).starts("walls")

    told = "\n".join(_summary(story, Exit.DONE, has_policy=False))

    assert "1 of the 2 phases left waits for a person, because no policy says what to run." in told
    assert "http://hub/ada/site/issues/2" in told
    assert "phasebot localhub" in told
    assert "--wait" in told
    assert "--policy phasebot.yml" in told


def test_nothing_is_left_to_say_about_a_plan_that_is_done() -> None:
    story = Story(chain("a")).passes("a")

    assert _summary(story, Exit.DONE)[1:] == ["  \x1b[32m✓\x1b[0m A: completed, 0.0 s"]


@pytest.mark.parametrize(
    ("called", "path", "told"),
    [
        (".venv/bin/phasebot", "", ".venv/bin/phasebot"),
        (".venv/bin/phasebot", "installed", "phasebot"),
        ("/somewhere/bot/__main__.py", "", "phasebot"),
    ],
)
def test_commands_to_go_on_with_are_ones_that_a_shell_finds(
    called: str, path: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "phasebot").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / path) if path else "")
    monkeypatch.setattr(sys, "argv", [called])

    assert program() == told
