"""Inputs: what the API takes, checked once, here. NUL is refused everywhere: no database and no tracker keeps it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator

# Lengths are limits of their own: as a repetition inside the pattern, each would cost some nine megabytes of memory.
NAME_PART = r"^[\w.-]+$"
REPOSITORY = r"^[\w.-]+/[\w.-]+$"
PROJECT_PART = r"^[\w.@-]+$"
"""A project that was set aside has the number of its repository behind an @."""
PROJECT = r"^[\w.-]+/[\w.@-]+$"
LONGEST_ID, LONGEST_PART, LONGEST_REPOSITORY = 80, 100, 201


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("has to be text, without NUL")
    return text


Words = Annotated[str, AfterValidator(_without_nul)]
"""Text that people write."""

Id = Annotated[str, Path(pattern=NAME_PART, max_length=LONGEST_ID)]
"""The id of a plan, or of a phase."""

OnlyProject = Annotated[
    str | None,
    Query(pattern=PROJECT, max_length=LONGEST_REPOSITORY, description="Only this repository, as owner/name"),
]

Project = Annotated[
    str | None,
    Query(pattern=REPOSITORY, max_length=LONGEST_REPOSITORY, description="As owner/name; default: the server's own"),
]
"""The repository that something is for."""
