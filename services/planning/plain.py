"""Plain words: a heading or list item without emphasis, links, and the signs people put in front."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 300
_KEYCAP = "\u20e3"
_KEYCAPS = re.compile("(\\d)\ufe0f?\u20e3\\s*")
_EMPHASIS = re.compile(r"\*\*|__|~~|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|<[^<>]{1,60}>")
LINK = re.compile(r"\[([^\[\]]{1,200})\]\([^()]{0,300}\)")
_LEADING_BOX = re.compile(r"\[[ xX-]\]\s+")


def plain(text: str) -> str:
    """A heading or list item without emphasis, links, and the signs people put in front."""
    text = text[:LONGEST]
    if _KEYCAP in text:
        text = _KEYCAPS.sub(r"\1. ", text)
    if "](" in text:
        text = LINK.sub(r"\1", text)
    if "*" in text or "_" in text or "<" in text or "~" in text:
        text = _EMPHASIS.sub("", text)
    text = _LEADING_BOX.sub("", text.strip(), count=1) if text.lstrip().startswith("[") else text.strip()
    if text[:1].isascii():
        return text
    first = 0
    while first < len(text) and _is_sign(text[first]):
        first += 1
    return text[first:]


def _is_sign(char: str) -> bool:
    """Emoji and the like, which decorate a line and say nothing about its words."""
    return char == " " or unicodedata.category(char) in ("So", "Sk", "Mn", "Cf", "Me", "Zs")
