"""Choosing: whether an attempt works in a worktree, in a copy of the folder or in that itself, or in a clone of its project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.holder import holder_of_this_process
from bot.once import Once
from bot.settings import Settings
from bot.workspaces.cache import HEAD, RepositoryCache
from bot.workspaces.checkpoints import Checkpoints
from bot.workspaces.copies import Copies
from bot.workspaces.git import Git
from bot.workspaces.origins import Origin, Origins
from bot.workspaces.patches import Patches
from bot.workspaces.places import MEGABYTE, Places
from bot.workspaces.repository import Repository, repository_of
from bot.workspaces.retiring import AreFinished, retire, retire_at
from bot.workspaces.seeing import TooMuch
from bot.workspaces.upstream import AtOrigin
from bot.workspaces.worktrees import GitWorkspaces
from services.domain.errors import UserError
from services.domain.rules import Isolation
from services.execution.operations import Ending
from services.execution.redaction import Redactor
from services.execution.tool import Output, ToolFailed
from services.execution.workspace import Workspace
from services.ports import Assignment


class NoRepository(UserError):
    """Worktrees are wanted where there is nothing to make them of."""

    code = "no_repository"


class NoFolder(UserError):
    """A phase is to work in a folder, and there is only a clone of its repository."""

    code = "no_folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """`home` is where worktrees are kept, `holder` the process they belong to; they take `megabytes` in all at the most. A
    folder outside of git of more than `copied_megabytes` is not copied."""

    home: Path
    holder: str
    megabytes: int = 10_000
    copied_megabytes: int = 500
    author: tuple[str, str] = ("phasebot", "phasebot@localhost")
    redactor: Redactor = field(default_factory=Redactor)


@dataclass(frozen=True, slots=True)
class InPlace:
    """The folder itself: what an attempt does there is done."""

    folder: str

    def settle(self, ending: Ending) -> Ending:
        return ending


def workspaces_of(
    settings: Settings, folder: Path, redactor: Redactor, origins: Origins | None = None
) -> FolderWorkspaces | ProjectWorkspaces:
    """As the operator wants them. `origins`: attempts of projects that have one work in clones, not in the folder."""
    name, _, email = settings.git_author.rstrip(">").partition(" <")
    manner = Manner(
        home=settings.home,
        holder=holder_of_this_process(),
        megabytes=settings.worktrees_mb,
        copied_megabytes=settings.copy_mb,
        author=(name, email),
        redactor=redactor,
    )
    place = FolderWorkspaces(folder, manner)
    if origins is None:
        return place
    cache = RepositoryCache(settings.repositories, settings.repositories_mb * MEGABYTE)
    return ProjectWorkspaces(place, origins, cache)


def uncommitted_in(folder: Path) -> list[str]:
    """Files that attempts would not see, because they begin with the last commit; none where they work in the folder itself."""
    repository = repository_of(folder, Git(folder))
    return repository.uncommitted() if repository else []


class FolderWorkspaces:
    """For attempts on one folder. Whether it is in a repository is found out when it is first needed."""

    def __init__(self, folder: Path, manner: Manner) -> None:
        self._folder = folder
        self._manner = manner
        self._places = Places(manner.home / "worktrees", manner.holder, manner.megabytes * MEGABYTE)
        self._checkpoints = Checkpoints(manner.home, manner.holder, manner.megabytes * MEGABYTE)
        self._copies = Copies(manner.home, manner.holder, manner.copied_megabytes * MEGABYTE)
        self._git = Once(self._made_git)
        self._known = Once(lambda: (repository_of(folder, self._git()),))

    def open(self, assignment: Assignment, output: Output) -> AbstractContextManager[Workspace]:
        """Raises NoRepository, ToolFailed."""
        isolation = assignment.phase.rules.isolation
        if isolation is Isolation.CHECKPOINT:
            return self._checkpoints.open(self._folder, assignment, output)
        repository = None if isolation is Isolation.IN_PLACE else self.repository()
        if repository is not None:
            return self._worktrees(repository, None).open(assignment, output)
        if isolation is Isolation.WORKTREE:
            raise NoRepository(
                f"{self._folder} is not in a git repository that has a commit",
                where="workspace",
                fix="Say `workspace: auto` in the policy, or make it one.",
            )
        is_copied = isolation is Isolation.AUTO and self._manner.copied_megabytes > 0
        return self._copied(assignment, output) if is_copied else nullcontext(InPlace(str(self._folder)))

    @contextmanager
    def lend(self, name: str) -> Iterator[str]:
        """A folder for work that leaves nothing behind: the last commit of the repository, or nothing at all without one.

        Raises GitTooOld, ToolFailed.
        """
        repository = self.repository()
        if repository is None:
            with TemporaryDirectory(prefix="phasebot-") as folder:
                yield folder
            return
        with self._places.worktree(repository.git, repository.common, name, repository.head()) as git:
            yield str(git.folder / repository.prefix)

    def in_clone(
        self, origin: Origin, cache: RepositoryCache, assignment: Assignment, output: Output
    ) -> AbstractContextManager[Workspace]:
        """A worktree as all others, but of a clone in the cache. Raises NoFolder, ToolFailed."""
        if assignment.phase.rules.isolation in (Isolation.IN_PLACE, Isolation.CHECKPOINT):
            raise NoFolder(
                f"phases of {origin.project} work in a clone of it, not in a folder",
                where="workspace",
                fix="Say `workspace: auto` in the policy, or start with `--workspace FOLDER`.",
            )
        git, place = self._git(), cache.place(origin)
        repository = Repository(replace(git, folder=place), place.resolve(), "", start=HEAD)
        return self._worktrees(repository, AtOrigin(cache, origin, git)).open(assignment, output)

    def retire(self, are_finished: AreFinished) -> int:
        """Delete what finished plans have left in the repository. How many plans that were. Raises ToolFailed."""
        repository = self.repository()
        return retire(repository.git, are_finished) if repository else 0

    def retire_at(self, origin: Origin, are_finished: AreFinished) -> int:
        """The same at the origin of clones. Raises ToolFailed."""
        return retire_at(origin, replace(self._git(), folder=self._manner.home), are_finished)

    def clean_up(self) -> None:
        self._places.clean_up()
        self._checkpoints.clean_up()
        self._copies.clean_up()

    def repository(self) -> Repository | None:
        """The one that worktrees are made of. Raises GitTooOld."""
        return self._known()[0]

    @contextmanager
    def _copied(self, assignment: Assignment, output: Output) -> Iterator[Workspace]:
        """Where that is too much, the folder itself, which is said."""
        with ExitStack() as stack:
            workspace: Workspace
            try:
                workspace = stack.enter_context(self._copies.open(self._folder, assignment, output))
            except TooMuch as why:
                line = f"the folder {why}, so phases work in itself, one after the other, and failures are not rolled back\n"
                output.write(line.encode())
                stack.enter_context(self._copies.turn())
                workspace = InPlace(str(self._folder))
            yield workspace

    def _worktrees(self, repository: Repository, upstream: AtOrigin | None) -> GitWorkspaces:
        return GitWorkspaces(repository, self._places, Patches(self._manner.redactor), upstream)

    def _made_git(self) -> Git:
        excludes = self._manner.home / "never-kept"
        excludes.parent.mkdir(parents=True, exist_ok=True)
        excludes.write_text("/.phasebot/\n")
        return Git(self._folder, author=self._manner.author, excludes=str(excludes))


class ProjectWorkspaces:
    """For attempts of many projects: in clones of their repositories where those are known, else in the folder."""

    def __init__(self, folder: FolderWorkspaces, origins: Origins, cache: RepositoryCache) -> None:
        self._folder = folder
        self._origins = origins
        self._cache = cache

    @contextmanager
    def open(self, assignment: Assignment, output: Output) -> Iterator[Workspace]:
        """Raises NoFolder, NoRepository, ToolFailed, and what finding the origin raises."""
        origin = self._origins(assignment)
        with ExitStack() as stack:
            if origin is None:
                yield stack.enter_context(self._folder.open(assignment, output))
            else:
                yield self._entered(stack, origin, assignment, output)

    def lend(self, name: str) -> AbstractContextManager[str]:
        """A folder for work that leaves nothing behind, and is about no project."""
        return self._folder.lend(name)

    def retire(self, are_finished: AreFinished) -> int:
        """In the folder, if that is in a repository. Raises ToolFailed."""
        return self._folder.retire(are_finished)

    def retire_at(self, origin: Origin, are_finished: AreFinished) -> int:
        """At an origin. Raises ToolFailed."""
        return self._folder.retire_at(origin, are_finished)

    def clean_up(self) -> None:
        self._folder.clean_up()

    def _entered(self, stack: ExitStack, origin: Origin, assignment: Assignment, output: Output) -> Workspace:
        """A clone that git cannot work with is examined, and made again if it is broken."""
        try:
            return stack.enter_context(self._folder.in_clone(origin, self._cache, assignment, output))
        except ToolFailed as error:
            if error.type != "git_failed":
                raise
        self._cache.suspect(origin)
        return stack.enter_context(self._folder.in_clone(origin, self._cache, assignment, output))
