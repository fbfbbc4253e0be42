"""A real repository, and the workspaces of attempts in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.executors.attempt_log import AttemptLog, log_path
from bot.holder import holder_of_this_process
from bot.workspaces.choosing import FolderWorkspaces, Manner
from services.domain.attempts import Attempt, AttemptKind, AttemptState, Changes
from services.domain.phase import Phase
from services.domain.rules import Rules
from services.execution.operations import Ending
from services.execution.redaction import Redactor
from services.execution.workspace import Workspace
from services.ports import Assignment
from tests.execution.kit import NOW

DONE = Ending(None, None)
USER = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")


class Repository:
    """A repository as its user sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *IDENTITY, *arguments], cwd=self.folder, env=USER, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str]) -> str:
        write(self.folder, files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a commit")
        return self.git("rev-parse", "HEAD")

    def show(self, commit: str, path: str) -> str:
        return self.git("show", f"{commit}:{path}")

    def files(self, commit: str) -> list[str]:
        return self.git("ls-tree", "-r", "--name-only", commit).splitlines()

    def refs(self) -> list[str]:
        """Ours, but for claims."""
        told = self.git("for-each-ref", "--format=%(refname)", "refs/phasebot", "refs/heads/phasebot").splitlines()
        return [name for name in told if "/claims/" not in name]

    def worktrees(self) -> int:
        return len(self.git("worktree", "list").splitlines())


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class Attempts:
    """Makes attempts of the phases of plan `p1`, each with what it is to leave."""

    def __init__(self, repository: Repository, home: Path, folder: Path | None = None) -> None:
        self.repository = repository
        self.home = home
        self.logs = home / "attempts"
        self.fence = 0
        self.folder = folder or repository.folder
        self.workspaces = self.made()

    def made(self, *, megabytes: int = 1000, copied_megabytes: int = 500) -> FolderWorkspaces:
        holder = holder_of_this_process()
        manner = Manner(home=self.home, holder=holder, megabytes=megabytes, copied_megabytes=copied_megabytes)
        return FolderWorkspaces(self.folder, manner)

    def phase(self, serial: int, **values: object) -> Phase:
        return Phase(key=f"p{serial}", ordinal=serial, title=f"Phase {serial}", **values)  # type: ignore[arg-type]

    def assignment(
        self, serial: int, *before: int, rules: Rules | None = None, paths: tuple[str, ...] = (), check: bool = False
    ) -> Assignment:
        self.fence += 1
        kind = AttemptKind.QA if check else AttemptKind.WORK
        attempt = Attempt(1, self.fence, "local", AttemptState.CLAIMED, NOW, kind=kind)
        phase = self.phase(serial, rules=rules or Rules(executor="local"), attempt=attempt, paths=paths)
        return Assignment(
            plan="p1", plan_title="Shop", phase=phase, fence=self.fence, before=tuple(map(self.phase, before))
        )

    @contextmanager
    def open(self, assignment: Assignment) -> Iterator[Workspace]:
        path = log_path(self.logs, assignment.plan, assignment.phase.key, assignment.fence)
        log = AttemptLog(path, Redactor())
        with self.workspaces.open(assignment, log) as workspace:
            yield workspace
        log.close()

    def run(self, assignment: Assignment, files: Mapping[str, str], ending: Ending = DONE) -> Ending:
        with self.open(assignment) as workspace:
            write(Path(workspace.folder), files)
            return workspace.settle(ending)

    def works(
        self,
        serial: int,
        *before: int,
        files: Mapping[str, str],
        rules: Rules | None = None,
        paths: tuple[str, ...] = (),
    ) -> Changes:
        """An attempt that passes."""
        ending = self.run(self.assignment(serial, *before, rules=rules, paths=paths), files)
        assert ending.failure is None, ending.failure
        assert ending.result is not None
        assert ending.result.changes is not None
        return ending.result.changes

    def again(self, assignment: Assignment) -> Assignment:
        """A newer attempt of the same phase."""
        self.fence += 1
        return replace(assignment, fence=self.fence)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "shop")
    repository.commit({"README.md": "# Shop\n", "src/app.py": "one\ntwo\nthree\n"})
    return repository


@pytest.fixture
def attempts(repository: Repository, tmp_path: Path) -> Attempts:
    return Attempts(repository, tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Outside of git: files, one that can be run, a link, and a folder with nothing in it."""
    folder = tmp_path / "plain"
    write(folder, {"a.txt": "a", "deep/b.txt": "b", "run.sh": "#!/bin/sh"})
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("a.txt")
    (folder / "empty").mkdir()
    return folder
