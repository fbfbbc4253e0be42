"""The repository around a folder, if there is one whose files the folder holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.workspaces.git import Git, check_version, is_there
from services.execution.tool import ToolFailed


@dataclass(frozen=True, slots=True)
class Repository:
    """`common` is what all its work trees share; `prefix` leads from the top of one to the folder. `start` is where plans
    begin."""

    git: Git
    common: Path
    prefix: str
    start: str = "HEAD"

    def head(self) -> str:
        """The commit that a plan begins with now."""
        return self.git.ask("rev-parse", "--verify", f"{self.start}^{{commit}}")

    def uncommitted(self) -> list[str]:
        """Files that differ from that commit, also those that are new."""
        found = self.git.names("status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal")
        return [one[3:] for one in found]


def repository_of(folder: Path, git: Git) -> Repository | None:
    """None where nothing could be kept in one: no git, no repository, no commit yet, or a folder that it knows no file of.

    Raises GitTooOld.
    """
    if not is_there() or not folder.is_dir():
        return None
    found = git.try_to("rev-parse", "--show-toplevel", "--git-common-dir", "--show-prefix", "HEAD^{commit}")
    if found.code:
        return None
    _, common, prefix, _ = found.out.splitlines()
    if not git.try_to("ls-files", "-z", "--", ".").out and prefix:
        return None  # an ignored folder, or one that belongs to something else
    check_version(git.ask("version"))
    return Repository(git, Path(folder, common).resolve(), prefix)


def is_ancestor(git: Git, older: str, newer: str) -> bool:
    """Everything in `older` is in `newer` as well."""
    answer = git.try_to("merge-base", "--is-ancestor", older, newer)
    if answer.code not in (0, 1):
        raise ToolFailed("git_failed", f"git merge-base: {answer.last_words}", retryable=True)
    return answer.code == 0
