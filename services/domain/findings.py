"""Findings: what is worth saying about a document (plan or policy), each with its place and the way to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: an error stops publishing, a warning does not, a note only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a document. `code` is stable and documented; `line` and `column` count from 1."""

    code: str
    severity: Severity
    line: int
    message: str
    fix: str = ""
    column: int = 1

    def as_json(self) -> dict[str, str | int]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "fix": self.fix,
        }


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """True if any finding stops the document from being used."""
    return any(finding.severity is Severity.ERROR for finding in findings)
