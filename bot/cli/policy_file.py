"""Policy files: from a path to a policy, checked against the tools and executors of this installation."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from services.domain.errors import PolicyInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from services.planning.policy import Policy

EXECUTORS = ("actions", "local", "manual")
"""What a policy may name."""

MAX_BYTES = 1024 * 1024


def read_policy_file(path: str) -> Policy:
    """Raises PolicyInvalid, naming every problem with its line."""
    from services.planning.policy import read_policy

    return read_policy(policy_text(path), tools=known_tools(), executors=EXECUTORS, where=path)


def edit_policy_file(path: str, place: str, value: str) -> None:
    """Write one value; nothing is written unless the policy is right with it. Raises CannotEdit, PolicyInvalid."""
    from services.planning.policy import parse_path, read_policy, with_value

    edited = with_value(policy_text(path), parse_path(place), value)
    read_policy(edited, tools=known_tools(), executors=EXECUTORS, where=path)
    fresh = Path(path).resolve().with_suffix(".new")
    fresh.write_text(edited, encoding="utf-8", newline="")
    shutil.copymode(path, fresh)
    fresh.replace(Path(path).resolve())


def known_tools() -> Mapping[str, type[BaseModel]]:
    """The tools that an operation may name, with what each takes."""
    from bot.settings import read_settings
    from bot.tools import registry_with_plugins

    return registry_with_plugins(os.environ, read_settings().tool_choices()).inputs()


def policy_text(path: str) -> str:
    """Raises PolicyInvalid if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PolicyInvalid(f"cannot be read: {(error.strerror or str(error)).lower()}", where=path) from None
    if len(raw) > MAX_BYTES:
        raise PolicyInvalid(f"the file has more than {MAX_BYTES:,} bytes", where=path, fix="Is it the right one?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PolicyInvalid("this is not UTF-8 text", where=f"{path}:{line}", fix="Save it as UTF-8.") from None
