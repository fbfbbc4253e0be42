"""Git as people use it, in tests: clones of the tracker's repositories, pushed to over HTTP."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bot.localhub import HubServer

from .conftest import REPO

_ENVIRON = {
    **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    **{
        f"GIT_{role}_{what}": f"ada{end}"
        for role in ("AUTHOR", "COMMITTER")
        for what, end in (("NAME", ""), ("EMAIL", "@x"))
    },
}


def git(folder: Path, *arguments: str) -> str:
    """Raises CalledProcessError, with git's own words in `stderr`."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=_ENVIRON, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def address(server: HubServer, login: str, repository: str = REPO) -> str:
    """Where git finds a repository of the tracker as this user."""
    return f"{server.url.replace('://', f'://{login}:{server.hub.create_token(login)}@')}/{repository}.git"


@dataclass
class Clone:
    """A work tree whose `origin` is a repository of the tracker."""

    folder: Path

    @classmethod
    def begun(cls, folder: Path, url: str) -> Clone:
        """A new one, with a first commit on main, pushed."""
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "remote", "add", "origin", url)
        clone = cls(folder)
        clone.pushes("main", "README.md", "# Site\n")
        return clone

    def pushes(self, branch: str, path: str, text: str, *, force: bool = False) -> str:
        """One more commit on a branch, made from where the work tree is if it is new. Its hash."""
        if branch != git(self.folder, "branch", "--show-current"):
            known = git(self.folder, "branch", "--list", branch)
            git(self.folder, "switch", "--quiet", *([] if known else ["-c"]), branch)
        (self.folder / path).write_text(text, encoding="utf-8")
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--message", f"Write {path}", *(["--amend"] if force else []))
        git(self.folder, "push", "--quiet", *(["--force"] if force else []), "origin", branch)
        return git(self.folder, "rev-parse", "HEAD")

    def fetched(self, branch: str, path: str) -> str:
        """A file as it is on a branch of the tracker's."""
        git(self.folder, "fetch", "--quiet", "origin")
        return git(self.folder, "show", f"origin/{branch}:{path}")
