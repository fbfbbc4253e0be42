"""The files tool: whole changes, within the workspace alone, whatever paths and links say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.tools.files import FilesTool
from services.domain.failure import Failure
from services.execution.registry import Registry
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, StandingClock, context


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    (made / "a.txt").write_text("a")
    (tmp_path / "secret.txt").write_text("outside")
    return made


def does(folder: Path, **arguments: Any) -> dict[str, object] | str:
    """The output, or the type of the failure."""
    runner = ToolRunner(Registry([FilesTool()]), StandingClock(), KeptFailures())
    result = runner.run("files", arguments, context(folder, placeholders={"file": "a.txt", "title": "Ship it"}))
    return result.type if isinstance(result, Failure) else result.model_dump()


DONE = {"modified": True, "skipped": False}
NOTHING_TO_DO = {"modified": False, "skipped": True}


def test_a_file_is_copied_into_a_new_folder_and_not_twice(folder: Path) -> None:
    order = {"action": "copy", "from": "{file}", "to": "new/b.txt"}

    assert does(folder, **order) == DONE
    assert (folder / "new" / "b.txt").read_text() == "a"
    assert does(folder, **order) == NOTHING_TO_DO


def test_a_file_is_moved(folder: Path) -> None:
    assert does(folder, action="move", **{"from": "a.txt", "to": "b/c.txt"}) == DONE
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["c.txt"]


def test_a_folder_is_copied_and_deleted_without_following_links(folder: Path) -> None:
    (folder / "one").mkdir()
    (folder / "one" / "link").symlink_to(folder.parent / "secret.txt")

    assert does(folder, action="copy", **{"from": "one", "to": "two"}) == DONE
    assert (folder / "two" / "link").is_symlink()
    assert does(folder, action="delete", path="one") == DONE
    assert (folder.parent / "secret.txt").exists()
    assert not (folder / "one").exists()


def test_a_template_is_filled_in(folder: Path) -> None:
    (folder / "t.md").write_text("# $title for ${whom}, $$5")

    order: dict[str, Any] = {"action": "template", "from": "t.md", "to": "out.md", "values": {"whom": "{file}"}}
    assert does(folder, **order) == DONE
    assert (folder / "out.md").read_text() == "# Ship it for a.txt, $5"


def test_half_a_text_is_none(folder: Path) -> None:
    (folder / "t.md").write_text("$nobody")

    assert does(folder, action="template", **{"from": "t.md", "to": "out.md"}) == "no_value"
    assert not (folder / "out.md").exists()


@pytest.mark.parametrize(
    "order",
    [
        {"action": "copy", "from": "../secret.txt", "to": "b.txt"},
        {"action": "copy", "from": "/etc/hostname", "to": "b.txt"},
        {"action": "copy", "from": "a.txt", "to": "../b.txt"},
        {"action": "copy", "from": "a.txt", "to": "out/b.txt"},
        {"action": "copy", "from": "link.txt", "to": "b.txt"},
        {"action": "copy", "from": "a.txt", "to": "link.txt"},
        {"action": "move", "from": "a.txt", "to": "out/b.txt"},
        {"action": "delete", "path": ".."},
        {"action": "delete", "path": "."},
        {"action": "delete", "path": "out/secret.txt"},
        {"action": "delete", "path": "b/../../secret.txt"},
        {"action": "keep", "path": "../secret.txt"},
        {"action": "restore", "path": "out/secret.txt"},
        {"action": "template", "from": "link.txt", "to": "b.txt"},
    ],
)
def test_nothing_outside_is_touched(folder: Path, order: dict[str, Any]) -> None:
    (folder / "out").symlink_to(folder.parent)
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    before = {path: path.read_text() for path in folder.parent.glob("*.txt")}

    assert does(folder, **order) == "outside_workspace"
    assert {path: path.read_text() for path in folder.parent.glob("*.txt")} == before


def test_a_link_itself_can_be_deleted(folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")

    assert does(folder, action="delete", path="link.txt") == DONE
    assert (folder.parent / "secret.txt").exists()


def test_what_is_not_there_is_a_failure_unless_that_is_fine(folder: Path) -> None:
    assert does(folder, action="delete", path="no.txt") == "no_such_file"
    assert does(folder, action="delete", path="no.txt", missing_ok=True) == NOTHING_TO_DO


def test_a_copy_is_kept_aside_put_back_and_forgotten(folder: Path) -> None:
    kept, put_back = {"modified": False, "skipped": False}, {"modified": True, "skipped": False}
    assert does(folder, action="keep", path="a.txt") == kept
    (folder / "a.txt").write_text("half done")
    assert does(folder, action="restore", path="a.txt") == put_back
    assert (folder / "a.txt").read_text() == "a"
    assert does(folder, action="restore", path="a.txt") == "nothing_kept"

    assert does(folder, action="keep", path="a.txt") == kept
    (folder / "a.txt").write_text("done")
    assert does(folder, action="forget", path="a.txt") == kept
    assert (folder / "a.txt").read_text() == "done"


def test_what_a_dead_attempt_has_left_half_done_is_put_back_before_another_copy(folder: Path) -> None:
    (folder / "one").mkdir()
    (folder / "one" / "x").write_text("whole")
    does(folder, action="keep", path="one")
    (folder / "one" / "x").write_text("half")
    (folder / "one" / "y").write_text("litter")

    assert does(folder, action="keep", path="one") == {"modified": True, "skipped": False}

    assert [(path.name, path.read_text()) for path in (folder / "one").iterdir()] == [("x", "whole")]


@pytest.mark.parametrize(
    "order",
    [
        {"action": "copy", "from": "a.txt"},
        {"action": "delete", "from": "a.txt"},
        {"action": "delete", "path": "a.txt", "to": "b"},
        {"action": "move", "from": "a.txt", "to": "b", "values": {"x": "y"}},
        {"action": "burn", "path": "a.txt"},
    ],
)
def test_orders_that_make_no_sense_are_refused(folder: Path, order: dict[str, Any]) -> None:
    assert does(folder, **order) == "invalid_input"
