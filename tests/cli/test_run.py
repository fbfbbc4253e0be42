"""`phasebot run`, as a process: what it does, says and leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.localhub import Hub
from tests.cli.process import Ended, Phasebot
from tests.cli.samples import ALL_PASS, CHAIN, DIAMOND, PROSE, WALLS_FAIL, many

UNTIL_MENDED = """\
version: 1
phases:
  - match: Walls
    operations:
      - {tool: command, run: "test -e mended"}
  - match: "*"
    operations:
      - {tool: command, run: "sh -c 'echo ran >> ran-{number}'"}
"""


def _run(phasebot: Phasebot, plan: str, policy: str | None = ALL_PASS, *more: str) -> Ended:
    phasebot.write("plan.md", plan)
    arguments = ["run", "plan.md", *more]
    if policy is not None:
        phasebot.write("phasebot.yml", policy)
        arguments += ["--policy", "phasebot.yml"]
    return phasebot(*arguments)


def _titles(phasebot: Phasebot, state: str) -> list[str]:
    """The titles of the issues on this machine, oldest first, as a later reader finds them."""
    (file,) = phasebot.home.rglob("localhub.db")
    hub = Hub(file)
    try:
        (name,) = [row["full_name"] for row in hub.db.rows("SELECT full_name FROM repositories")]
        return [issue.title for issue in hub.repository(name).issues if issue.state == state]
    finally:
        hub.close()


def test_phases_run_in_order_and_the_issues_tell_of_it(phasebot: Phasebot) -> None:
    done = _run(phasebot, CHAIN)

    assert (done.code, done.err.splitlines()[0]) == (0, "plan       Build a shed (3 phases)")
    changes = [line for line in done.err.splitlines() if line.startswith(("running", "completed"))]
    assert [line.split(" (")[0] for line in changes] == [
        "running    1: Foundation",
        "completed  1: Foundation",
        "running    2: Walls",
        "completed  2: Walls",
        "running    3: Roof",
        "completed  3: Roof",
    ]
    assert done.out.startswith("Build a shed: completed (3 completed)\n")
    assert "Issues: http://127.0.0.1:" in done.out
    assert _titles(phasebot, "closed") == [
        "[Multi-Phase] Build a shed",
        "Phase 1: Foundation",
        "Phase 2: Walls",
        "Phase 3: Roof",
    ]


def test_a_failure_is_told_with_its_log_and_what_it_blocks(phasebot: Phasebot) -> None:
    done = _run(phasebot, CHAIN, WALLS_FAIL)

    assert done.code == 1
    assert "✗ 2: Walls: failed" in done.out
    assert "command_failed in command: " in done.out
    assert "⊘ 3: Roof: blocked\n      blocked by 2: Walls" in done.out
    assert "phasebot run plan.md --policy phasebot.yml\n" in done.out
    log = next(line.split("log: ")[1] for line in done.out.splitlines() if "log: " in line)
    assert Path(log).read_text(encoding="utf-8") == "the saw is blunt\n"


def test_running_the_same_file_again_tries_what_failed_and_leaves_what_is_done(phasebot: Phasebot) -> None:
    assert _run(phasebot, CHAIN, UNTIL_MENDED).code == 1
    phasebot.write("mended", "")

    again = _run(phasebot, CHAIN, UNTIL_MENDED)

    assert again.code == 0
    assert again.err.startswith("resumed    Build a shed (3 phases)\n")
    assert (phasebot.folder / "ran-1").read_text(encoding="utf-8") == "ran\n"
    assert len(_titles(phasebot, "closed")) == 4


def test_a_finished_plan_is_summed_up_and_again_makes_a_new_one(phasebot: Phasebot) -> None:
    _run(phasebot, CHAIN, UNTIL_MENDED.replace("test -e mended", "true"))
    once = _run(phasebot, CHAIN, UNTIL_MENDED.replace("test -e mended", "true"))
    assert once.out.startswith("Build a shed: completed")
    assert (phasebot.folder / "ran-1").read_text(encoding="utf-8") == "ran\n"

    anew = _run(phasebot, CHAIN, UNTIL_MENDED.replace("test -e mended", "true"), "--again")

    assert anew.code == 0
    assert (phasebot.folder / "ran-1").read_text(encoding="utf-8") == "ran\nran\n"
    assert len(_titles(phasebot, "closed")) == 8


def test_a_plan_that_was_changed_is_amended_and_it_says_so(phasebot: Phasebot) -> None:
    _run(phasebot, CHAIN, UNTIL_MENDED)

    again = _run(phasebot, DIAMOND, UNTIL_MENDED)

    assert again.code == 1
    assert "notice     The file has changed since this plan was made; the plan was amended:" in again.err
    assert "+ 4: Door" in again.err
    assert "4: Door" in again.out


def test_for_machines_there_is_one_object_a_line_and_nothing_else(phasebot: Phasebot) -> None:
    done = _run(phasebot, CHAIN, WALLS_FAIL, "--json")

    assert done.code == 1
    events = [record["event"] for record in done.records]
    assert (events[0], events[-1]) == ("plan", "summary")
    (summary,) = done.events("summary")
    assert summary["exit_code"] == 1
    assert [phase["status"] for phase in summary["phases"]] == ["completed", "failed", "blocked"]
    assert summary["phases"][1]["error"]["type"] == "command_failed"
    assert summary["phases"][2]["reason"]["code"] == "dependency_failed"
    seen = [(record["key"], record["status"]) for record in done.events("phase")]
    assert seen.index(("1-foundation", "completed")) < seen.index(("2-walls", "running"))


def test_without_issues_nothing_is_published(phasebot: Phasebot) -> None:
    done = _run(phasebot, CHAIN, ALL_PASS, "--no-issues")

    assert done.code == 0
    assert "Issues:" not in done.out
    assert not [name for name in phasebot.files() if "localhub" in name]


def test_without_a_policy_the_plan_is_published_and_people_are_told_how_to_go_on(phasebot: Phasebot) -> None:
    done = _run(phasebot, CHAIN, None)

    assert done.code == 0
    assert "1 of the 3 phases left waits for a person, because no policy says what to run." in done.out
    assert "phasebot localhub" in done.out
    assert "--wait" in done.out
    assert len(_titles(phasebot, "open")) == 4


def test_only_selected_phases_run(phasebot: Phasebot) -> None:
    done = _run(phasebot, DIAMOND, UNTIL_MENDED, "--phases", "foundation")

    assert done.code == 0
    assert (phasebot.folder / "ran-1").exists()
    assert not (phasebot.folder / "ran-4").exists()


def test_a_phase_whose_dependency_is_done_already_may_be_selected_alone(phasebot: Phasebot) -> None:
    phasebot.write("mended", "")
    _run(phasebot, DIAMOND, UNTIL_MENDED, "--phases", "1,2")

    done = _run(phasebot, DIAMOND, UNTIL_MENDED, "--phases", "Door")

    assert done.code == 0
    assert (phasebot.folder / "ran-4").exists()
    assert not (phasebot.folder / "ran-3").exists()


def test_a_phase_whose_dependency_is_not_done_is_refused_unless_that_is_ignored(phasebot: Phasebot) -> None:
    refused = _run(phasebot, CHAIN, UNTIL_MENDED, "--phases", "Roof")
    assert refused.code == 2
    assert "error: --phases: “3: Roof” needs “2: Walls”, which is not done and was not selected" in refused.err

    done = _run(phasebot, CHAIN, UNTIL_MENDED, "--phases", "Roof", "--ignore-dependencies")
    assert done.code == 0
    assert (phasebot.folder / "ran-3").exists()
    assert not (phasebot.folder / "ran-1").exists()


def test_a_plan_from_stdin_is_known_by_its_title(phasebot: Phasebot) -> None:
    phasebot.write("phasebot.yml", UNTIL_MENDED)
    arguments = ["run", "-", "--policy", "phasebot.yml", "--title", "Shed"]

    first = phasebot(*arguments, given=CHAIN.encode())
    phasebot.write("mended", "")
    second = phasebot(*arguments, given=CHAIN.encode())

    assert (first.code, second.code) == (1, 0)
    assert second.err.startswith("resumed    Shed (3 phases)")


def test_a_text_without_phases_may_be_one_phase(phasebot: Phasebot) -> None:
    done = _run(phasebot, PROSE, ALL_PASS, "--single")

    assert done.code == 0
    assert done.out.startswith("Notes: completed (1 completed)")


def test_twenty_phases_go_through(phasebot: Phasebot) -> None:
    done = _run(phasebot, many(20), ALL_PASS, "--no-issues")

    assert done.code == 0
    assert done.out.startswith("Many steps: completed (20 completed)")


def test_too_many_workers_are_warned_about_once(phasebot: Phasebot) -> None:
    done = _run(phasebot, CHAIN, ALL_PASS, "--no-issues", "--workers", "10000")

    assert done.code == 0
    assert done.err.count("warning: 10000 workers were asked for") == 1
    assert "warning" not in done.out


def test_entries_of_the_policy_that_match_nothing_are_warned_about(phasebot: Phasebot) -> None:
    done = _run(phasebot, CHAIN, ALL_PASS.replace('"*"', "Wals"), "--dry-run")

    assert done.code == 0
    assert done.err == "warning: phasebot.yml:3: no phase of the plan matches `Wals`. Did you mean `Walls`?\n"


@pytest.mark.parametrize("more", [[], ["--json"], ["-v"], ["--repo", "acme/site"]])
def test_a_dry_run_writes_nothing_anywhere(phasebot: Phasebot, more: list[str]) -> None:
    done = _run(phasebot, CHAIN, WALLS_FAIL, "--dry-run", *more)

    assert done.code == 0
    assert phasebot.files() == {"work/plan.md", "work/phasebot.yml"}


def test_a_dry_run_shows_the_issues_that_a_run_then_creates(phasebot: Phasebot) -> None:
    shown = json.loads(_run(phasebot, CHAIN, ALL_PASS, "--dry-run", "--json").out)
    _run(phasebot, CHAIN, ALL_PASS)

    assert [issue["title"] for issue in shown["issues"]] == _titles(phasebot, "closed")


def test_a_dry_run_shows_commands_as_they_will_run(phasebot: Phasebot) -> None:
    policy = ALL_PASS.replace('"true"', "\"build --title {title} --number {number} 'two words'\"")

    shown = json.loads(_run(phasebot, CHAIN, policy, "--dry-run", "--json", "--phases", "1").out)

    first, second, _ = shown["phases"]
    assert first["operations"][0]["argv"] == ["build", "--title", "Foundation", "--number", "1", "two words"]
    assert (first["selected"], second["selected"]) == (True, False)
    assert second["depends_on"] == ["1-foundation"]


def test_a_dry_run_is_readable(phasebot: Phasebot) -> None:
    shown = _run(phasebot, CHAIN, WALLS_FAIL, "--dry-run").out

    assert "issue  Phase 2: Walls  [phase-2, multi-phase-child]\n       blocked by 1: Foundation\n" in shown
    assert "command: sh -c 'echo the saw is blunt; exit 3'" in shown
    assert "requests to the tracker on this machine" in shown
