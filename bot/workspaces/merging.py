"""Merging: the results of several phases in one work tree, in the order of the phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.workspaces.git import Git
from bot.workspaces.repository import is_ancestor
from services.execution.tool import ToolFailed
from services.publishing.text import title

SHOWN = 20
"""How many files a failure names."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a phase has brought: its name, for people, and the commit."""

    name: str
    commit: str


def independent(git: Git, parts: Sequence[Part]) -> list[Part]:
    """Those that no other of them contains, in the same order."""
    if len(parts) < 2:
        return list(parts)
    apart = set(git.ask("merge-base", "--independent", *(part.commit for part in parts)).split())
    found = [part for part in parts if part.commit in apart]
    return [part for place, part in enumerate(found) if part.commit not in {one.commit for one in found[:place]}]


def merge(git: Git, base: str, parts: Sequence[Part], into: str = "what was there before") -> str:
    """The commit of all parts, on top of what the work tree is at. Raises ToolFailed with the code merge_conflict, naming the
    files and whose they are. `base` is where all of them began; `into` says whose the work tree is."""
    there = [Part(into, git.ask("rev-parse", "HEAD"))]
    for part in parts:
        message = f"Merge {title(part.name)}"
        answer = git.try_to("merge", "--quiet", "--ff", "--no-verify", "--no-edit", "-m", message, part.commit)
        if answer.code:
            raise _conflict(git, base, there, part, answer.last_words)
        there.append(part)
    return git.ask("rev-parse", "HEAD")


def _conflict(git: Git, base: str, there: Sequence[Part], part: Part, words: str) -> ToolFailed:
    files = git.names("diff", "--name-only", "--diff-filter=U", "-z")
    if not files:
        return ToolFailed("git_failed", f"git merge: {words}", retryable=True)
    others = [one.name for one in there if _changes(git, base, one, files)] or [there[0].name]
    shown = ", ".join(files[:SHOWN]) + (f" and {len(files) - SHOWN} more" if len(files) > SHOWN else "")
    message = f"{' and '.join(others)} and {part.name} have changed the same lines of {shown}"
    return ToolFailed("merge_conflict", message, details={"files": files, "phases": [*others, part.name]})


def _changes(git: Git, base: str, part: Part, files: Sequence[str]) -> bool:
    return bool(git.names("diff", "--name-only", "-z", base, part.commit, "--", *files[:SHOWN]))


def at(git: Git, commit: str) -> None:
    """Bring the work tree, whatever is in it, to this commit."""
    git.ask("clean", "-ffdxq")
    git.ask("checkout", "--quiet", "--detach", "--force", commit)


def merged(git: Git, older: str, part: Part, base: str, into: str) -> str:
    """One commit with both. The work tree is used for it only if it has to be."""
    if is_ancestor(git, older, part.commit):
        return part.commit
    if is_ancestor(git, part.commit, older):
        return older
    at(git, older)
    return merge(git, base, [part], into)
