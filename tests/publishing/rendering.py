"""What GitHub would act on: a text rendered as HTML, and what is live in the text of the page, outside code and links."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pyromark
from pyromark import Options

_MARKDOWN = Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_FOOTNOTES | Options.ENABLE_TASKLISTS

# GitHub's own patterns, as its documentation describes them, a little wider
MENTION = re.compile(r"(?<![A-Za-z0-9])@[A-Za-z0-9][A-Za-z0-9-]*(?:/[\w.-]+)?")
REFERENCE = re.compile(r"#\d+|(?<![A-Za-z0-9])GH-\d+", re.IGNORECASE)
ISSUE_LINK = re.compile(r"//[^\s/]+/[^\s/]+/[^\s/]+/(?:issues|pull|discussions)/\d+", re.IGNORECASE)


class _Page(HTMLParser):
    """Collects what is shown, what is linked, and the comments."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[str] = []
        self.code: list[str] = []
        self.links: list[str] = []
        self.hidden: list[str] = []
        self.open_details = 0
        self._quiet = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]
        self._quiet += tag in ("code", "pre", "a")
        self.open_details += tag == "details"
        self.runs.append("")

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("code", "pre", "a")
        self.open_details -= tag == "details"
        self.runs.append("")

    def handle_data(self, data: str) -> None:
        if self.runs and not self._quiet:
            self.runs[-1] += data
        elif self._quiet:
            self.code.append(data)

    def handle_comment(self, data: str) -> None:
        self.hidden.append(data)


def page(markdown: str) -> _Page:
    shown = _Page()
    shown.feed(pyromark.html(markdown, options=_MARKDOWN))
    shown.close()
    return shown


def live(markdown: str) -> list[str]:
    """Every mention, reference and issue link that GitHub would act on."""
    shown = page(markdown)
    in_text = [
        found[0] for run in shown.runs for rule in (MENTION, REFERENCE, ISSUE_LINK) for found in rule.finditer(run)
    ]
    return in_text + [link for link in shown.links if ISSUE_LINK.search(link)]
