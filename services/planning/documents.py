"""External documents: the Markdown files a phase refers to, as paths inside the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath
from urllib.parse import unquote

_SUFFIXES = (".md", ".mdx", ".markdown", ".rst", ".adoc")
_SUFFIX = re.compile(r"\.(?:mdx?|markdown|rst|adoc)(?![\w/])", re.IGNORECASE)
_LINK = re.compile(r"\]\(<?([^()\s<>]{1,300})>?")
_PATH_BEFORE = re.compile(r"[\w./@~\\:%#-]+\Z")
_LONGEST = 200


def external_docs(content: str) -> tuple[str, ...]:
    """Every document named by a link, in backticks or plainly, once, in the order of mention.

    Paths that leave the repository (`../`, `/`, `~`) or name another place (`https:`) are left out.
    """
    found = [(match.start(1), unquote(match[1])) for match in _LINK.finditer(content)] if "](" in content else []
    found += _mentions(content)
    paths = (_confined(path) for _, path in sorted(found))
    return tuple(dict.fromkeys(path for path in paths if path))


def _mentions(content: str) -> Iterator[tuple[int, str]]:
    """Each word that ends like a document. The suffix is looked for first: that is rare, words are not."""
    for match in _SUFFIX.finditer(content):
        start = max(0, match.start() - _LONGEST)
        before = _PATH_BEFORE.search(content[start : match.start()])
        if before:
            yield start + before.start(), before[0] + match[0]


def _confined(reference: str) -> str | None:
    """The path inside the repository, or None for anything that is not certain to be one."""
    path = reference.split("#", 1)[0].split("?", 1)[0].lstrip("-")
    if not path.lower().endswith(_SUFFIXES) or ":" in path or "\\" in path or "\0" in path or "//" in path:
        return None
    if path.startswith(("/", "~")) or ".." in path.split("/") or len(path) >= _LONGEST:
        return None
    return normpath(path)
