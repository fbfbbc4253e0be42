"""Paths that stay within a workspace, whatever is written in them and wherever links lead."""

from __future__ import annotations

from pathlib import Path

from services.execution.tool import ToolFailed


def confined(workspace: str, written: str) -> Path:
    """The place, with every link on the way to it followed but its own. Raises ToolFailed if it is not below the workspace."""
    root = Path(workspace).resolve()
    place = root / written
    if not written or place.name in ("", "..", ".") or "\0" in written:
        raise _outside(written)
    parent = place.parent.resolve()
    if parent != root and not parent.is_relative_to(root):
        raise _outside(written)
    return parent / place.name


def followed(workspace: str, written: str) -> Path:
    """The place for reading or overwriting: where it is a link itself, what it leads to has to be inside as well."""
    place = confined(workspace, written)
    if not place.resolve().is_relative_to(Path(workspace).resolve()):
        raise _outside(written)
    return place


def _outside(written: str) -> ToolFailed:
    return ToolFailed("outside_workspace", f"{written or 'an empty path'} is not a place below the workspace")
