"""The `files` tool: copies, moves, fills in and deletes files, within the workspace alone."""

from __future__ import annotations

import filecmp
import os
import shutil
from pathlib import Path
from string import Template
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.tools.confined import confined, followed
from services.execution.tool import Context, ToolFailed

PathText = Annotated[str, Field(min_length=1)]


class FilesInput(BaseModel):
    """What to do. `from` and `to` are paths within the workspace; placeholders such as `{file}` and `{stem}` are filled in.

    `keep` takes a copy of `path` aside, `restore` puts it back in its place, and `forget` drops it: for rollbacks. A copy that
    is still there when another is to be kept was left by an attempt that died in the middle: it is put back first.

    `template` reads `from`, puts `values` in place of `$name` or `${name}`, and writes `to`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    action: Literal["copy", "move", "template", "delete", "keep", "restore", "forget"]
    source: PathText = Field("", alias="from", validate_default=False)
    to: PathText = Field("", validate_default=False)
    path: PathText = Field("", validate_default=False, description="What to delete, keep, restore or forget.")
    values: dict[str, str] = {}
    missing_ok: bool = Field(False, description="It is no failure if there is nothing to copy, move or delete.")
    name: str = ""

    @model_validator(mode="after")
    def _fits_its_action(self) -> Self:
        wanted = {"from", "to"} if self.action in ("copy", "move", "template") else {"path"}
        given = {key for key, value in {"from": self.source, "to": self.to, "path": self.path}.items() if value}
        if given != wanted:
            raise ValueError(f"{self.action} takes {' and '.join(sorted(wanted))}")
        if self.values and self.action != "template":
            raise ValueError("values are for templates")
        return self


class FilesOutput(BaseModel):
    """Whether anything is other than before; `skipped` where there was nothing to do."""

    modified: bool
    skipped: bool = False


class FilesTool:
    """Every change is made whole or not at all: new content takes its place by a rename."""

    name: ClassVar[str] = "files"
    input_model: ClassVar[type[BaseModel]] = FilesInput
    output_model: ClassVar[type[BaseModel]] = FilesOutput

    def run(self, given: FilesInput, context: Context) -> FilesOutput:
        context.cancellation.check()
        here = context.workspace
        if given.action in ("keep", "restore", "forget"):
            return FilesOutput(modified=_with_copy(given.action, context, context.fill(given.path)))
        if given.action == "delete":
            modified = _delete(confined(here, context.fill(given.path)), given)
        elif given.action == "move":
            source = confined(here, context.fill(given.source))
            modified = _move(source, confined(here, context.fill(given.to)), given)
        else:
            source = followed(here, context.fill(given.source))
            modified = _write(source, followed(here, context.fill(given.to)), given, context)
        return FilesOutput(modified=modified, skipped=not modified)


KEPT = ".phasebot/kept"


def _with_copy(action: str, context: Context, path: str) -> bool:
    """Keep, restore or forget. Only what is put back counts as a change."""
    place, kept = confined(context.workspace, path), confined(context.workspace, f"{KEPT}/{path}")
    if action == "forget":
        _remove(kept)
        return False
    if action == "restore" and not kept.exists():
        raise ToolFailed("nothing_kept", f"no copy of {path} was kept")
    is_left_over = action == "keep" and kept.exists()
    if action == "restore" or is_left_over:
        _remove(place)
        kept.replace(place)
    if action == "keep":
        _keep(place, kept, path)
    return action == "restore" or is_left_over


def _keep(place: Path, kept: Path, path: str) -> None:
    """Under its name only once it is whole."""
    if not place.exists():
        raise ToolFailed("no_such_file", f"there is no {path}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_name(f"{kept.name}.new")
    _remove(fresh)
    if place.is_dir():
        shutil.copytree(place, fresh, symlinks=True)
    else:
        shutil.copy2(place, fresh)
    fresh.replace(kept)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _delete(place: Path, given: FilesInput) -> bool:
    if not _is_there(place, given):
        return False
    _remove(place)
    return True


def _move(source: Path, target: Path, given: FilesInput) -> bool:
    if not _is_there(source, given):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    return True


def _write(source: Path, target: Path, given: FilesInput, context: Context) -> bool:
    if not _is_there(source, given):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        return _copy_folder(source, target, given)
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        if given.action == "template":
            fresh.write_text(_filled(source, given, context), encoding="utf-8")
        else:
            shutil.copy2(source, fresh)
        if target.is_file() and filecmp.cmp(fresh, target, shallow=False):
            return False
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def _copy_folder(source: Path, target: Path, given: FilesInput) -> bool:
    if given.action == "template":
        raise ToolFailed("not_a_file", f"{given.source} is a folder, no template")
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    return True


def _filled(source: Path, given: FilesInput, context: Context) -> str:
    """Raises ToolFailed for a name that has no value: half a text is none."""
    values = {**context.placeholders, **{key: context.fill(value) for key, value in given.values.items()}}
    try:
        return Template(source.read_text(encoding="utf-8")).substitute(values)
    except KeyError as error:
        raise ToolFailed("no_value", f"{given.source} wants a value for {error}") from None
    except ValueError as error:
        raise ToolFailed("bad_template", f"{given.source}: {error}") from None


def _is_there(place: Path, given: FilesInput) -> bool:
    if place.exists() or place.is_symlink():
        return True
    if given.missing_ok:
        return False
    raise ToolFailed("no_such_file", f"there is no {given.path or given.source}")
