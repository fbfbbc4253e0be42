"""The cache of repositories: a bare clone of each project that is carried out here, brought up to date before each attempt.

Everything in it is also at its origin, so whatever is broken, too old or too much is thrown away and cloned again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from bot.workspaces.git import Answer, Git, check_version
from bot.workspaces.locking import alone_in, if_unused, lock_of
from bot.workspaces.origins import Origin
from bot.workspaces.places import MEGABYTE, SPARE
from services.execution.tool import ToolFailed

log = structlog.get_logger()

HEAD = "refs/upstream/HEAD"
"""Where the origin's default branch was when it was last looked at."""
_SUSPECT = "phasebot-suspect"
_LOCKS = ("*.lock", "refs/**/*.lock")


@dataclass(frozen=True, slots=True)
class RepositoryCache:
    """The clones under one folder, which several processes may share. They take `budget` bytes at the most, in all."""

    folder: Path
    budget: int

    @contextmanager
    def held(self, origin: Origin, git: Git) -> Iterator[Git]:
        """Git in the clone of this origin, which nobody else changes meanwhile. Raises ToolFailed."""
        place = self.place(origin)
        place.parent.mkdir(parents=True, exist_ok=True)
        lock_of(place).touch()
        with alone_in(place, replace(git, folder=place)) as ours:
            self._prepare(place, ours)
            yield ours

    def fetch(self, git: Git, origin: Origin, *refspecs: str) -> None:
        """Bring these refs, and the default branch; what the origin does not have any more goes. Raises ToolFailed."""
        answer = self._fetched(git, origin, refspecs)
        if answer.code and _is_broken(git):
            self._renew(git)
            answer = self._fetched(git, origin, refspecs)
        if answer.code:
            raise ToolFailed("repository_unavailable", _refusal(origin, answer), retryable=True)
        os.utime(git.folder)
        git.try_to("-c", "gc.auto=6700", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet")
        self._keep_within_budget(git.folder)

    def suspect(self, origin: Origin) -> None:
        """Something went wrong in this clone: it is examined before it is used again."""
        place = self.place(origin)
        if place.is_dir():
            (place / _SUSPECT).touch()

    # ------------------------------------------------------------ inside

    def place(self, origin: Origin) -> Path:
        return self.folder / f"{origin.project.lower()}.git"

    def _prepare(self, place: Path, git: Git) -> None:
        """Without the locks that a killed git has left: whoever holds ours is the only one who writes."""
        if (place / _SUSPECT).exists():
            (place / _SUSPECT).unlink()
            if _is_broken(git):
                self._renew(git)
        if not (place / "HEAD").exists():
            self._make(git)
        for pattern in _LOCKS:
            for lock in place.glob(pattern):
                lock.unlink(missing_ok=True)

    def _make(self, git: Git) -> None:
        place = git.folder
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        check_version(git.ask("version"))
        git.ask("init", "--quiet", "--bare", ".")

    def _renew(self, git: Git) -> None:
        log.warning("repository_cloned_again", folder=str(git.folder))
        self._make(git)

    def _fetched(self, git: Git, origin: Origin, refspecs: tuple[str, ...]) -> Answer:
        if shutil.disk_usage(git.folder).free < SPARE:
            raise ToolFailed("disk_budget", f"there is no room on the disk for {origin.project}", retryable=True)
        git = git.as_the_user(origin.environ("read"))
        return git.try_to("fetch", "--quiet", "--no-tags", "--prune", "--force", "--no-write-fetch-head", origin.url,
                          f"+HEAD:{HEAD}", *refspecs)  # fmt: skip

    def _keep_within_budget(self, place: Path) -> None:
        """The clones that were not used for the longest time go first; the one in hand only if it is too big by itself."""
        sizes = {one: _size(one) for one in self.folder.glob("*/*.git")}
        others = sorted((one for one in sizes if one != place), key=lambda one: one.stat().st_mtime)
        for one in others:
            if sum(sizes.values()) <= self.budget:
                return
            if _removed(one):
                del sizes[one]
        if sizes[place] > self.budget:
            shutil.rmtree(place, ignore_errors=True)
            message = (
                f"the repository takes {sizes[place] / MEGABYTE:,.1f} MB, more than PHASEBOT_REPOSITORIES_MB allows"
            )
            raise ToolFailed("disk_budget", message)


def _is_broken(git: Git) -> bool:
    """What git itself says of it: an object or a ref that cannot be read."""
    checks = (("rev-parse", "--is-bare-repository"), ("fsck", "--connectivity-only", "--no-dangling", "--no-progress"))
    return any(git.try_to(*one).code for one in checks)


def _refusal(origin: Origin, answer: Answer) -> str:
    return f"{origin.project} cannot be fetched from {origin.url}: {answer.reason}"


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _removed(place: Path) -> bool:
    with if_unused(place) as is_unused:
        if is_unused:
            shutil.rmtree(place, ignore_errors=True)
    return is_unused
