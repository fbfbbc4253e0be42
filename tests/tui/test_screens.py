"""What the screens show, and what the keys do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.tui import home
from bot.web.auth import Access
from tests.web.conftest import TOKEN, served

from .conftest import PLAN, Eyes, Stage, looking


def test_a_failed_phase_is_found_understood_and_run_again(stage: Stage) -> None:
    plan = stage.upload()["id"]

    async def look(eyes: Eyes) -> None:
        await eyes.sees("● live", "✗ failed", "2 Tests", "▶ running", "■ blocked", "4 Release")
        await eyes.press("slash", *"failed", "enter")
        await eyes.sees("✗ failed  2 Tests", "Why", "one test failed")
        await eyes.press("2")
        await eyes.sees("Try it [bold]all[/bold].")
        await eyes.press("3")
        await eyes.sees("✗ failed", "local")
        await eyes.press("enter")
        await eyes.sees("attempt 1: ended", "one test failed")

        (stage.folder / "fixed").touch()
        await eyes.press("a")
        await eyes.sees("retry", "Run a phase again")
        await eyes.press("enter")
        await eyes.sees("retry: 2 Tests", "y or Enter does it")
        await eyes.press("y")
        await eyes.sees("✓ completed  2 Tests")
        stage.open_gate()
        await eyes.press("escape", "escape")
        await eyes.sees("▶ running", "4 Release", holds=lambda seen: "3 Pages" not in seen)

    looking(stage.bot.url, look)
    assert stage.statuses(plan) == ["completed", "completed", "completed", "running"]


def test_the_log_of_what_runs_is_followed(stage: Stage) -> None:
    stage.upload()

    async def look(eyes: Eyes) -> None:
        await eyes.sees("✗ failed", "▶ running", "3 Pages")
        await eyes.press("slash", *"running", "enter")
        await eyes.sees("Executor")
        await eyes.press("l")
        await eyes.sees("still running", "begun")
        stage.open_gate()
        await eyes.sees("attempt 1: ended", "ended")

    looking(stage.bot.url, look)


def test_what_was_put_out_has_no_colours_of_its_own(stage: Stage) -> None:
    stage.open_gate()
    stage.upload()

    async def look(eyes: Eyes) -> None:
        await eyes.press("2")
        await eyes.sees("Site")
        await eyes.press("enter")
        await eyes.sees("✓ completed", "1 Setup")
        await eyes.press("enter", "4")
        await eyes.sees("first line", "red line", holds=lambda seen: "\x1b" not in seen and "[31m" not in seen)

    looking(stage.bot.url, look)


def test_a_plan_shows_phases_graph_and_events_and_takes_orders(stage: Stage) -> None:
    plan = stage.upload()

    async def look(eyes: Eyes) -> None:
        await eyes.press("2")
        await eyes.sees("Plan", "of 4")
        await eyes.press("enter")
        await eyes.sees("▶ running  Site", "1 Setup", "2, 3")
        await eyes.press("2")
        seen = await eyes.sees("1 Setup", "also after 2")
        assert seen.index("3 Pages") < seen.index("4 Release  also after 2")
        await eyes.press("3")
        await eyes.sees("plan active", "phasebot")
        await eyes.press("a")
        await eyes.sees("pause", "priority")
        await eyes.press("enter", "y")
        await eyes.sees("‖ paused  Site")
        await eyes.press("a", "up", "enter")
        await eyes.sees("urgent, high, normal")
        await eyes.press(*"high", "enter")
        await eyes.sees("priority 20")
        await eyes.press("a", "up", "enter")
        await eyes.sees("urgent, high, normal")
        await eyes.press(*"soon", "enter")
        await eyes.sees("`soon` is no priority")

    looking(stage.bot.url, look)
    assert stage.bot.get(f"/api/plans/{plan['id']}")["priority"] == 20


def test_lists_are_narrowed_by_status_words_and_project(stage: Stage) -> None:
    stage.upload()
    project = stage.bot.get("/api/projects")["projects"][0]["id"]

    async def look(eyes: Eyes) -> None:
        await eyes.sees("✗ failed", "4 Release")
        await eyes.press("f")
        await eyes.sees("phases: running", "3 Pages", holds=lambda seen: "2 Tests" not in seen)
        await eyes.press("F", "F")
        await eyes.sees("phases: all", "1 Setup", "2 Tests")
        await eyes.press("slash", *"nothing like it")
        await eyes.sees("Nothing has these words")
        await eyes.press("escape")
        await eyes.sees("1 Setup")
        await eyes.press("3")
        await eyes.sees(project, "open")
        await eyes.press("enter")
        await eyes.sees(f"project: {project}", "1 Setup")
        await eyes.press("p")
        await eyes.sees("1 Setup", holds=lambda seen: "project:" not in seen)

    looking(stage.bot.url, look)


def test_nobody_is_offered_what_they_may_not_do(stage: Stage) -> None:
    plan = stage.upload()["id"]
    made = stage.bot.post("/api/tokens", {"name": "eyes", "role": "viewer"})

    async def look(eyes: Eyes) -> None:
        await eyes.press("2")
        await eyes.sees("of 4", "Search", holds=lambda seen: "Upload" not in seen)
        await eyes.press("u", "enter")
        await eyes.sees("1 Setup")
        await eyes.press("a")
        await eyes.sees("There is nothing that you can do")
        await eyes.press("escape", "escape", "4")
        await eyes.sees("▶ running", "command")
        await eyes.press("a")
        await eyes.sees("There is nothing that you can do", "running  command")

    job = stage.bot.post("/api/tools/command/execute", {"arguments": {"run": "sleep 600"}})
    looking(stage.bot.url, look, token=made["token"])
    assert stage.bot.get(f"/api/jobs/{job['id']}")["state"] == "running"
    assert stage.bot.get(f"/api/plans/{plan}")["state"] == "active"


def test_jobs_are_listed_looked_at_and_ended(stage: Stage) -> None:
    async def look(eyes: Eyes) -> None:
        await eyes.sees("● live", "u Upload")
        await eyes.press("4")
        await eyes.sees("No tool was run on request")
        script = "printf 'look [bold]here[/bold]\\n\\033[31mred\\033[0m\\n'; exec sleep 600"
        job = stage.bot.post("/api/tools/command/execute", {"arguments": {"run": script, "shell": True}})
        await eyes.sees("▶ running", "command", "operator")
        await eyes.press("enter")
        await eyes.sees(f"▶ running  command {job['id']}", "May take", "600 s", '"shell": true')
        await eyes.press("2")
        await eyes.sees("look [bold]here[/bold]", "red", holds=lambda seen: "\x1b" not in seen)
        await eyes.press("a")
        await eyes.sees("cancel: command", "y or Enter does it")
        await eyes.press("y")
        await eyes.sees("- cancelled  command")
        await eyes.press("1")
        await eyes.sees("output_tail")
        await eyes.press("a")
        await eyes.sees("There is nothing that you can do")
        await eyes.press("escape")
        await eyes.sees("- cancelled", "command")

    looking(stage.bot.url, look)


def test_changes_are_shown_as_they_happen(stage: Stage) -> None:
    async def look(eyes: Eyes) -> None:
        await eyes.sees("● live", "There is no plan yet")
        plan = stage.upload()
        await eyes.sees("3 Pages", "▶ running")
        stage.bot.post(f"/api/phases/{plan['phases'][1]['queue_id']}/skip")
        await eyes.sees("3 Pages", holds=lambda seen: "2 Tests" not in seen)

    looking(stage.bot.url, look)


def test_a_lost_connection_is_said_and_found_again(stage: Stage) -> None:
    stage.upload()
    access = Access(TOKEN, local_only=True)

    async def look(eyes: Eyes) -> None:
        await eyes.sees("● live", "2 Tests")
        server.__exit__(None, None, None)
        seen = await eyes.sees("CONNECTION LOST, trying again")
        assert "2 Tests" in seen  # what was known is still there
        await eyes.press("r")
        await eyes.sees("CONNECTION LOST")

    server = served(stage.bot.phasebot, access)
    looking(server.__enter__(), look)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 10)])
def test_it_fits_its_terminal_and_stays_up_when_that_changes(stage: Stage, size: tuple[int, int]) -> None:
    stage.upload()

    async def look(eyes: Eyes) -> None:
        for keys in (["2"], ["enter"], ["2"], ["escape"], ["1"], ["enter"], ["4"], ["question_mark"]):
            await eyes.press(*keys)
            await eyes.sees(holds=lambda seen: all(len(line) <= eyes.app.size.width for line in seen.split("\n")))
        for width, height in ((20, 5), (200, 60), size):
            await eyes.pilot.resize_terminal(width, height)
            await eyes.sees(holds=_has_lines(height))
        await eyes.press("escape")
        await eyes.sees("Log")

    looking(stage.bot.url, look, size=size)


def _has_lines(height: int) -> Callable[[str], bool]:
    return lambda seen: len(seen.split("\n")) == height


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that people are in: names of files are relative to it, and each key costs time."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_uploaded_looked_at_and_published(stage: Stage, here: Path) -> None:
    (here / "new.md").write_text("# New [bold]site\n\n## Phase 1: Ground\n\n- [ ] T1 Dig\n\n## Phase 2: Walls\n\nUp.\n")

    async def look(eyes: Eyes) -> None:
        await eyes.sees("There is no plan yet. u uploads one")
        await eyes.press("u")
        await eyes.sees("Upload a plan", "Enter reads it")
        await eyes.press(*"new.md", "enter")
        await eyes.sees("New [bold]site  2 phases", "1 Ground", "2 Walls", "manual", "c publishes, d discards")
        assert stage.bot.get("/api/plans")["plans"] == []
        await eyes.press("c")
        await eyes.sees("publish: New [bold]site", "y or Enter does it")
        await eyes.press("n")
        await eyes.sees("1 Ground")
        await eyes.press("c", "y")
        await eyes.sees("running  New [bold]site", "Why")
        await eyes.press("escape")
        await eyes.sees("1 Queue", "1 Ground")

    looking(stage.bot.url, look)
    assert [plan["title"] for plan in stage.bot.get("/api/plans")["plans"]] == ["New [bold]site"]


def test_what_cannot_be_a_plan_says_why_and_is_discarded(stage: Stage, here: Path) -> None:
    circle = "# P\n\n## Phase 1: A\n\nDepends on Phase 2.\n\n## Phase 2: B\n\nDepends on Phase 1.\n"
    (here / "circle.md").write_text(circle)
    (here / "binary.md").write_bytes(b"\0\1")

    async def look(eyes: Eyes) -> None:
        for name, told in (("nothing.md", "No such file"), ("binary.md", "binary file"), (".", "directory")):
            await eyes.press("u", *name, "enter")
            await eyes.sees(told)
        await eyes.press("u", *"circle.md", "enter")
        await eyes.sees("1 error to mend first")
        await eyes.press("c")
        await eyes.sees("It cannot be published as it stands", "error: ")
        await eyes.press("d")
        await eyes.sees("discard: P")
        await eyes.press("y")
        await eyes.sees("There is no plan yet")

    looking(stage.bot.url, look)
    assert stage.bot.get("/api/preview")["previews"] == []


def test_that_there_are_more_rows_than_shown_is_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "MOST", 2)
    stage.upload()
    stage.upload(PLAN.replace("# Site", "# Other"))
    stage.open_gate()

    async def look(eyes: Eyes) -> None:
        await eyes.press("F")
        await eyes.sees("phases: all", "There are more than the 2 read of a kind")
        await eyes.press("2")
        await eyes.sees("Other", holds=lambda seen: "There are more" not in seen)
        stage.upload(PLAN.replace("# Site", "# Third"))
        await eyes.sees("Third", "There are more than the 2 read of a kind")

    looking(stage.bot.url, look)
