"""Inputs: what the API takes, checked once, here. NUL is refused everywhere: no database and no tracker keeps it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator

_ID = r"^[\w.-]{1,80}$"
NAME_PART = r"^[\w.-]{1,100}$"
REPOSITORY = r"^[\w.-]{1,100}/[\w.-]{1,100}$"


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("has to be text, without NUL")
    return text


Words = Annotated[str, AfterValidator(_without_nul)]
"""Text that people write."""

Id = Annotated[str, Path(pattern=_ID)]
"""The id of a plan, or of a phase."""

OnlyProject = Annotated[str | None, Query(pattern=REPOSITORY, description="Only this repository, as owner/name")]

Project = Annotated[str | None, Query(pattern=REPOSITORY, description="As owner/name; default: the server's own")]
"""The repository that something is for."""
