"""Text of others, made safe to echo: within a sentence, in a table, as a title, as a document, as output.

Nothing in it can mention, reference, close, command another bot, forge a marker, or swallow what stands around it.
"""

from __future__ import annotations

import re

from services.publishing.code import closing_fence
from services.publishing.quiet import Restless, clean, mute, open_details, quiet, quiet_words

LIMIT = 60_000
"""Characters of a body. GitHub refuses more than 65,536; how it counts them is not written down, so there is a margin."""

TITLE_LIMIT = 250
"""Characters of a title. GitHub's own limit is 256."""

_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_SPECIAL = re.compile(r"[\\`*\[\]~<]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w+;)")
_INSTEAD = {"&": "&amp;", "<": "&lt;"}
_LEADING = re.compile(r"^(\d{1,9})?([#>=+.)-])(?=\s|$|-)|^(\d{1,9})([.)])")
_RUN = re.compile(r"`+")


def inline(text: str) -> str:
    """On one line, to stand within a sentence: code spans stay, everything else is shown as it was written."""
    line = _one_line(text)
    done, at = [], 0
    for span in _CODE_SPAN.finditer(line):
        done += [_escaped(line[at : span.start()]), mute(span[0])]
        at = span.end()
    return _LEADING.sub(_with_slash, "".join([*done, _escaped(line[at:])]))


def cell(text: str) -> str:
    """`inline`, to stand in a table."""
    return inline(text).replace("|", "\\|")


def code(text: str) -> str:
    """As a code span."""
    inert = mute(_one_line(text)).replace("`", "'")
    return f"`{inert}`"


def title(text: str, limit: int = TITLE_LIMIT) -> str:
    """As the title of an issue, which is no Markdown but for code spans."""
    return shortened(quiet_words(_one_line(text)), limit)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words where that is possible."""
    if length(text) <= limit:
        return text
    kept = _first(text, limit - 1)
    at_word = kept.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit // 2 else kept).rstrip() + "…"


def fenced(text: str, language: str = "text") -> str:
    """As a code block, whose fence is longer than any run of backticks inside."""
    text = mute(clean(text)).strip("\n")
    longest = max((len(run) for run in _RUN.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def document(markdown: str, limit: int = LIMIT, note: str = "") -> str:
    """As a part of a body: headings, lists, links and code stay what they are. Past `limit` it is cut, and `note` added."""
    given = clean(markdown).strip("\n")
    room = limit
    while True:
        try:
            shown = quiet(_first_lines(given, room))
        except Restless:
            shown = fenced(_first_lines(given, room - 100), "markdown")
        shown = _with_note(_closed(shown), note if room < length(given) else "")
        if length(shown) <= limit or room < 100:
            return shown
        room = min(room, length(given)) * limit // (length(shown) + 1)


def cut(markdown: str, limit: int = LIMIT, note: str = "") -> str:
    """Our own Markdown within the limit. What the cut leaves open is closed."""
    if length(markdown) <= limit:
        return markdown
    return _with_note(_closed(_first_lines(markdown, limit - length(note) - 100)), note)


def length(text: str) -> int:
    """In UTF-16 units, the most that anybody would count."""
    return len(text) + sum(one > "\uffff" for one in text)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _escaped(text: str) -> str:
    return quiet_words(_SPECIAL.sub(lambda found: _INSTEAD.get(found[0], f"\\{found[0]}"), text))


def _with_slash(found: re.Match[str]) -> str:
    """What would make a heading, a quote or a list of the line is shown as it was written."""
    return f"{found[1] or found[3] or ''}\\{found[2] or found[4]}"


def _closed(markdown: str) -> str:
    """Whatever comes next stands outside of any code block or fold."""
    fence = closing_fence(markdown)
    closed = f"{markdown}\n{fence}" if fence else markdown
    return closed + "\n\n</details>" * open_details(closed)


def _with_note(markdown: str, note: str) -> str:
    return f"{markdown}\n\n{note}" if note else markdown


def _first_lines(text: str, limit: int) -> str:
    """What fits, up to the end of a line if one is near."""
    if length(text) <= limit:
        return text
    kept = _first(text, limit)
    at_line = kept.rpartition("\n")[0]
    return at_line if len(at_line) > limit // 2 else kept


def _first(text: str, limit: int) -> str:
    kept = text[: max(0, limit)]
    while length(kept) > limit:
        kept = kept[: len(kept) - max(1, (length(kept) - limit) // 2)]
    return kept
