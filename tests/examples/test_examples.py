"""The examples, carried out by the program as people start it, each on a copy of its folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import Ended, Phasebot

EXAMPLES = Path(__file__).parents[2] / "examples"


class Example:
    """A copy of an example, and the program to run it with."""

    def __init__(self, name: str, folder: Path) -> None:
        self.phasebot = Phasebot(folder)
        self.folder = self.phasebot.folder
        shutil.copytree(EXAMPLES / name, self.folder, dirs_exist_ok=True)

    def run(self, *more: str) -> Ended:
        return self.phasebot("run", "plan.md", "--policy", "phasebot.yml", "--no-issues", "--json", *more)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Example:
    return Example(request.param, tmp_path)


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", [name], indirect=True)


def phases(ended: Ended) -> dict[str, dict[str, Any]]:
    """The phases at the end, by title."""
    [summary] = ended.events("summary")
    return {phase["title"]: phase for phase in summary["phases"]}


def statuses(ended: Ended) -> list[str]:
    return [phase["status"] for phase in phases(ended).values()]


# ---------------------------------------------------------------- media: rollback, and only what was modified


@of("media")
def test_a_library_is_normalised_and_nothing_is_left_over(example: Example) -> None:
    ended = example.run()

    assert (ended.code, statuses(ended)) == (0, ["completed"] * 4), ended.err
    film = json.loads(example.read("library/metropolis.json"))
    assert [(track["kind"], track["language"], track["codec"]) for track in film["tracks"]] == [
        ("audio", "en", "opus"),
        ("audio", "de", "opus"),
    ]
    assert "- Metropolis: 2 tracks, opus" in example.read("report.md")
    assert not any((example.folder / ".phasebot" / "kept").iterdir())


@of("media")
def test_a_failure_in_the_middle_of_a_phase_leaves_no_trace_of_it(example: Example) -> None:
    damaged = example.folder / "library" / "nosferatu.json"
    damaged.write_text(json.dumps({**json.loads(damaged.read_text()), "damaged": True}))

    ended = example.run("--workers", "1")

    assert (ended.code, statuses(ended)) == (1, ["completed", "completed", "failed", "blocked"])
    assert "nosferatu.json" in phases(ended)["Transcode"]["error"]["message"]
    codecs = {track["codec"] for path in damaged.parent.iterdir() for track in json.loads(path.read_text())["tracks"]}
    assert codecs == {"dts"}, "metropolis.json was written anew before the damaged film, and has to be as it was"
    assert json.loads(damaged.read_text())["damaged"]


@of("media")
def test_nothing_is_transcoded_where_nothing_was_changed(example: Example) -> None:
    for path in (example.folder / "library").iterdir():
        film = json.loads(path.read_text())
        film["tracks"] = [track for track in film["tracks"] if track == {**track, "kind": "audio", "language": "en"}]
        path.write_text(json.dumps(film))

    assert statuses(example.run()) == ["completed", "completed", "skipped", "completed"]


# ---------------------------------------------------------------- batch: many files, several at once


@of("batch")
def test_one_bad_file_ends_a_check_and_is_left_out_of_the_thumbnails(example: Example) -> None:
    ended = example.run()

    found = phases(ended)
    assert (ended.code, statuses(ended)) == (0, ["failed", "completed", "completed"]), ended.err
    check = found["Check the photos"]["files"]
    assert (check["done"], check["failed"], check["cancelled"], check["stopped_early"]) == (3, 1, 2, True)
    thumbnails = found["Make the thumbnails"]["files"]
    assert (thumbnails["done"], thumbnails["failed"], thumbnails["stopped_early"]) == (5, 1, False)
    assert example.read("index.md").split("\n")[2:-1] == [f"- beach-{n:02}" for n in (1, 2, 3, 5, 6)]
    assert [one["total"] for one in ended.events("files")][-1] == 6


@of("batch")
def test_a_dry_run_shows_every_file(example: Example) -> None:
    shown = example.phasebot("run", "plan.md", "--policy", "phasebot.yml", "--no-issues", "--dry-run")

    assert shown.code == 0
    lines = [line.strip() for line in shown.out.splitlines()]
    assert (
        "command: python3 tools/photo.py thumbnail photos/beach-06.txt thumbnails/beach-06.txt"
        "  (for photos/beach-06.txt, on error skip)"
    ) in lines
    assert not (example.folder / "thumbnails").exists()


@of("batch")
def test_people_see_how_the_files_went(example: Example) -> None:
    (example.folder / "photos" / "beach-04.txt").write_text("mended\n")

    ended = example.phasebot(
        "run", "plan.md", "--policy", "phasebot.yml", "--no-issues", "--workers", "1", "--max-duration", "10m"
    )

    assert ended.code == 0
    assert "files: 6 done in " in ended.out
    assert "6 of 6 files" in ended.err


# ---------------------------------------------------------------- analysis: tools under rules


@of("analysis")
def test_a_verdict_is_given_and_the_report_is_filled_in(example: Example) -> None:
    ended = example.run()

    assert (ended.code, statuses(ended)) == (0, ["completed"] * 3), ended.err
    assert example.read("report.md") == (
        '# Analyse the code base\n\nPhase "Publish the report", attempt 1, written by phasebot.\n'
    )


@of("analysis")
def test_a_verdict_that_is_not_given_is_a_failure(example: Example) -> None:
    (example.folder / "tools" / "judge.py").write_text("print('all is well')\n")

    judged = phases(example.run())["Judge"]

    assert (judged["status"], judged["error"]["type"]) == ("failed", "no_verdict")


# ---------------------------------------------------------------- upload: one after the other


@of("upload")
def test_a_failure_blocks_all_later_phases_and_the_same_command_goes_on(example: Example) -> None:
    (example.folder / "broken").write_text("issues")
    first = example.run()
    (example.folder / "broken").unlink()
    second = example.run()

    assert (first.code, statuses(first)) == (1, ["completed", "failed", "blocked"])
    assert (second.code, statuses(second)) == (0, ["completed"] * 3)
    assert phases(second)["Queue table"]["attempt"] == 1


# ---------------------------------------------------------------- protocol: agents, verdicts, gates


@of("protocol")
def test_steps_are_planned_checked_and_gated(example: Example) -> None:
    ended = example.run()

    assert (ended.code, statuses(ended)) == (0, ["completed", "completed", "skipped", "ready"]), ended.err
    assert phases(ended)["Open the pull request"]["reason"]["code"] == "approval_required"
    assert "Plan Plan the step of Open a protocol." in example.read("what-to-do.md")
    assert not (example.folder / "pull-request.md").exists()
