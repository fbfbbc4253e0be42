"""The parser of commands: a comment in, commands out. Only what a person wrote at the start of a line counts.

Code, quotes, HTML and hidden comments are not read, so that explaining a command, or answering one, gives none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pyromark
from pyromark import Options

MOST = 10
"""Commands of one comment that are carried out."""

LONGEST = 500
"""Characters of a command that are read."""

_OPTIONS = Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_FOOTNOTES | Options.ENABLE_TASKLISTS
_DEAF = frozenset(
    {"CodeBlock", "BlockQuote", "HtmlBlock", "Table", "Item", "MetadataBlock", "FootnoteDefinition", "Link", "Image"}
)
_COMMAND = re.compile(
    r"^ {0,3}(?:/phase|@phasebot(?:\[bot\])?)(?![\w./-])[ \t,:]*(?P<words>.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_VERB = re.compile(r"(?P<verb>[^\s=:]+)[ \t]*[=:]?[ \t]*(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """One command as written. `id` is unique in its comment and stays the same when other lines are edited."""

    id: str
    verb: str
    rest: str

    @property
    def written(self) -> str:
        return f"{self.verb} {self.rest}".strip()


@dataclass(frozen=True, slots=True)
class Heard:
    """The commands of a comment, in order; `ignored` is how many more there were than are carried out."""

    commands: tuple[Command, ...] = ()
    ignored: int = 0


def heard(comment: str) -> Heard:
    """What the comment orders. `/phase` alone asks for help."""
    text = comment.replace("\r\n", "\n")
    if "/phase" not in text.lower() and "@phasebot" not in text.lower():
        return Heard()
    found = list(_commands(text))
    return Heard(tuple(found[:MOST]), max(0, len(found) - MOST))


def read(words: str, occurrence: int = 1) -> Command:
    """One command from the words after `/phase`. `occurrence`: how often the very same has come before, and once more."""
    words = " ".join(words[:LONGEST].replace("`", "").split())
    match = _VERB.match(words)
    verb, rest = (match["verb"].lower(), match["rest"]) if match else ("help", "")
    digest = sha256(f"{verb} {rest}".casefold().encode()).hexdigest()[:16]
    return Command(f"{occurrence}/{digest}", verb, rest)


def _commands(text: str) -> Iterator[Command]:
    deaf = _deaf_ranges(text)
    raw_at = _ByteOffsets(text)
    counted: Counter[str] = Counter()
    for line in _COMMAND.finditer(text):
        at = raw_at(line.start() + len(line[0]) - len(line[0].lstrip(" ")))
        if any(start <= at < end for start, end in deaf):
            continue
        words = _without_html(line["words"])
        plain = read(words)
        counted[plain.written.casefold()] += 1
        yield read(words, counted[plain.written.casefold()])


class _ByteOffsets:
    """Where characters are in the text as bytes, asked in rising order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._bytes = 0

    def __call__(self, at: int) -> int:
        self._bytes += len(self._text[self._at : at].encode())
        self._at = at
        return self._bytes


def _deaf_ranges(text: str) -> list[tuple[int, int]]:
    """Byte ranges in which nothing is a command: blocks that are no paragraph of the person's own, spans of code, HTML."""
    events: Any = pyromark.events_with_range(text, options=_OPTIONS)
    return [(span["start"], span["end"]) for event, span in events if _is_deaf(event)]


def _is_deaf(event: Any) -> bool:
    if not isinstance(event, dict):
        return False
    if event.keys() & {"Code", "Html", "InlineHtml"}:
        return True
    tag = event.get("Start")
    name = tag if isinstance(tag, str) else next(iter(tag), "") if tag else ""
    return name in _DEAF


def _without_html(words: str) -> str:
    """A hidden remark at the end of the line is not part of the order."""
    return re.sub(r"<!--.*?(?:-->|$)", "", words)
