"""Starting: what is imported before it is known what is wanted, and what is said when something goes wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from bot.cli.crash import told
from bot.cli.exits import Exit, exit_for
from bot.cli.root import phasebot as root
from services.domain.errors import NotAllowed, PlanInvalid, RemoteUnavailable, StorageUnavailable, UserError
from tests.cli.process import ROOT, Phasebot
from tests.cli.samples import CHAIN

HEAVY = ("rich", "textual", "sqlalchemy", "pydantic", "github", "structlog", "httpx", "fastapi", "ruamel")


def _imported(phasebot: Phasebot, *arguments: str) -> set[str]:
    """The top-level packages that the process has imported."""
    command = [sys.executable, "-X", "importtime", "-m", "bot", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=phasebot.folder, env=phasebot.environ(), check=True
    )
    names = (line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["run", "--help"], ["tui", "--help"], ["parse", "plan.md"]]
)
def test_nothing_heavy_is_imported_where_it_is_not_used(phasebot: Phasebot, arguments: list[str]) -> None:
    phasebot.write("plan.md", CHAIN)

    assert _imported(phasebot, *arguments) & set(HEAVY) == set()


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    inner = command.commands if isinstance(command, click.Group) else {}
    below = [found for name, one in inner.items() for found in _commands(one, (*path, name))]
    return [(path, command), *below]


@pytest.mark.parametrize(("path", "command"), [one for one in _commands(root) if one[0]])
def test_every_command_has_a_help_text_with_an_example(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    if not isinstance(command, click.Group):
        assert "Example:\n" in command.help
        assert f"phasebot {' '.join(path)}" in command.help


def test_help_names_every_command_and_the_exit_codes(phasebot: Phasebot) -> None:
    shown = phasebot("--help")

    assert shown.code == 0
    assert "Exit codes: 0 done" in shown.out
    for name in ("run", "parse", "lint", "policy", "serve", "db", "doctor", "localhub"):
        assert f"\n  {name} " in shown.out


def test_the_version_is_one_line(phasebot: Phasebot) -> None:
    shown = phasebot("--version")

    assert shown.code == 0
    assert shown.out.startswith("phasebot ")
    assert shown.out.count("\n") == 1


def test_a_command_that_does_not_exist_is_refused(phasebot: Phasebot) -> None:
    refused = phasebot("rum")

    assert refused.code == 2
    assert refused.err.startswith("error: No such command 'rum'.")
    assert refused.err.endswith("See: phasebot --help\n")


@pytest.mark.parametrize("arguments", [(), ("queue",)])
def test_without_a_command_the_help_is_shown(phasebot: Phasebot, arguments: tuple[str, ...]) -> None:
    shown = phasebot(*arguments)

    assert shown.code == 2
    assert (shown.err, shown.out) == (phasebot(*arguments, "--help").out, "")


_GROUPS = [(), *(path for path, command in _commands(root) if isinstance(command, click.Group) and path)]


@pytest.mark.parametrize("path", _GROUPS)
def test_no_line_of_a_list_of_commands_is_cut_off(phasebot: Phasebot, path: tuple[str, ...]) -> None:
    _, _, listed = phasebot(*path, "--help").out.partition("Commands:\n")

    assert listed
    assert "..." not in listed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PlanInvalid("x"), Exit.INVALID),
        (UserError("x"), Exit.INVALID),
        (RemoteUnavailable("x"), Exit.REMOTE),
        (NotAllowed("x"), Exit.NOT_ALLOWED),
        (StorageUnavailable("x"), Exit.INTERRUPTED),
        (ValueError("x"), None),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: Exception, code: Exit | None) -> None:
    assert exit_for(error) is code


def test_a_crash_is_one_line_and_its_traceback_is_in_a_file_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("SOME_TOKEN", "hunter2hunter2")
    with pytest.raises(ValueError, match="here") as raised:
        raise ValueError("no hunter2hunter2 here")

    shown = told(raised.value, debug=False)
    shown_in_full = told(raised.value, debug=True)

    first, second = shown.splitlines()
    place = second.split(" is in ")[1].split("; --debug")[0]
    kept = Path(place).read_text(encoding="utf-8")
    assert first == "error: phasebot made a mistake: ValueError: no [redacted] here"
    assert "Traceback (most recent call last)" in kept
    assert "hunter2" not in kept + shown_in_full
    assert "Traceback (most recent call last)" in shown_in_full


def test_settings_that_cannot_be_used_are_named(phasebot: Phasebot) -> None:
    refused = phasebot("doctor", env={"PHASEBOT_PORT": "many"})

    assert refused.code == 2
    assert refused.err.startswith("error: environment: PHASEBOT_PORT: ")


def test_the_checkout_is_where_the_tests_think_it_is() -> None:
    assert (ROOT / "bot" / "__main__.py").is_file()
