"""A folder without git is as it was before, after an attempt that failed or was killed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.domain.attempts import Changes, Result
from services.domain.failure import Failure
from services.domain.rules import Isolation, Rules
from services.execution.operations import Ending
from services.execution.tool import ToolFailed
from tests.workspaces.conftest import Attempts, Repository, write

BROKE = Ending(Failure("command_failed", "no"), None)
RULES = Rules(executor="local", isolation=Isolation.CHECKPOINT)


@pytest.fixture
def attempts(repository: Repository, folder: Path) -> Attempts:
    return Attempts(repository, folder / "home", folder=folder)  # the database lies within the folder


def content(folder: Path) -> Mapping[str, object]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if "home" not in path.parts and not (path.is_dir() and not path.is_symlink()):
            name = str(path.relative_to(folder))
            found[name] = (path.is_symlink() and str(path.readlink()), path.read_text(), path.stat().st_mode)
    return found


def meddle(folder: Path) -> None:
    (folder / "a.txt").write_text("A")
    (folder / "deep/b.txt").unlink()
    (folder / "deep").rmdir()
    write(folder, {"deep": "a file now", "new/folder/c.txt": "c"})
    (folder / "run.sh").chmod(0o644)
    (folder / "link").unlink()


def test_a_failure_puts_everything_back(folder: Path, attempts: Attempts) -> None:
    before = content(folder)

    with attempts.open(attempts.assignment(1, rules=RULES)) as workspace:
        meddle(folder)
        ending = workspace.settle(BROKE)

    assert content(folder) == before
    assert not (folder / "new").exists()
    assert ending.failure is not None
    assert ending.failure.details == {"rolled_back": True}
    assert list((attempts.home / "checkpoints").iterdir()) == []


def test_a_success_stays(folder: Path, attempts: Attempts) -> None:
    ending = attempts.run(attempts.assignment(1, rules=RULES), {"new.txt": ""})

    assert ending == Ending(None, Result(changes=Changes(files=1, names=("new.txt",))))

    assert (folder / "new.txt").exists()


def test_after_a_kill_the_next_start_puts_it_back_and_keeps_what_it_replaces(folder: Path, tmp_path: Path) -> None:
    before, home = content(folder), folder / "home"
    home.mkdir()
    repository = Repository(tmp_path / "unused")
    child = os.fork()
    if child == 0:
        attempts = Attempts(repository, home, folder=folder)
        with attempts.open(attempts.assignment(1, rules=RULES)):
            meddle(folder)
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert content(folder) != before

    Attempts(repository, home, folder=folder).workspaces.clean_up()

    assert content(folder) == before
    assert (home / "checkpoints/replaced/p1-1-1/a.txt").read_text() == "A"
    assert list((home / "checkpoints").glob("*.json")) == []


def test_a_copy_that_was_never_finished_changes_nothing(folder: Path, attempts: Attempts) -> None:
    write(attempts.home / "checkpoints", {"p1-1-1.new/a.txt": "half"})
    before = content(folder)

    attempts.workspaces.clean_up()

    assert content(folder) == before
    assert list((attempts.home / "checkpoints").iterdir()) == []


def test_a_note_of_the_living_is_left_alone(folder: Path, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1, rules=RULES)):
        (note,) = (attempts.home / "checkpoints").glob("*.json")
        meddle(folder)
        attempts.made().clean_up()

        assert json.loads(note.read_text())["folder"] == str(folder)
        assert (folder / "deep").read_text() == "a file now"


def test_a_folder_that_is_too_big_is_not_begun_with(folder: Path, attempts: Attempts) -> None:
    write(folder, {"big.bin": "x" * 2_000_000})
    attempts.workspaces = attempts.made(megabytes=1)

    with pytest.raises(ToolFailed, match="PHASEBOT_WORKTREES_MB"), attempts.open(attempts.assignment(1, rules=RULES)):
        pass
