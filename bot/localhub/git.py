"""Git beside the tracker: one bare repository for each of its repositories, pushed to over HTTP, merged in without a work tree.

It is made when it is first needed. What people put through the contents API is not in it: that is a store of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.localhub.problems import Refused
from bot.localhub.values import PullFigures, User

SECONDS = 120.0
"""The longest that one call may take."""

_KEPT = ("PATH", "TMPDIR", "LANG")
_ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


class GitFolders:
    """Where the repositories are. `root` None: in a folder that goes with the tracker."""

    def __init__(self, root: Path | None) -> None:
        self._passing = Path(tempfile.mkdtemp(prefix="localhub-git-")) if root is None else None
        self._root = root or self._passing or Path()

    def close(self) -> None:
        if self._passing is not None:
            shutil.rmtree(self._passing, ignore_errors=True)

    def of(self, repository_id: int, default_branch: str) -> GitRepository:
        """Made now, if it is not there yet."""
        folder = self._root / f"{repository_id}.git"
        git = GitRepository(folder)
        if not folder.is_dir():
            folder.mkdir(parents=True)
            git.ask("init", "--quiet", "--bare", f"--initial-branch={default_branch}")
            git.ask("config", "http.receivepack", "true")
        return git


@dataclass(frozen=True, slots=True)
class GitRepository:
    """Git in one bare folder. Branches are named without `refs/heads/`."""

    folder: Path

    def heads(self) -> dict[str, str]:
        """The commits of all branches."""
        told = self.ask("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads").splitlines()
        return {name.removeprefix("refs/heads/"): sha for sha, _, name in (line.partition(" ") for line in told)}

    def has(self, sha: str) -> bool:
        return self._try("cat-file", "-e", f"{sha}^{{commit}}").returncode == 0

    def commits_between(self, base: str, head: str) -> int:
        """How many `head` has that `base` has not; 0 where their stories have nothing in common."""
        found = self._try("rev-list", "--count", f"{base}..{head}")
        return int(found.stdout) if found.returncode == 0 else 0

    def figures(self, base: str, head: str) -> PullFigures:
        """What merging these commits would bring."""
        stat = self._try("diff", "--numstat", "--no-renames", f"{base}...{head}")
        lines = [line.split("\t") for line in stat.stdout.decode(errors="replace").splitlines()]
        return PullFigures(
            commits=self.commits_between(base, head),
            additions=sum(int(one[0]) for one in lines if one[0].isdecimal()),
            deletions=sum(int(one[1]) for one in lines if one[1].isdecimal()),
            files=len(lines),
        )

    def is_mergeable(self, base: str, head: str) -> bool:
        return self._merged_tree(base, head) is not None

    def merge(self, base: str, head: str, message: str, by: User, *, as_one: bool = False) -> str:
        """A commit with both, without moving anything; `as_one`: as a single commit on `base`. 405 for a conflict."""
        tree = self._merged_tree(base, head)
        if tree is None:
            raise Refused(405, "Pull Request is not mergeable")
        parents = ("-p", base) if as_one else ("-p", base, "-p", head)
        return self.ask("commit-tree", tree, *parents, "-F", "-", given=message, by=by)

    def commit(self, base: str, path: str, content: str, message: str, by: User) -> str:
        """A commit on `base` in which this one file is different."""
        blob = self.ask("hash-object", "-w", "--stdin", given=content)
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            self.ask("read-tree", base, more=index)
            self.ask("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", more=index)
            tree = self.ask("write-tree", more=index)
        return self.ask("commit-tree", tree, "-p", base, "-F", "-", given=message, by=by)

    def move(self, branch: str, new: str, old: str = "") -> None:
        """409 if it is not where it was thought to be; "" for wherever it is."""
        if self._try("update-ref", f"refs/heads/{branch}", new, *([old] if old else [])).returncode:
            raise Refused(409, "Base branch was modified. Review and try the merge again.")

    def serve(self, environ: Mapping[str, str], body: bytes) -> bytes:
        """What git's own CGI program answers, headers and all: the protocol of fetching and pushing over HTTP."""
        place = {"GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1"}
        return self._try("http-backend", raw=body, more={**place, **environ}).stdout

    def ask(
        self, *arguments: str, given: str = "", by: User | None = None, more: Mapping[str, str] | None = None
    ) -> str:
        done = self._try(*arguments, raw=given.encode(), more={**(more or {}), **_authorship(by)})
        if done.returncode:
            raise Refused(500, f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace").strip()

    def _merged_tree(self, base: str, head: str) -> str | None:
        done = self._try("merge-tree", "--write-tree", base, head)
        return done.stdout.decode().split("\n")[0] if done.returncode == 0 else None

    def _try(
        self, *arguments: str, raw: bytes = b"", more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environ = {**kept, **_ALONE, "HOME": str(self.folder), **(more or {})}
        return subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=environ,
            input=raw,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )


def _authorship(by: User | None) -> dict[str, str]:
    if by is None:
        return {}
    name, email = by.name or by.login, by.email
    return {
        f"GIT_{role}_{what}": said
        for role in ("AUTHOR", "COMMITTER")
        for what, said in (("NAME", name), ("EMAIL", email))
    }
