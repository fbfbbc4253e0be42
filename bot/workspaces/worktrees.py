"""Worktrees: each attempt works in one of its own, which begins with the results of the phases before it.

A success becomes a commit, and the ref of the phase, in one step; until then nothing of the attempt is anywhere but in its
own folder, which is thrown away in the end: rolling back is doing nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot.workspaces.changed import changes_of, refuse_protected, with_changes
from bot.workspaces.delivery import Branch, Delivered, branch_in, remote_of
from bot.workspaces.git import Git, named
from bot.workspaces.landed import branches_with, was_elsewhere
from bot.workspaces.merging import Part, independent, merge
from bot.workspaces.patches import Patches
from bot.workspaces.places import Places
from bot.workspaces.refs import NOTHING, Claim, Moved, PlanRefs, Update
from bot.workspaces.repository import Repository, is_ancestor
from bot.workspaces.upstream import Here, Upstream
from services.domain.attempts import Changes
from services.domain.rules import Deliver
from services.execution.cancellation import Stop, Stopped
from services.execution.envelope import envelope
from services.execution.operations import Ending
from services.execution.tool import Output, ToolFailed
from services.ports import Assignment
from services.publishing.text import title

_TRIES = 5


class GitWorkspaces:
    """The worktrees of attempts in one repository."""

    def __init__(
        self, repository: Repository, places: Places, patches: Patches, upstream: Upstream | None = None
    ) -> None:
        self._repository = repository
        self._places = places
        self._patches = patches
        self._upstream = upstream or Here(repository)

    @contextmanager
    def open(self, assignment: Assignment, output: Output) -> Iterator[Worktree]:
        """Raises ToolFailed: superseded, merge_conflict, disk_budget, git_failed, repository_unavailable."""
        repository, phase = self._repository, assignment.phase
        refs = PlanRefs(repository.git, assignment.plan)
        on = self._landed_on(assignment)
        with self._upstream.turn() as turn:
            turn.fetch(refs, {name for names in on.values() for name in names})
            claim = refs.claim(phase.serial, assignment.fence)
            base, results = refs.base(repository.head()), refs.results()
            landed = {serial: [turn.branch(name) for name in names] for serial, names in on.items()}
        parts = independent(repository.git, _parts(assignment, base, results, landed))
        first = parts[0].commit if parts else base
        name = f"{assignment.plan}-{assignment.fence}-{phase.serial}"
        with self._places.worktree(repository.git, repository.common, name, first) as git:
            start = merge(git, base, parts[1:], parts[0].name) if parts[1:] else first
            old = results.get(phase.serial, NOTHING)
            began = _Began(claim, base, start, old, frozenset(one for found in landed.values() for one in found))
            yield Worktree(repository, git, refs, began, assignment, output, self._patches, self._upstream)

    def _landed_on(self, assignment: Assignment) -> dict[int, tuple[str, ...]]:
        """The branches that have what was carried out elsewhere, by the serials of the phases."""
        elsewhere = [one for one in assignment.before if was_elsewhere(one)]
        ours = branch_in(self._repository.git, assignment.plan_title, assignment.plan) if elsewhere else ""
        return {one.serial: branches_with(one, ours) for one in elsewhere}


def _parts(
    assignment: Assignment, base: str, results: Mapping[int, str], landed: Mapping[int, Sequence[str]]
) -> list[Part]:
    """What the attempt begins with. A check looks at what the work has left."""
    own = results.get(assignment.phase.serial)
    if assignment.is_check and own:
        return [Part(assignment.phase.name, own)]
    first = [Part("what was there before", base)] if landed else []
    brought = ((one.name, [results.get(one.serial, NOTHING), *landed.get(one.serial, ())]) for one in assignment.before)
    return [*first, *(Part(name, commit) for name, commits in brought for commit in commits if commit != NOTHING)]


@dataclass(frozen=True, slots=True)
class _Began:
    """Where an attempt began; `old` is what its phase had brought before, `landed` what was carried out elsewhere."""

    claim: Claim
    base: str
    start: str
    old: str
    landed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Worktree:
    """One attempt's."""

    repository: Repository
    git: Git
    refs: PlanRefs
    began: _Began
    assignment: Assignment
    output: Output
    patches: Patches
    upstream: Upstream

    @property
    def folder(self) -> str:
        return str(self.git.folder / self.repository.prefix)

    def settle(self, ending: Ending) -> Ending:
        try:
            if self.assignment.is_check:
                return ending
            return self._kept(ending) if ending.failure is None else with_changes(ending, self._thrown_away())
        except (ToolFailed, Stopped) as error:
            return Ending(envelope(error), ending.result)

    def _thrown_away(self) -> Changes:
        """For people who look for the reason: the files themselves are not kept."""
        self.git.try_to("add", "--all")
        names = self._names("--cached", self.began.start)
        diff = self.patches.keep(self.output.location, self.git, "--cached", self.began.start)
        return Changes(files=len(names), names=named(names), diff=diff)

    def _names(self, *between: str) -> list[str]:
        return self.git.names("diff", "--name-only", "--no-renames", "-z", *between)

    # ------------------------------------------------------------ keeping

    def _kept(self, ending: Ending) -> Ending:
        commit = self._commit()
        names = self._names(self.began.start, commit)
        refuse_protected(names)
        diff = self.patches.keep(self.output.location, self.git, self.began.start, commit)
        seen = changes_of(names, self.assignment.phase.paths, self.output, self.repository.prefix)
        changes = replace(seen, commit=commit, diff=diff)
        return with_changes(ending, self._settled(commit, changes), modified=bool(names))

    def _commit(self) -> str:
        """What the work tree has now. Commits that were made in it stay, if they go on from where it began."""
        git, start = self.git, self.began.start
        git.ask("add", "--all")
        tree, head = git.ask("write-tree"), git.ask("rev-parse", "HEAD")
        parent = head if is_ancestor(git, start, head) else start
        if tree == git.ask("rev-parse", f"{parent}^{{tree}}"):
            return parent
        return git.ask("commit-tree", tree, "-p", parent, "-F", "-", given=_message(self.assignment))

    def _settled(self, commit: str, changes: Changes) -> Changes:
        """Move the refs, or raise Superseded or merge_conflict."""
        is_new = commit not in (self.began.base, *self.began.landed)
        branch = self._branch() if is_new or not self.upstream.name else None
        update = Update(self.refs.result(self.assignment.phase.serial), commit, self.began.old)
        with Branch.lock, self.upstream.turn() as turn:
            self.refs.check(self.began.claim)
            for _ in range(_TRIES):
                turn.fetch(self.refs)
                self._check_beginning(update)
                more = [] if branch is None else [branch.update(self.git, self._delivered(branch, commit))]
                try:
                    self.refs.move(self.began.claim, update, *more)
                    turn.push(self.refs, self.began.base, [update, *more])
                except Moved:
                    continue
                if branch is not None:
                    return self._published(branch, changes, more[0].new)
                return changes if is_new or not self.upstream.name else replace(changes, head=commit)
        raise ToolFailed("git_failed", "the branch is written by somebody else all the time", retryable=True)

    def _check_beginning(self, update: Update) -> None:
        """Raises Stopped where the plan has gone on, or had begun, without us: the work is done again on that."""
        if (self.refs.target(update.ref), self.refs.base(self.began.base)) != (self.began.old, self.began.base):
            raise Stopped(Stop.INTERRUPTED)

    def _branch(self) -> Branch | None:
        if self.assignment.phase.rules.deliver is Deliver.NONE:
            return None
        branch = Branch(
            self.repository.git, branch_in(self.repository.git, self.assignment.plan_title, self.assignment.plan)
        )
        if branch.is_checked_out():
            self._say(f"{branch.name} is checked out somewhere, so it was not moved")
            return None
        return branch

    def _delivered(self, branch: Branch, commit: str) -> Delivered:
        """In the order in which phases joined the plan, so that it makes no difference which of them ended first."""
        phase = self.assignment.phase
        part = Part(phase.name, commit)
        names = {one.serial: one.name for one in self.assignment.before}
        results = {**self.refs.results(), phase.serial: commit}
        parts = [Part(names.get(key, phase.name if key == phase.serial else f"phase {key}"), results[key])
                 for key in sorted(results)]  # fmt: skip
        is_first = self.began.old == NOTHING
        return Delivered(self.began.base, branch.target(self.refs), parts, part, is_first)

    def _published(self, branch: Branch, changes: Changes, head: str) -> Changes:
        told = replace(changes, branch=branch.name)
        if self.upstream.name:
            return replace(told, head=head, note=f"pushed to {self.upstream.name}")
        remote = remote_of(self.repository.git) if self.assignment.phase.rules.deliver is not None else None
        if remote is None:
            return told
        trouble = branch.push(remote)
        if trouble:
            self._say(f"{branch.name} was not pushed to {remote}: {trouble}")
            return replace(told, note=f"not pushed to {remote}: {trouble}")
        return replace(told, head=head, note=f"pushed to {remote}")

    def _say(self, line: str) -> None:
        self.output.write(f"{line}\n".encode("utf-8", "replace"))


def _message(assignment: Assignment) -> str:
    phase = assignment.phase
    return (
        f"{title(phase.name)}\n\n{title(assignment.plan_title)}\n\n"
        f"Phasebot-Plan: {assignment.plan}\nPhasebot-Phase: {phase.serial}\nPhasebot-Fence: {assignment.fence}\n"
    )
