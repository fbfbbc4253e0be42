"""External documents: the Markdown files a phase refers to, as paths inside the repository."""

from __future__ import annotations

import re
from posixpath import normpath
from urllib.parse import unquote

_LINK = re.compile(r"\]\(<?([^()\s<>]{1,300})>?")
_MENTION = re.compile(
    r"(?<![\w./@:#%~\\-])((?:\.{1,2}/|/|~/)?(?:[\w.@-]+/){0,20}[\w.@-]{1,120}\.(?:md|mdx|markdown|rst|adoc))(?![\w/])",
    re.IGNORECASE,
)
_SUFFIXES = (".md", ".mdx", ".markdown", ".rst", ".adoc")


def external_docs(content: str) -> tuple[str, ...]:
    """Every document named by a link, in backticks or plainly, once, in the order of mention.

    Paths that leave the repository (`../`, `/`, `~`) or name another place (`https:`) are left out.
    """
    if "." not in content:
        return ()
    found = [(match.start(), unquote(match[1])) for match in _LINK.finditer(content)]
    found += [(match.start(), match[1]) for match in _MENTION.finditer(content)]
    paths = (_confined(path) for _, path in sorted(found))
    return tuple(dict.fromkeys(path for path in paths if path))


def _confined(reference: str) -> str | None:
    """The path inside the repository, or None for anything that is not certain to be one."""
    path = reference.split("#", 1)[0].split("?", 1)[0]
    if not path.lower().endswith(_SUFFIXES) or ":" in path or "\\" in path or "\0" in path:
        return None
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        return None
    return normpath(path)
