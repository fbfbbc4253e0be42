"""Inputs: what the API takes, checked once, here. NUL is refused everywhere: no database and no tracker keeps it."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, Field

# Lengths are limits of their own: as a repetition inside the pattern, each would cost some nine megabytes of memory.
# Classes are spelled out, as `\w` is ASCII for those who read the description, and all of Unicode here.
NAME_PART = "^[A-Za-z0-9_.-]+$"
REPOSITORY = "^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$"
PROJECT_PART = "^[A-Za-z0-9_.@-]+$"
"""A project that was set aside has the number of its repository behind an @."""
PROJECT = "^[A-Za-z0-9_.-]+/[A-Za-z0-9_.@-]+$"
WITHOUT_NUL = r"^[^\x00]*$"
LONGEST_ID, LONGEST_PART, LONGEST_REPOSITORY = 80, 100, 201


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("has to be text, without NUL")
    return text


def is_name(text: str) -> bool:
    """It could stand for one part of a repository's name, or be an id."""
    return re.fullmatch(NAME_PART, text) is not None


Words = Annotated[str, AfterValidator(_without_nul), Field(json_schema_extra={"pattern": WITHOUT_NUL})]
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
