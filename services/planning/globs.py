"""Globs over the paths of a repository: `*` and `?` stay within a folder, `**` spans folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def fits_any(path: str, globs: Iterable[str]) -> bool:
    return any(_pattern(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile("".join(_MEANS.get(part, re.escape(part)) for part in _PARTS.findall(glob)), re.DOTALL)
