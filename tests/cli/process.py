"""The program as people start it: a process with arguments, an environment, two streams and an exit code."""

from __future__ import annotations

import atexit
import json
import os
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.entry import main
from tests.forks import forks

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60
_STREAMS = ("in", "out", "err")


@dataclass(frozen=True, slots=True)
class Ended:
    """What is left of a process."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Standard output as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["event"] == kind]


class Phasebot:
    """Starts `python -m bot` in a folder. `home` is where its data go by default."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.folder = folder / "work"
        self.home.mkdir()
        self.folder.mkdir()

    def __call__(
        self,
        *arguments: str,
        given: bytes = b"",
        env: Mapping[str, str] | None = None,
        largest_file: int | None = None,
    ) -> Ended:
        """Run it to its end. No file may grow beyond `largest_file` bytes: for it, the disk is full."""
        with tempfile.TemporaryDirectory() as streams:
            Path(streams, "in").write_bytes(given)
            process = forks.Process(
                target=_become_phasebot, args=(arguments, self.folder, self.environ(env), streams, largest_file)
            )
            process.start()
            process.join(TIMEOUT)
            if process.exitcode is None:
                process.kill()
                process.join()
            out, err = (Path(streams, name).read_text(encoding="utf-8") for name in ("out", "err"))
        assert process.exitcode is not None
        return Ended(process.exitcode, out, err)

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Run it beside the test, which ends it."""
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environ(env),
            text=True,
        )

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def files(self) -> set[str]:
        """Everything there is in the folder and in the home, by relative path."""
        parent = self.home.parent
        return {str(path.relative_to(parent)) for path in parent.rglob("*") if path.is_file()}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "bot", *arguments]

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Of the test's own environment only what a program needs to start."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.home.parent),
            **(more or {}),
        }


def _become_phasebot(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str], streams: str, largest_file: int | None
) -> None:
    """In a forked child: all that `python -W error -m bot` in this folder would find, with its streams in files."""
    warnings.simplefilter("error")
    for number, name in enumerate(_STREAMS):
        os.dup2(os.open(Path(streams, name), os.O_RDWR | os.O_CREAT), number)
    sys.stdin = os.fdopen(0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    tempfile.tempdir = None  # of another environment
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    sys.argv = [sys.executable, *arguments]
    try:
        main()
    finally:
        atexit._run_exitfuncs()  # which forked children leave out
