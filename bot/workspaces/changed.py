"""What an attempt has changed, in the words of its result: which files, and which of them nobody has spoken of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from bot.workspaces.git import named
from services.domain.attempts import Changes, Result
from services.execution.operations import Ending
from services.execution.tool import Output, ToolFailed


def changes_of(names: Sequence[str], paths: Sequence[str], output: Output, prefix: str = "") -> Changes:
    """`names` are those of the changed files, `paths` what the tasks of the phase name; `prefix` leads from where the first
    begin to where the others may. What no task names is said."""
    unplanned = _unplanned(names, paths, prefix)
    if unplanned:
        line = f"changed without being named by a task: {', '.join(unplanned)}\n"
        output.write(line.encode("utf-8", "replace"))
    return Changes(files=len(names), names=named(names), unplanned=unplanned)


def with_changes(ending: Ending, changes: Changes, *, modified: bool | None = None) -> Ending:
    """What was seen counts more than what nobody has said."""
    if changes == Changes() and modified is None:
        return ending
    result = ending.result or Result()
    known = modified if result.modified is None else result.modified
    return replace(ending, result=replace(result, modified=known, changes=changes))


def refuse_protected(names: Sequence[str]) -> None:
    """What runs in CI with the repository's rights, and the policy, are not a phase's to write. Raises ToolFailed."""
    touched = [name for name in names if name.split("/")[0].casefold() == ".github"]
    if touched:
        raise ToolFailed(
            "protected_path",
            f"a phase may not change {', '.join(touched[:5])}: everything in .github is a person's to change",
            details={"files": touched[: Changes.MOST_NAMED]},
        )


def _unplanned(names: Sequence[str], paths: Sequence[str], prefix: str) -> tuple[str, ...]:
    """None where the tasks name nothing at all."""
    if not paths:
        return ()
    wanted = [one.removeprefix("./").rstrip("/") for one in paths]
    found = (name for name in names if not any(_is_under(one, name, prefix) for one in wanted))
    return named(list(found))


def _is_under(wanted: str, name: str, prefix: str) -> bool:
    return any(
        one == wanted or one.startswith(f"{wanted}/") or fnmatchcase(one, wanted)
        for one in {name, name.removeprefix(prefix)}
    )
