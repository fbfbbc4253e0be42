"""Crashes: a mistake of our own, told in one line, with the traceback in a file for whoever mends it."""

from __future__ import annotations

import os
import tempfile
import traceback

from services.execution.redaction import Redactor


def traceback_of(error: Exception) -> str:
    """With secrets taken out."""
    return Redactor(_secrets()).text("".join(traceback.format_exception(error)))


def told(error: Exception, *, debug: bool) -> str:
    """What a person is shown; the traceback is in a file, or right here if `debug`, or if no file can be written."""
    line = traceback_of(error).rstrip().rsplit("\n", 1)[-1]
    place = None if debug else _kept(traceback_of(error))
    if place is None:
        return f"{traceback_of(error)}error: phasebot made a mistake: {line}"
    return f"error: phasebot made a mistake: {line}\n  The traceback is in {place}; --debug shows it."


def _kept(text: str) -> str | None:
    try:
        handle, place = tempfile.mkstemp(prefix="phasebot-crash-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return None
    return place


def _secrets() -> list[str]:
    """Values of the environment that are secret by their names; settings may be what could not be read."""
    return [value for name, value in os.environ.items() if name.endswith(("TOKEN", "SECRET", "KEY", "PASSWORD"))]
