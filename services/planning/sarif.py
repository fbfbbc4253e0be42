"""SARIF 2.1.0: findings in the form code scanning services read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from services.domain.findings import Finding
from services.planning.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(findings: Sequence[Finding], *, name: str, version: str) -> dict[str, Any]:
    """One run over one document; `name` is its path as the service shall show it."""
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "phasebot", "version": version, "rules": [*_rules()]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, name) for finding in findings],
            }
        ],
    }


def _rules() -> list[dict[str, Any]]:
    return [
        {
            "id": rule.code,
            "shortDescription": {"text": rule.summary},
            "help": {"text": rule.fix},
            "defaultConfiguration": {"level": rule.severity.value},
        }
        for rule in RULES
    ]


def _result(finding: Finding, name: str) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    text = f"{finding.message}. {finding.fix}" if finding.fix else finding.message
    return {
        "ruleId": finding.code,
        "level": finding.severity.value,
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(name)}, "region": region}}],
    }
