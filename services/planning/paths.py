"""Paths: the files that the text of a task names."""

from __future__ import annotations

import re

_FILE = re.compile(r"(?:[\w.@*()\[\]-]+/)+(?:[\w@*-][\w.@*-]*\.\w{1,8})?\Z|[\w@*-][\w.@*-]*\.[A-Za-z]\w{0,7}\Z")
_LONGEST = 260
_SHORTEST = 2
_WRAPPING = "`.,;:()\"'*<>"


def paths_in(text: str) -> tuple[str, ...]:
    """The files a task names, in backticks or plainly, in the order of their mention."""
    if "/" not in text and "`" not in text:
        return ()
    words = [word.strip(_WRAPPING) for word in text.split() if "/" in word or ("`" in word and "." in word)]
    paths = [word for word in words if ("." in word or word[-1:] == "/") and _is_path(word)]
    return tuple(dict.fromkeys(paths)) if len(paths) > 1 else tuple(paths)


def _is_path(word: str) -> bool:
    return _SHORTEST <= len(word) < _LONGEST and _FILE.match(word) is not None
