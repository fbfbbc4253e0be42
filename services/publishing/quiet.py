"""Quiet text: what people or tools wrote, echoed so that nothing in it acts. Readable as before, only inert.

GitHub acts on mentions, references, issue links and closing keywords, other bots on commands, we on our markers; an open
`<details>` or a hidden comment swallows what follows. Rules are applied outside code, where GitHub applies its own, until
nothing is left to change: a rule that turns code into text (or text into code) is thus caught in the next pass.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from services.publishing.code import Kind, Part, parts

PAUSE = "\u200b"
"""A zero-width space: after `@` or `#` it is invisible, and ends the mention or reference."""

_PASSES = 8

# Direction overrides, zero-width characters and tags: invisible, and used to hide text from people or to split words
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u061c\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)

# A tag that is whole, and not of those that show what follows as raw text; `<https://…>` and `<ada@example.org>`
_ATTRIBUTE = r"""\s+[\w:-]+(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'=<>`]+))?"""
_RAW_TEXT = "script|style|textarea|pre|xmp|plaintext|title|iframe|noembed|noframes"
_WHOLE = (
    rf"(?!/?(?:{_RAW_TEXT})[\s/>])/?[a-z][\w-]*(?:{_ATTRIBUTE})*+\s*+/?>|[a-z][a-z0-9+.-]+:[^\s<>]*>|[\w.+-]+@[\w.-]+>"
)
_OTHER_HTML = re.compile(rf"<(?=[a-z/!?])(?!{_WHOLE})", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|commat|num|sol|period|colon|lowbar|hyphen|dash);?")
_SPELLED_OUT = re.compile(r"[\w@#/.:-]", re.ASCII)
_LINK = re.compile(r"(?:https?:|ftp:)?//[^\s<>\"'`)\]|*]+|www\.[^\s<>\"'`)\]|*]+", re.IGNORECASE)
_ISSUE_PATH = re.compile(r"(\\?/(?:issues|pull|pulls|discussions|commit)\\?/\\?)([0-9a-f])", re.IGNORECASE)
_MENTION = re.compile(r"(?<![A-Za-z0-9])@(?=[A-Za-z0-9])")
_REFERENCE = re.compile(r"#(?=\d)")
_SHORT_REFERENCE = re.compile(r"(?<![A-Za-z0-9])(GH\\?-)(?=\d)", re.IGNORECASE)
_COMMAND = re.compile(r"^([ \t]*\\?/)(?=[A-Za-z])", re.MULTILINE)
_DETAILS = re.compile(r"<(/?)details(?=[\s/>])[^<>]*>", re.IGNORECASE)


class Restless(ValueError):
    """The text changes with every pass: it is not to be echoed as Markdown."""


def clean(text: str) -> str:
    """Without control, colour and invisible characters, with plain line ends. What is left is what people see."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", _CONTROL.sub("", text)).encode("utf-8", "replace").decode()


def quiet(markdown: str) -> str:
    """The Markdown with everything live in it made inert. Expects `clean` text. Raises Restless."""
    for _ in range(_PASSES):
        before, markdown = (
            markdown,
            _balanced("".join(_part(part) for part in parts(markdown))),
        )
        if markdown == before:
            return markdown
    raise Restless("no end of changes")


def quiet_words(text: str) -> str:
    """The rules for text that is no Markdown document, such as a title."""
    for rule in _RULES:
        text = rule(text)
    return text


def mute(code: str) -> str:
    """For code, which is inert as long as it is shown as code: e-mail readers and careless parsers look into it as well."""
    return _MENTION.sub(f"@{PAUSE}", code.replace("<!--", f"<!{PAUSE}--"))


def _part(part: Part) -> str:
    return part.text if part.kind is Kind.CODE else quiet_words(part.text)


def _without_comments(text: str) -> str:
    """Hidden anyway. One that never ends stays, for the next rule to show it."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 2)) >= 0:
        kept.append(text[at:start])
        at = end + len("-->")
    return "".join([*kept, text[at:]])


def _spell_out(found: re.Match[str]) -> str:
    """`&#64;` is `@` to GitHub: letters and signs that matter to the other rules are written as themselves."""
    meant = html.unescape(found[0])
    return meant if _SPELLED_OUT.fullmatch(meant) else found[0]


def _tame_link(found: re.Match[str]) -> str:
    """Still leads to the same place, but is written in a way that GitHub does not take for a reference."""
    link = _ISSUE_PATH.sub(lambda part: f"{part[1]}%{ord(part[2]):02x}", found[0])
    link = re.sub(r"#(\d)", lambda part: f"#%{ord(part[1]):02x}", link)
    return re.sub(r"(?<![A-Za-z0-9])@(?=[A-Za-z0-9])", "%40", link)


def _balanced(markdown: str) -> str:
    """A closing `</details>` that closes nothing would close ours."""
    depth, done = 0, []

    def closed(found: re.Match[str]) -> str:
        nonlocal depth
        if found[1] and not depth:
            return "&lt;" + found[0][1:]
        depth += -1 if found[1] else 1
        return found[0]

    for part in parts(markdown):
        done.append(_DETAILS.sub(closed, part.text) if part.kind is Kind.HTML else part.text)
    return "".join(done)


def open_details(markdown: str) -> int:
    """How many `<details>` are left open at the end."""
    found = [one[1] for part in parts(markdown) if part.kind is Kind.HTML for one in _DETAILS.finditer(part.text)]
    return sum(-1 if closing else 1 for closing in found)


_RULES: tuple[Callable[[str], str], ...] = (
    _without_comments,
    lambda text: _OTHER_HTML.sub("&lt;", text),
    lambda text: _ENTITY.sub(_spell_out, text),
    lambda text: _LINK.sub(_tame_link, text),
    lambda text: _MENTION.sub(f"@{PAUSE}", text),
    lambda text: _REFERENCE.sub(f"#{PAUSE}", text),
    lambda text: _SHORT_REFERENCE.sub(rf"\1{PAUSE}", text),
    lambda text: _COMMAND.sub(rf"\1{PAUSE}", text),
)
