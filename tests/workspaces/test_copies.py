"""Outside of git each attempt works in a copy: what fails or is killed leaves nothing, what succeeds is taken over whole."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.workspaces import copies, files
from services.domain.failure import Failure
from services.domain.rules import Isolation, Rules
from services.execution.operations import BETWEEN_FILES, Ending
from services.execution.workspace import Workspace
from tests.workspaces.conftest import DONE, Attempts, Repository, write
from tests.workspaces.test_checkpoints import content, meddle

BROKE = Ending(Failure("command_failed", "no"), None)


@pytest.fixture
def attempts(repository: Repository, folder: Path) -> Attempts:
    return Attempts(repository, folder / "home", folder=folder)  # the database lies within the folder


def change(folder: Path) -> None:
    """Of every kind."""
    (folder / "a.txt").write_text("A")
    (folder / "deep/b.txt").unlink()
    (folder / "deep").rmdir()
    (folder / "empty").rmdir()
    write(folder, {"deep": "a file now", "new/folder/c.txt": "c"})
    (folder / "hollow").mkdir()
    (folder / "run.sh").chmod(0o644)
    (folder / "link").unlink()


def inside(workspace: Workspace) -> Mapping[str, object]:
    """What is in the copy, seen from a place of its own."""
    with TemporaryDirectory() as elsewhere:
        place = Path(elsewhere) / "seen"
        shutil.copytree(workspace.folder, place, symlinks=True)
        return content(place)


def folders(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())
    return {str(path.relative_to(folder)) for path in found if "home" not in path.parts}


def left(attempts: Attempts) -> list[str]:
    """Of copies, and of files that were being taken over."""
    ours = {path.name for path in (attempts.home / "copies").iterdir()} - {"lock", "turn"}
    return [*ours, *(path.name for path in attempts.folder.rglob("*.phasebot"))]


def test_an_attempt_begins_with_what_is_in_the_folder(folder: Path, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        assert Path(workspace.folder) != folder
        assert inside(workspace) == content(folder)
        assert (Path(workspace.folder) / "empty").is_dir()


def test_our_own_database_in_the_folder_is_not_copied(folder: Path, repository: Repository) -> None:
    ours = {"phasebot.db", "phasebot.db-wal", "phasebot.db-shm", "attempts/p1/1.log"}
    write(folder, dict.fromkeys((*ours, "theirs.db", "sub/app.db-wal"), ""))
    attempts = Attempts(repository, folder, folder=folder)

    with attempts.open(attempts.assignment(1)) as workspace:
        found = set(inside(workspace))
        write(Path(workspace.folder), {"a.txt": "A"})
        assert workspace.settle(DONE).failure is None

    assert not found & ours
    assert {"theirs.db", "sub/app.db-wal", "a.txt"} <= found
    assert all((folder / name).exists() for name in ours)


def test_a_success_is_taken_over_with_all_that_it_changed(folder: Path, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        change(Path(workspace.folder))
        wanted = inside(workspace)
        ending = workspace.settle(DONE)

    assert ending.failure is None
    assert ending.result is not None
    assert ending.result.changes is not None
    assert set(ending.result.changes.names) >= {"a.txt", "deep/b.txt", "deep", "new/folder/c.txt", "run.sh", "link"}

    assert content(folder) == wanted
    assert folders(folder) == {"hollow", "new", "new/folder"}
    assert left(attempts) == []


def test_a_failure_leaves_nothing_to_undo(folder: Path, attempts: Attempts) -> None:
    before = content(folder)

    with attempts.open(attempts.assignment(1)) as workspace:
        change(Path(workspace.folder))
        assert content(folder) == before
        ending = workspace.settle(BROKE)

    assert content(folder) == before
    assert ending.failure == BROKE.failure
    assert left(attempts) == []


@pytest.mark.parametrize(("details", "is_kept"), [({BETWEEN_FILES: True}, True), ({}, False)])
def test_a_batch_that_was_wound_down_keeps_what_it_has_done_and_one_that_was_killed_does_not(
    folder: Path, attempts: Attempts, details: Mapping[str, object], is_kept: bool
) -> None:
    interrupted = Ending(Failure("interrupted", "", retryable=True, details=details), None)

    ending = attempts.run(attempts.assignment(1), {"done.txt": ""}, interrupted)

    assert ending.failure == interrupted.failure
    assert (folder / "done.txt").exists() is is_kept


def test_phases_that_run_at_once_do_not_see_each_other_and_are_both_kept(folder: Path, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as one, attempts.open(attempts.assignment(2)) as two:
        write(Path(one.folder), {"one.txt": "1"})
        write(Path(two.folder), {"two.txt": "2"})
        assert not Path(two.folder, "one.txt").exists()
        assert one.settle(DONE).failure is None
        assert two.settle(DONE).failure is None

    assert ((folder / "one.txt").read_text(), (folder / "two.txt").read_text()) == ("1", "2")


def test_who_has_changed_the_same_file_in_another_way_fails(folder: Path, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as one, attempts.open(attempts.assignment(2)) as two:
        for workspace, text in ((one, "one"), (two, "two")):
            write(Path(workspace.folder), {"a.txt": text, "same.txt": "the same"})
        write(Path(two.folder), {"only.txt": ""})
        assert one.settle(DONE).failure is None
        ending = two.settle(DONE)

    assert ending.failure is not None
    assert (ending.failure.type, ending.failure.retryable) == ("merge_conflict", False)
    assert ending.failure.message == "somebody else has changed a.txt since the phase began"
    assert (folder / "a.txt").read_text() == "one"
    assert not (folder / "only.txt").exists()


def test_what_a_person_changes_meanwhile_stays(folder: Path, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        write(Path(workspace.folder), {"one.txt": ""})
        write(folder, {"a.txt": "by hand"})
        workspace.settle(DONE)

    assert (folder / "a.txt").read_text() == "by hand"
    assert (folder / "one.txt").exists()


def test_a_check_leaves_nothing(folder: Path, attempts: Attempts) -> None:
    before = content(folder)

    attempts.run(attempts.assignment(1, check=True), {"coverage.txt": ""})

    assert content(folder) == before


def in_a_child(attempts: Attempts, dies_at: int | None) -> None:
    """A process that is killed: while it works, or after so many steps of taking over."""
    child = os.fork()
    if child == 0:
        try:
            attempts.workspaces = attempts.made()
            with attempts.open(attempts.assignment(1)) as workspace:
                change(Path(workspace.folder))
                if dies_at is not None:
                    _die_after(dies_at, attempts.folder)
                    workspace.settle(DONE)
                os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.waitpid(child, 0)


def _die_after(steps: int, folder: Path) -> None:
    """The plug is pulled when a file of the folder is about to take its place, or to go."""
    left = [steps]

    def counted(step: Callable[..., None]) -> Callable[..., None]:
        def taken(*paths: Path) -> None:
            if paths[-1].is_relative_to(folder) and "home" not in paths[-1].parts:
                left[0] -= 1
                if left[0] == 0:
                    paths[-1].parent.mkdir(parents=True, exist_ok=True)
                    paths[-1].with_name(f".{paths[-1].name}.phasebot").write_text("half of it")
                    os.kill(os.getpid(), signal.SIGKILL)
            step(*paths)

        return taken

    vars(copies).update(copy=counted(files.copy), remove=counted(files.remove))


@pytest.mark.parametrize("dies_at", [None, 1, 2, 3, 4, 5, 6])
def test_after_a_kill_the_next_start_leaves_the_folder_as_it_was(
    folder: Path, attempts: Attempts, dies_at: int | None
) -> None:
    before = content(folder)
    in_a_child(attempts, dies_at)
    assert (content(folder) != before) is (dies_at is not None), "it was killed at another moment"

    attempts.made().clean_up()

    assert (content(folder), folders(folder)) == (before, {"deep", "empty"})
    assert left(attempts) == []


def test_whoever_begins_after_a_kill_sees_no_half_of_a_result(folder: Path, attempts: Attempts) -> None:
    before = content(folder)
    in_a_child(attempts, 4)

    with attempts.open(attempts.assignment(2)) as workspace:
        assert inside(workspace) == before
    assert content(folder) == before


def test_copies_of_the_living_are_left_alone(attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        attempts.made().clean_up()

        assert Path(workspace.folder, "a.txt").exists()


def test_a_folder_that_is_too_big_is_worked_in_itself_which_is_said(folder: Path, attempts: Attempts) -> None:
    write(folder, {"big.bin": "x" * 2_000_000})
    attempts.workspaces = attempts.made(copied_megabytes=1)

    with attempts.open(attempts.assignment(1)) as workspace:
        assert workspace.folder == str(folder)
        meddle(folder)
        ending = workspace.settle(BROKE)

    assert ending.failure == BROKE.failure
    assert b"PHASEBOT_COPY_MB" in next(attempts.logs.rglob("*.log")).read_bytes()


def test_in_a_folder_that_is_too_big_one_works_after_the_other(folder: Path, attempts: Attempts) -> None:
    write(folder, {"big.bin": "x" * 2_000_000})
    attempts.workspaces = attempts.made(copied_megabytes=1)
    one, two = attempts.assignment(1), attempts.assignment(2)
    seen: list[bool] = []

    def second() -> None:
        with attempts.open(two) as workspace:
            seen.append((Path(workspace.folder) / "done.txt").exists())

    with attempts.open(one) as workspace:
        beside = threading.Thread(target=second)
        beside.start()
        beside.join(0.2)
        write(Path(workspace.folder), {"done.txt": ""})
    beside.join()

    assert seen == [True]


@pytest.mark.parametrize("how", ["policy", "setting"])
def test_whoever_does_not_want_copies_says_so(folder: Path, attempts: Attempts, how: str) -> None:
    rules = Rules(executor="local", isolation=Isolation.IN_PLACE if how == "policy" else Isolation.AUTO)
    attempts.workspaces = attempts.made(copied_megabytes=500 if how == "policy" else 0)

    with attempts.open(attempts.assignment(1, rules=rules)) as workspace:
        assert workspace.folder == str(folder)


def test_what_cannot_be_taken_over_is_undone(folder: Path, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        write(Path(workspace.folder), {"a.txt": "A", "new.txt": "", "other/x.txt": "x"})
        write(folder, {"other": "a file of somebody else"})
        before: Mapping[str, object] = content(folder)
        ending = workspace.settle(DONE)

    assert ending.failure is not None
    assert content(folder) == before


def test_what_is_not_a_file_or_not_for_us_is_left_out_and_left_alone(folder: Path, attempts: Attempts) -> None:
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        with attempts.open(attempts.assignment(1)) as workspace:
            assert not {"pipe", "socket"} & set(os.listdir(workspace.folder))
            write(Path(workspace.folder), {"new.txt": ""})
            assert workspace.settle(DONE).failure is None

    assert {"pipe", "socket", "new.txt"} <= set(os.listdir(folder))


def test_a_repository_that_a_phase_makes_is_taken_over_with_its_history(folder: Path, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        commit = Repository(Path(workspace.folder)).commit({"c.txt": "c"})
        assert workspace.settle(DONE).failure is None

    assert (folder / ".git").is_dir()
    assert Repository(folder).git("log", "--format=%H").split()[0] == commit
    assert Repository(folder).git("status", "--porcelain", "c.txt") == ""


def test_a_superseded_attempt_takes_nothing_over(folder: Path, attempts: Attempts) -> None:
    old = attempts.assignment(1)
    with attempts.open(old) as late, attempts.open(attempts.again(old)) as newer:
        write(Path(late.folder), {"late.txt": ""})
        ending = late.settle(DONE)
        assert newer.settle(DONE).failure is None

    assert ending.failure is not None
    assert ending.failure.type == "superseded"
    assert not (folder / "late.txt").exists()


def test_what_no_task_names_is_said_and_the_policy_is_not_a_phases_to_change(folder: Path, attempts: Attempts) -> None:
    changes = attempts.works(1, files={"a.txt": "A", "other.txt": ""}, paths=("a.txt",))
    ending = attempts.run(attempts.assignment(2), {".github/phasebot.yml": "version: 1"})

    assert (changes.files, changes.unplanned) == (2, ("other.txt",))
    assert ending.failure is not None
    assert ending.failure.type == "protected_path"
    assert not (folder / ".github").exists()


def test_files_that_were_made_read_only_are_removed_with_their_copy(attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        write(Path(workspace.folder), {"cache/x": ""})
        (Path(workspace.folder) / "cache").chmod(0o555)

    assert left(attempts) == []
