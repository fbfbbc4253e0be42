"""Markdown for people: rendered by pyromark, then rebuilt tag by tag from an allow-list.

Nothing reaches the page but escaped text and tags written here; comments (our markers among them) vanish, images become
links, since loading one would tell its server who reads.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pyromark
from markupsafe import Markup
from pyromark import Options

_MARKDOWN = pyromark.Markdown(
    options=Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_TASKLISTS | Options.ENABLE_FOOTNOTES
)
_BLOCKS = "h1 h2 h3 h4 h5 h6 p ul ol li blockquote pre table thead tbody tr th td details summary dl dt dd"
_INLINE = "em strong del code kbd sub sup a"
_VOID = frozenset({"br", "hr"})
ALLOWED = frozenset(f"{_BLOCKS} {_INLINE}".split())
_REFERENCE = re.compile(r"(?<![\w/&#])#(\d{1,9})\b")


def rendered(text: str | None, issues_path: str, *, boxes: bool = False) -> Markup:
    """HTML safe to show. `#12` becomes a link below `issues_path`; with `boxes`, task-list items are buttons of a form."""
    cleaner = _Cleaner(issues_path, boxes=boxes)
    cleaner.feed(_MARKDOWN.html(text or ""))
    cleaner.close()
    return cleaner.result()


class _Cleaner(HTMLParser):
    def __init__(self, issues_path: str, *, boxes: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._issues_path = issues_path
        self._boxes = boxes
        self._box = 0
        self._parts: list[str] = []
        self._open: list[str] = []

    def result(self) -> Markup:
        closing = [f"</{tag}>" for tag in reversed(self._open)]
        return Markup("".join(self._parts + closing))  # noqa: S704 (built from escaped parts only)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            self._parts.append(f"<{tag}>")
        elif tag == "input":
            self._parts.append(self._checkbox(checked="checked" in given))
        elif tag == "img":
            self._parts.append(_image(given))
        elif tag in ALLOWED:
            self._parts.append(f"<{tag}{_attributes(tag, given)}>")
            self._open.append(tag)

    def _checkbox(self, *, checked: bool) -> str:
        if not self._boxes:
            return _checkbox(checked=checked)
        self._box += 1
        state, sign = ("true", "☑") if checked else ("false", "☐")
        return (
            f'<button class="box" name="box" value="{self._box - 1}" role="checkbox" aria-checked="{state}" '
            f'aria-label="tick this">{sign}</button>'
        )

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while self._open:
            last = self._open.pop()
            self._parts.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        text = escape(data)
        if not {"a", "code", "pre"} & set(self._open):
            text = _REFERENCE.sub(rf'<a href="{escape(self._issues_path)}/\1">#\1</a>', text)
        self._parts.append(text)


def _checkbox(*, checked: bool) -> str:
    state, word = (" checked", "done") if checked else ("", "to do")
    return f'<input type="checkbox" disabled{state} aria-label="{word}">'


def _image(given: dict[str, str]) -> str:
    source = given.get("src", "")
    text = escape(given.get("alt") or source)
    return f'<a href="{escape(source)}" rel="nofollow noreferrer">{text}</a>' if _is_harmless(source) else text


def _attributes(tag: str, given: dict[str, str]) -> str:
    kept = {}
    if tag == "a" and _is_harmless(given.get("href", "")):
        kept = {"href": given["href"], "rel": "nofollow noreferrer"} if given.get("href") else {}
    if tag == "details" and "open" in given:
        kept = {"open": ""}
    if tag == "ol" and given.get("start", "").isdecimal():
        kept = {"start": given["start"]}
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())


def _is_harmless(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"", "http", "https", "mailto"}
    except ValueError:
        return False
