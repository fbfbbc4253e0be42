"""Unified diffs, as the real git writes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.execution import unified
from services.execution.unified import Diff, FileChange, FileDiff, LineKind, read_diff
from tests.workspaces.conftest import Repository

NASTY = '<script>alert("1")</script> a\tb\\c\nd é.txt'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "shop")
    repository.commit(
        {
            "kept.py": "one\ntwo\nthree\n",
            "gone.txt": "a\nb\n",
            "old name.txt": "many\nlines\nin\nit\n",
            "run.sh": "true\n",
        }
    )
    return repository


def changed(repository: Repository) -> Diff:
    repository.git("add", "--all")
    return read_diff(repository.git("-c", "core.quotePath=false", "diff", "--no-color", "-M", "--cached"))


def only(diff: Diff) -> FileDiff:
    (file,) = diff.files
    return file


def test_lines_come_with_their_numbers_before_and_after(repository: Repository) -> None:
    (repository.folder / "kept.py").write_text("one\n2\nthree\nfour")

    file = only(changed(repository))

    assert (file.path, file.change, file.added, file.removed) == ("kept.py", FileChange.CHANGED, 2, 1)
    assert [(one.kind.value, one.text, one.old, one.new) for one in file.lines[1:]] == [
        ("kept", "one", 1, 1),
        ("removed", "two", 2, None),
        ("added", "2", None, 2),
        ("kept", "three", 3, 3),
        ("added", "four", None, 4),
        ("note", "No newline at end of file", None, None),
    ]


def test_what_became_of_each_file_is_told(repository: Repository) -> None:
    folder = repository.folder
    (folder / "gone.txt").unlink()
    (folder / "old name.txt").rename(folder / "new name.txt")
    (folder / "run.sh").chmod(0o755)
    (folder / "empty").touch()
    (folder / "picture.png").write_bytes(b"\x89PNG\0\1\2")

    found = {one.path: one for one in changed(repository).files}

    assert {path: one.change.value for path, one in found.items()} == {
        "empty": "added",
        "gone.txt": "removed",
        "new name.txt": "renamed",
        "picture.png": "added",
        "run.sh": "changed",
    }
    assert found["new name.txt"].was == "old name.txt"
    assert found["picture.png"].is_binary
    assert [one.text for one in found["gone.txt"].lines[1:]] == ["a", "b"]
    assert not any(one.is_binary for path, one in found.items() if path != "picture.png")


def test_names_come_back_as_they_are_and_lines_that_look_like_headings_are_lines(repository: Repository) -> None:
    folder = repository.folder / '<script>alert("1")<'
    folder.mkdir()
    (repository.folder / NASTY).write_text("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n")

    file = only(changed(repository))

    assert (file.path, file.added, file.removed) == (NASTY, 4, 0)
    assert [one.kind for one in file.lines] == [LineKind.GAP, *[LineKind.ADDED] * 4]


def test_a_name_that_is_not_utf8_is_readable(repository: Repository) -> None:
    (repository.folder / "caf\udce9.txt").write_text("x\n")
    repository.git("add", "--all")
    text = repository.git("diff", "--cached")

    assert only(read_diff(text)).path == "caf�.txt"


def test_a_large_diff_is_shown_in_part_and_counted_in_whole(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unified, "MOST_LINES", 10)
    monkeypatch.setattr(unified, "MOST_FILES", 3)
    for n in range(5):
        (repository.folder / f"large-{n}.txt").write_text("x" * 2000 + "\n" + "a line\n" * 20)

    diff = changed(repository)

    assert diff.is_cut
    assert [(one.path, one.added, len(one.lines)) for one in diff.files] == [
        ("large-0.txt", 21, 10),
        ("large-1.txt", 21, 0),
        ("large-2.txt", 21, 0),
    ]
    assert len(diff.files[0].lines[1].text) == unified.LONGEST_LINE + 1


@given(st.text(alphabet='abdiffgt -+@\\"\n 01,/x\t'), st.booleans())
def test_nothing_makes_it_fail(text: str, is_cut: bool) -> None:
    for beginning in ("", "diff --git ", 'diff --git "a/x" "b/x"\n@@ -1 +1 @@\n'):
        assert read_diff(beginning + text, is_cut=is_cut).is_cut == is_cut
