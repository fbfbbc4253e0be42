"""External documents: the Markdown files a phase refers to, as paths inside the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath
from urllib.parse import unquote

_SUFFIXES = (".md", ".mdx", ".markdown", ".rst", ".adoc")
_SUFFIX = re.compile(r"\.(?:mdx?|markdown|rst|adoc)(?![\w/])", re.IGNORECASE)
_LINK = re.compile(r"\]\(<?([^()\s<>]{1,300})>?")
_PATH_BACKWARDS = re.compile(r"[\w./@~\\:%#-]+")
_LONGEST = 200
_MOST_REFUSED = 20


def external_docs(content: str) -> tuple[str, ...]:
    """Every document named by a link, in backticks or plainly, once, in the order of mention.

    Paths that leave the repository (`../`, `/`, `~`) or name another place (`https:`) are left out.
    """
    paths = map(_confined, dict.fromkeys(path for _, path in _references(content)))
    return tuple(dict.fromkeys(path for path in paths if path))


def refused_docs(content: str) -> tuple[tuple[str, int, int], ...]:
    """The documents named that lie outside the repository, with the number of lines before each and its column in its own."""
    found: dict[str, tuple[str, int, int]] = {}
    for at, path in _references(content):
        if path.lower().endswith(_SUFFIXES) and "://" not in path and _leaves(path):
            found.setdefault(path, (path, content.count("\n", 0, at), at - content.rfind("\n", 0, at)))
        if len(found) >= _MOST_REFUSED:
            break
    return tuple(found.values())


def _references(content: str) -> list[tuple[int, str]]:
    found = [(match.start(1), unquote(match[1])) for match in _LINK.finditer(content)] if "](" in content else []
    return sorted([*found, *_mentions(content)])


def _leaves(path: str) -> bool:
    return path.startswith(("/", "~", "\\")) or ".." in path.replace("\\", "/").split("/") or path[1:3] in (":\\", ":/")


def _mentions(content: str) -> Iterator[tuple[int, str]]:
    """Each word that ends like a document. The suffix is looked for first: that is rare, words are not."""
    for match in _SUFFIX.finditer(content):
        start = max(0, match.start() - _LONGEST)
        before = _PATH_BACKWARDS.match(content[start : match.start()][::-1])
        if before:
            yield match.start() - before.end(), unquote(before[0][::-1] + match[0])


def _confined(reference: str) -> str | None:
    """The path inside the repository, or None for anything that is not certain to be one."""
    path = reference.split("#", 1)[0].split("?", 1)[0].lstrip("-")
    if not path.lower().endswith(_SUFFIXES) or ":" in path or "\\" in path or "\0" in path or "//" in path:
        return None
    if _leaves(path) or len(path) >= _LONGEST:
        return None
    return normpath(path)
