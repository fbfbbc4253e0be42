"""The plan in an issue: what of its body is the plan, line for line, so that findings point into the body as people see it.

What is not the plan (headings of the issue form, a fence around the whole, what we have written ourselves) becomes blank lines.
"""

from __future__ import annotations

import re
from hashlib import sha256

FORM_LABEL = "Plan for phasebot"
"""The label of the form's last field, which `.github/ISSUE_TEMPLATE/phasebot-plan.yml` has: all below it is the plan."""

_NO_ANSWER = "_No response_"
_ONLY_LINK = re.compile(r"\[[^\]\n]*\]\(([^\s)]+)\)|<([^\s>]+)>")
_MANAGED = re.compile(r"<!-- phasebot:begin [^>]*-->.*?<!-- phasebot:end [^>]*-->", re.DOTALL)
_MARKER = re.compile(r"<!-- phasebot:[^>]*-->")
_FENCE = re.compile(
    r"\A(?P<lead>\s*)(?P<fence>`{3,}|~{3,})[ \t]*(?:markdown|md|text)?[ \t]*\n(?P<inside>.*)\n(?P=fence)\s*\Z",
    re.DOTALL,
)


def is_form(body: str) -> bool:
    """True for an issue that was made from our form."""
    return _after_label(_lines(body)) is not None


def plan_text(body: str) -> str:
    """The text of the plan, with as many lines before each of its lines as in the body."""
    text = _MARKER.sub("", _MANAGED.sub(_blanked, body.replace("\r\n", "\n")))
    lines = text.split("\n")
    at = _after_label(lines)
    if at is not None:
        lines = [""] * at + ["" if line.strip() == _NO_ANSWER else line for line in lines[at:]]
    return _without_fence("\n".join(lines)).rstrip()


def only_link(text: str) -> str:
    """Where the text leads, if it is a link and nothing else (`[plan.md](https://…)`, as an attached file is written)."""
    found = _ONLY_LINK.fullmatch(text.strip())
    return found[1] or found[2] if found else text


def digest(title: str, text: str) -> str:
    """By which a preview knows the text again that it was made of."""
    return sha256(f"{title.strip()}\n{text}".encode()).hexdigest()[:32]


def _lines(body: str) -> list[str]:
    return body.replace("\r\n", "\n").split("\n")


def _after_label(lines: list[str]) -> int | None:
    """GitHub renders a field as `### label`, a blank line, and what was written. Only our own label counts, the first time."""
    return next((at + 1 for at, line in enumerate(lines) if line.strip() == f"### {FORM_LABEL}"), None)


def _blanked(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _without_fence(text: str) -> str:
    """People put the whole plan into one fence, so that GitHub shows it as it is."""
    found = _FENCE.match(text)
    if found is None or re.search(rf"^{re.escape(found['fence'])}", found["inside"], re.MULTILINE):
        return text
    return f"{found['lead']}\n{found['inside']}\n"
