"""Locking: a clone of ours is changed by one process at a time, the one that holds the lock file beside it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bot.workspaces.git import Git


def lock_of(clone: Path) -> Path:
    return clone.with_suffix(".lock")


@contextmanager
def alone_in(clone: Path, git: Git) -> Iterator[Git]:
    """Git, with nobody else at work in the clone. A repository that has no lock file beside it is a person's own: git's locks
    are all that there is.

    The lock is inherited by git: one that outlives its killed parent keeps it until it has ended.
    """
    if not lock_of(clone).exists():
        yield git
        return
    with lock_of(clone).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield replace(git, held=(lock.fileno(),))


@contextmanager
def if_unused(clone: Path) -> Iterator[bool]:
    """True if nobody is at work in it, and nobody will be until the end of the context."""
    with lock_of(clone).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield not any((clone / "worktrees").glob("*"))
