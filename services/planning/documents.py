"""External documents: the Markdown files a phase refers to, as paths inside the repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import unquote

_SUFFIXES = (".md", ".mdx", ".markdown", ".rst", ".adoc")
_SUFFIX = re.compile(r"\.(?:mdx?|markdown|rst|adoc)(?![\w/])", re.IGNORECASE)
_LINK = re.compile(r"\]\(<?([^()\s<>]{1,300})>?")
_PATH_BACKWARDS = re.compile(r"[\w./@~\\:%#-]+")
_LONGEST = 200
_MOST_REFUSED = 20


class Reference(NamedTuple):
    """A document that a text names, with the place of its first letter: line and column, both from 1."""

    line: int
    column: int
    path: str


def references(text: str, *, first: int = 1) -> tuple[Reference, ...]:
    """Every document named by a link, in backticks or plainly, in the order of mention. The text begins on line `first`."""
    links = [(match.start(1), unquote(match[1])) for match in _LINK.finditer(text)] if "](" in text else []
    found: list[Reference] = []
    line, start, before = first, 0, 0
    for at, path in sorted([*links, *_mentions(text)]):
        line += text.count("\n", before, at)
        start = max(start, text.rfind("\n", before, at) + 1)  # no further back: a line may be very long
        before = at
        found.append(Reference(line, at - start + 1, path))
    return tuple(found)


def external_docs(found: Iterable[Reference]) -> tuple[str, ...]:
    """The paths of these documents inside the repository, each once.

    Paths that leave the repository (`../`, `/`, `~`) or name another place (`https:`) are left out.
    """
    paths = map(_confined, dict.fromkeys(reference.path for reference in found))
    return tuple(dict.fromkeys(path for path in paths if path))


def refused_docs(found: Iterable[Reference]) -> tuple[Reference, ...]:
    """Those that lie outside the repository, each path once, and no more of them than a person wants to read."""
    refused: dict[str, Reference] = {}
    for one in found:
        if one.path not in refused and _leaves(one.path) and _is_document(one.path) and "://" not in one.path:
            refused[one.path] = one
    return tuple(islice(refused.values(), _MOST_REFUSED))


def _is_document(path: str) -> bool:
    return path.lower().endswith(_SUFFIXES)


def _leaves(path: str) -> bool:
    return path.startswith(("/", "~", "\\")) or ".." in path.replace("\\", "/").split("/") or path[1:3] in (":\\", ":/")


def _mentions(text: str) -> Iterator[tuple[int, str]]:
    """Each word that ends like a document. The suffix is looked for first: that is rare, words are not."""
    for match in _SUFFIX.finditer(text):
        end = match.start()
        before = _PATH_BACKWARDS.match(text[max(0, end - _LONGEST) : end][::-1])
        if before:
            start = end - before.end()
            path = text[start : match.end()]
            yield start, unquote(path) if "%" in path else path


def _confined(reference: str) -> str | None:
    """The path inside the repository, or None for anything that is not certain to be one."""
    path = reference.split("#", 1)[0].split("?", 1)[0].lstrip("-")
    if not _is_document(path) or ":" in path or "\\" in path or "\0" in path or "//" in path:
        return None
    if _leaves(path) or len(path) >= _LONGEST:
        return None
    return normpath(path)
