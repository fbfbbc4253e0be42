"""Remarks: findings beside the lines that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.domain.findings import Finding


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding with the lines around it: number, text, and whether it is the line that is meant."""

    finding: Finding
    lines: list[tuple[int, str, bool]]


def remarks_on(findings: Sequence[Finding], text: str) -> list[Remark]:
    lines = text.split("\n")
    return [Remark(one, _around(lines, one.line)) for one in findings]


def _around(lines: Sequence[str], line: int) -> list[tuple[int, str, bool]]:
    if not 1 <= line <= len(lines) or lines == [""]:
        return []
    first, last = max(1, line - 1), min(len(lines), line + 1)
    return [(number, lines[number - 1][:400], number == line) for number in range(first, last + 1)]
