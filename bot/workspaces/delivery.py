"""Delivery: the branch on which the results of a plan's phases come together."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from bot.workspaces.git import Git
from bot.workspaces.merging import Part, at, independent, merge, merged
from bot.workspaces.refs import NOTHING, PlanRefs, Update
from bot.workspaces.repository import is_ancestor
from services.publishing.text import title

PUSH_SECONDS = 120.0
FOLDER = "phasebot/"
_SLUG = 40


def branch_of(title: str, plan: str) -> str:
    """The name of a plan's branch: readable, and nobody else's."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower())[:_SLUG].strip("-")
    return FOLDER + "-".join(one for one in (slug, _end_of(plan)) if one)


def branch_in(git: Git, title: str, plan: str) -> str:
    """The name of the plan's branch, which it keeps when the plan gets another title."""
    known = git.ask("for-each-ref", "--format=%(refname:strip=2)", f"refs/heads/{FOLDER}").splitlines()
    return next((one for one in known if is_branch_of(one, plan)), branch_of(title, plan))


def is_branch_of(name: str, plan: str) -> bool:
    """By the end of its name: whatever the plan was called when it was made. `name` may be a whole ref."""
    return f"/{name}".endswith((f"-{_end_of(plan)}", f"/{_end_of(plan)}"))


def checked_out(git: Git) -> set[str]:
    """The refs of the branches that somebody works on."""
    told = git.ask("worktree", "list", "--porcelain").splitlines()
    return {line.removeprefix("branch ") for line in told if line.startswith("branch ")}


def _end_of(plan: str) -> str:
    """By which the branch of a plan is known, whatever it is called otherwise."""
    return re.sub(r"[^A-Za-z0-9]", "", plan)[:8]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A phase's result with what was delivered before: where the branch is to go. `parts` are the results of all phases."""

    base: str
    old: str
    parts: Sequence[Part]
    part: Part
    is_first: bool


class Branch:
    """One plan's. It only ever goes forward, and holds what the phases have brought, whatever the order in which they ended."""

    lock = threading.Lock()

    def __init__(self, git: Git, name: str) -> None:
        self._git = git
        self.name = name
        self.ref = f"refs/heads/{name}"

    def target(self, refs: PlanRefs) -> str:
        """Where it is; NOTHING if it is not there yet."""
        return refs.target(self.ref)

    def is_checked_out(self) -> bool:
        """Somebody works on it: it is not moved under their hands."""
        return self.ref in checked_out(self._git)

    def update(self, tree: Git, told: Delivered) -> Update:
        """Where it has to go. `tree` is a work tree that nobody needs any more. Raises ToolFailed (merge_conflict)."""
        if told.old == NOTHING:
            return Update(self.ref, self._together(tree, told), NOTHING)
        if told.is_first or self._has_others(told):
            new = merged(tree, told.old, told.part, told.base, "what was delivered before")
        else:
            new = self._anew(tree, told)
        return Update(self.ref, new, told.old)

    def _together(self, tree: Git, told: Delivered) -> str:
        """The results of all phases, and nothing else."""
        first, *others = independent(tree, told.parts)
        if not others:
            return first.commit
        at(tree, first.commit)
        return merge(tree, told.base, others, first.name)

    def _anew(self, tree: Git, told: Delivered) -> str:
        """A result was replaced by another: the branch takes its content from those that count now."""
        new = self._together(tree, told)
        if is_ancestor(tree, told.old, new):
            return new
        content = tree.ask("rev-parse", f"{new}^{{tree}}")
        return tree.ask("commit-tree", content, "-p", told.old, "-p", new, "-m", f"Replace {title(told.part.name)}")

    def _has_others(self, told: Delivered) -> bool:
        """Somebody has committed to it: that is never undone."""
        unknown = [f"^{one.commit}" for one in told.parts]
        ours = self._git.author[1]
        emails = self._git.ask("log", "--format=%ce", told.old, f"^{told.base}", *unknown).splitlines()
        return any(email != ours for email in emails)

    def push(self, remote: str) -> str:
        """ "" if it went well, else why not."""
        answer = self._git.as_the_user().try_to(
            "push", "--quiet", "--no-verify", remote, f"{self.ref}:{self.ref}", seconds=PUSH_SECONDS
        )
        return "" if answer.code == 0 else answer.last_words or "git push failed"


def remote_of(git: Git) -> str | None:
    """Where branches are pushed to: `origin`, or the only remote there is."""
    remotes = git.ask("remote").split()
    return "origin" if "origin" in remotes else remotes[0] if len(remotes) == 1 else None
