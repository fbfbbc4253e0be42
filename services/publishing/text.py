"""Text of others, made safe to echo."""

from __future__ import annotations

import re


def inline(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def fenced(text: str) -> str:
    return f"```text\n{text}\n```"
