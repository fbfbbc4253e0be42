"""The error envelope: how a failure travels. What happened, in which tool, and whether trying again may help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure of an attempt. `details` holds JSON values (`exit_code`, `output_tail`, …); tracebacks stay out.

    `timestamp` is ISO 8601 in UTC.
    """

    type: str
    message: str
    tool: str = ""
    retryable: bool = False
    timestamp: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
