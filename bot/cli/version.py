"""The version of phasebot that is installed."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """As the package says; a checkout that was never installed has none."""
    try:
        return metadata.version("phasebot")
    except metadata.PackageNotFoundError:
        return "0+checkout"
