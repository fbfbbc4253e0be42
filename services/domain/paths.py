"""Paths that tasks name: when two of them mean the same file."""

from __future__ import annotations

from collections.abc import Iterable


def shared_path(ours: Iterable[str], theirs: Iterable[str]) -> str | None:
    """The first of `ours` that is one of `theirs`, or lies in it, or holds it; None if none is. A folder ends with a slash."""
    others = [_plain(one) for one in theirs]
    return next((path for path in ours if any(_meet(_plain(path), other) for other in others)), None)


def _plain(path: str) -> str:
    return path.removeprefix("./").rstrip("/") + "/"


def _meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
