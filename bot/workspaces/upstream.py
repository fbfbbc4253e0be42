"""Upstream: where the refs of a plan are the same for all machines that carry its phases out.

In a person's own repository that is the repository itself. In a clone of ours it is the origin: refs are taken from there
before anything is decided, and what was decided counts once the origin has taken it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from bot.workspaces.cache import HEAD, RepositoryCache
from bot.workspaces.delivery import FOLDER, remote_of
from bot.workspaces.git import Git
from bot.workspaces.landed import DEFAULT, PEOPLES
from bot.workspaces.origins import Origin
from bot.workspaces.refs import NOTHING, Moved, PlanRefs, Update, target
from bot.workspaces.repository import Repository, is_ancestor
from services.execution.tool import ToolFailed

PUSH_SECONDS = 300.0
_BRANCHES = f"refs/heads/{FOLDER}*"
_HEADS = "refs/upstream/heads"
_QUICKER = ("[rejected]", "cannot lock ref", "incorrect old value", "reference already exists")
"""What git says, here or at the origin, where somebody else was quicker."""


class Turn(Protocol):
    """Nobody else on this machine moves refs of the repository meanwhile."""

    def fetch(self, refs: PlanRefs, branches: Collection[str] = ()) -> None:
        """Make the refs of the plan what they are upstream, and look where these branches are. Raises ToolFailed."""

    def branch(self, name: str) -> str:
        """Where one of them is; NOTHING for a plan's that is not there."""

    def push(self, refs: PlanRefs, base: str, updates: Sequence[Update]) -> None:
        """Make upstream what the refs are now: all of it or nothing. `base` is the commit that the plan began with.
        Raises Moved, ToolFailed."""


class Upstream(Protocol):
    """`name` says where results are pushed to, "" where they stay."""

    @property
    def name(self) -> str: ...

    def turn(self) -> AbstractContextManager[Turn]: ...


@dataclass(frozen=True, slots=True)
class Here:
    """The repository is a person's own. Its remote, if it has one, counts only for what was carried out elsewhere."""

    repository: Repository
    name = ""

    def turn(self) -> AbstractContextManager[Here]:
        return nullcontext(self)

    def fetch(self, refs: PlanRefs, branches: Collection[str] = ()) -> None:
        """The refs are what they are."""
        git, wanted = self.repository.git, [one for one in branches if one != PEOPLES]
        remote = remote_of(git) if wanted else None
        if remote is None:
            return
        answer = git.as_the_user().try_to(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, f"+HEAD:{HEAD}",
            f"+{_BRANCHES}:{_HEADS}/{FOLDER}*", *_refspecs(wanted), seconds=PUSH_SECONDS,
        )  # fmt: skip
        if answer.code:
            message = f"what was carried out elsewhere cannot be fetched from {remote}: {answer.reason}"
            raise ToolFailed("repository_unavailable", message, retryable=True)

    def branch(self, name: str) -> str:
        git = self.repository.git
        if name == PEOPLES or remote_of(git) is None:
            return self.repository.head()
        return target(git, HEAD if name == DEFAULT else f"{_HEADS}/{name}")

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

    def fetch(self, refs: PlanRefs, branches: Collection[str] = ()) -> None:
        ours = (f"+{refs.root}/*:{refs.upstream}/*", f"+{_BRANCHES}:{_BRANCHES}")
        self.cache.fetch(self.git, self.origin, *ours, *_refspecs(branches))
        refs.adopt()

    def branch(self, name: str) -> str:
        if name in (DEFAULT, PEOPLES):
            return target(self.git, HEAD)
        return target(self.git, f"refs/heads/{name}" if name.startswith(FOLDER) else f"{_HEADS}/{name}")

    def push(self, refs: PlanRefs, base: str, updates: Sequence[Update]) -> None:
        """With the base, the first time. What brings nothing new is not pushed, so that phases which change nothing need no
        right to write."""
        news = [one for one in updates if one.new != one.old and not (one.old == NOTHING and self._has(one.new, base))]
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

    def _has(self, commit: str, base: str) -> bool:
        return commit == base or is_ancestor(self.git, commit, HEAD)


def _refspecs(branches: Collection[str]) -> list[str]:
    """Of those that are brought only where they are asked for."""
    named = [one for one in branches if one not in (DEFAULT, PEOPLES) and not one.startswith(FOLDER)]
    return [f"+{one}:{_HEADS}/{one}" for one in named]
