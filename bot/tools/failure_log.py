"""Failures of tools in our own log, with the traceback that people are spared."""

from __future__ import annotations

import logging

from services.domain.failure import Failure

_log = logging.getLogger("phasebot.tools")


def log_failure(failure: Failure, error: BaseException) -> None:
    """A crash is a defect of the tool; anything else is the daily life of commands."""
    level = logging.ERROR if failure.type == "tool_crashed" else logging.INFO
    _log.log(level, "tool failed: %s %s", failure.tool, failure.type, exc_info=error)
