"""Retiring: the refs of plans that were finished long ago make room, here and at the origin of a clone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from bot.workspaces.delivery import FOLDER, checked_out, is_branch_of
from bot.workspaces.git import Git
from bot.workspaces.origins import Origin
from bot.workspaces.refs import ROOT
from services.execution.tool import ToolFailed

AreFinished = Callable[[Collection[str]], Collection[str]]
"""Of these plans, those that were finished long enough ago; one that is not known is none."""

SECONDS = 30.0
_AT_ONCE = 200
"""Refs that are deleted with one push."""

_Ref = tuple[str, str]
"""Its name, and the object that it points at."""


def retire(git: Git, are_finished: AreFinished) -> int:
    """Delete the refs of finished plans in this repository, and their branches where all that these hold is in another branch,
    here or at a remote, as well. How many plans that were. Raises ToolFailed."""
    refs = _refs(git, f"{ROOT}/")
    finished = _finished(refs, are_finished)
    gone = [one for one in refs if _plan(one) in finished]
    gone += [one for plan in finished for one in _merged_branches(git, plan)]
    if gone:
        git.ask("update-ref", "--stdin", given="".join(f"delete {ref} {object}\n" for ref, object in gone))
    return len(finished)


def retire_at(origin: Origin, git: Git, are_finished: AreFinished) -> int:
    """The same at the origin of a clone, but for the branches: there they are people's to delete. Raises ToolFailed."""
    told = git.as_the_user(origin.environ("read")).try_to("ls-remote", origin.url, f"{ROOT}/*", seconds=SECONDS)
    if told.code:
        raise ToolFailed("repository_unavailable", f"{origin.project} cannot be read: {told.reason}", retryable=True)
    refs = [(ref, object) for object, _, ref in (line.partition("\t") for line in told.out.splitlines())]
    finished = _finished(refs, are_finished)
    gone = [one for one in refs if _plan(one) in finished]
    for start in range(0, len(gone), _AT_ONCE):
        _delete_at(origin, git, gone[start : start + _AT_ONCE])
    return len(finished)


def _delete_at(origin: Origin, git: Git, refs: Iterable[_Ref]) -> None:
    leases, names = [], []
    for ref, object in refs:
        leases.append(f"--force-with-lease={ref}:{object}")
        names.append(f":{ref}")
    git = git.as_the_user(origin.environ("write"))
    answer = git.try_to("push", "--quiet", "--no-verify", *leases, origin.url, *names, seconds=SECONDS)
    if answer.code:
        raise ToolFailed("push_failed", f"refs at {origin.url} were not deleted: {answer.reason}", retryable=True)


def _finished(refs: Iterable[_Ref], are_finished: AreFinished) -> set[str]:
    plans = {_plan(one) for one in refs}
    return set(are_finished(plans)) if plans else set()


def _plan(ref: _Ref) -> str:
    return ref[0].removeprefix(f"{ROOT}/").partition("/")[0]


def _refs(git: Git, under: str) -> list[_Ref]:
    told = git.ask("for-each-ref", "--format=%(refname) %(objectname)", under).splitlines()
    return [(ref, object) for ref, _, object in (line.partition(" ") for line in told)]


def _merged_branches(git: Git, plan: str) -> Iterator[_Ref]:
    """None that is checked out somewhere."""
    worked_on = checked_out(git)
    for ref, commit in _refs(git, f"refs/heads/{FOLDER}"):
        if not is_branch_of(ref, plan) or ref in worked_on:
            continue
        places = ("refs/heads", "refs/remotes")
        holders = git.ask("for-each-ref", "--format=%(refname)", f"--contains={commit}", *places).splitlines()
        if set(holders) - {ref}:
            yield ref, commit
