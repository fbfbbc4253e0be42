"""Upstream: where the refs of a plan are the same for all machines that carry its phases out.

In a person's own repository that is the repository itself. In a clone of ours it is the origin: refs are taken from there
before anything is decided, and what was decided counts once the origin has taken it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from bot.workspaces.cache import RepositoryCache
from bot.workspaces.git import Git
from bot.workspaces.origins import Origin
from bot.workspaces.refs import NOTHING, Moved, PlanRefs, Update
from services.execution.tool import ToolFailed

PUSH_SECONDS = 300.0
_BRANCHES = "refs/heads/phasebot/*"
_QUICKER = ("[rejected]", "cannot lock ref", "incorrect old value", "reference already exists")
"""What git says, here or at the origin, where somebody else was quicker."""


class Turn(Protocol):
    """Nobody else on this machine moves refs of the repository meanwhile."""

    def fetch(self, refs: PlanRefs) -> None:
        """Make the refs of the plan what they are upstream. Raises ToolFailed."""

    def push(self, refs: PlanRefs, base: str, updates: Sequence[Update]) -> None:
        """Make upstream what the refs are now: all of it or nothing. `base` is the commit that the plan began with.
        Raises Moved, ToolFailed."""


class Upstream(Protocol):
    """`name` says where results are pushed to, "" where they stay."""

    @property
    def name(self) -> str: ...

    def turn(self) -> AbstractContextManager[Turn]: ...


class Here:
    """The repository is a person's own, and nothing else counts."""

    name = ""

    def turn(self) -> AbstractContextManager[Here]:
        return nullcontext(self)

    def fetch(self, refs: PlanRefs) -> None:
        """They are what they are."""

    def push(self, refs: PlanRefs, base: str, updates: Sequence[Update]) -> None:
        """They are there."""


@dataclass(frozen=True, slots=True)
class AtOrigin:
    """The repository is a clone of ours, in a cache that several processes share. `git` has what is the same for all clones."""

    cache: RepositoryCache
    origin: Origin
    git: Git

    @property
    def name(self) -> str:
        return self.origin.url

    @contextmanager
    def turn(self) -> Iterator[_TurnAtOrigin]:
        with self.cache.held(self.origin, self.git) as git:
            yield _TurnAtOrigin(self.cache, self.origin, git)


@dataclass(frozen=True, slots=True)
class _TurnAtOrigin:
    """`git` is in the clone."""

    cache: RepositoryCache
    origin: Origin
    git: Git

    def fetch(self, refs: PlanRefs) -> None:
        self.cache.fetch(self.git, self.origin, f"+{refs.root}/*:{refs.upstream}/*", f"+{_BRANCHES}:{_BRANCHES}")
        refs.adopt()

    def push(self, refs: PlanRefs, base: str, updates: Sequence[Update]) -> None:
        """With the base, the first time. What brings nothing new is not pushed, so that phases which change nothing need no
        right to write."""
        news = [one for one in updates if one.new != (base if one.old == NOTHING else one.old)]
        if not news:
            return
        if refs.target(f"{refs.upstream}/base") == NOTHING:
            news.append(Update(f"{refs.root}/base", base, NOTHING))
        leases = [f"--force-with-lease={one.ref}:{'' if one.old == NOTHING else one.old}" for one in news]
        pairs = [f"{one.new}:{one.ref}" for one in news]
        answer = self.git.as_the_user(self.origin.environ("write")).try_to(
            "push", "--quiet", "--no-verify", "--atomic", "--porcelain", *leases, self.origin.url, *pairs,
            seconds=PUSH_SECONDS,
        )  # fmt: skip
        if answer.code == 0:
            return
        if any(sign in answer.out + answer.err for sign in _QUICKER):
            raise Moved
        message = f"the result was not pushed to {self.origin.url}: {answer.reason}"
        raise ToolFailed("push_failed", message, retryable=True)
