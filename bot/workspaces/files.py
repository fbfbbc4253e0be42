"""Files of a folder that are put in their places one by one, each whole or not at all."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path


def copy(source: Path, target: Path) -> None:
    """Whole or not at all: it takes its place by a rename. An empty folder that is in its place goes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        target.rmdir()
    fresh = _fresh(target)
    fresh.unlink(missing_ok=True)  # of a copy that was broken off: a link is not made over it
    shutil.copy2(source, fresh, follow_symlinks=False)
    fresh.replace(target)


def remove(path: Path) -> None:
    """With what a copy to there that was broken off has left."""
    for one in (_fresh(path), path):
        if one.is_symlink() or one.is_file():
            one.unlink()


def _fresh(target: Path) -> Path:
    return target.with_name(f".{target.name}.phasebot")


def is_same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    same_mode = one.is_file() and other.is_file() and one.stat().st_mode == other.stat().st_mode
    return same_mode and filecmp.cmp(one, other, shallow=False)


def remove_empty(folder: Path, top: Path) -> None:
    """Folders that held nothing but what is gone now."""
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
