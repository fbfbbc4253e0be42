"""Plan files: from a path, or from stdin, to a draft."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from services.domain.errors import PlanUnreadable

if TYPE_CHECKING:
    from bot.github.documents import Linked
    from services.planning.draft import PlanDraft

STDIN = "-"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan as it was read. `name` is how messages call it, `source` how the plan is known the next time it is run;
    `project` is the repository that a link led to."""

    name: str
    source: str
    draft: PlanDraft
    project: str | None = None


def read_plan(path: str, *, max_phases: int, single: bool = False, title: str | None = None) -> PlanFile:
    """Read and parse: a file, stdin, or what a link leads to (`owner/name:path@ref`, or the address of its page).

    Raises PlanUnreadable, LinkInvalid and what fetching raises; what is wrong with the plan itself is among the findings of
    the draft.
    """
    from services.planning import parser

    name, linked = "stdin" if path == STDIN else path, _linked(path)
    text = parser.decode(linked.text if linked else plan_bytes(path), name=name)
    told = "" if path == STDIN else path  # the parser may take a title from the path
    draft = parser.parse_single(text, name=told) if single else parser.parse(text, name=told, max_phases=max_phases)
    if title:
        draft = replace(draft, title=title)
    if linked is not None:
        return PlanFile(name, linked.source, draft, linked.project)
    return PlanFile(name, draft.title if path == STDIN else str(Path(path).resolve()), draft)


def _linked(path: str) -> Linked | None:
    """What a link leads to; None for a file of this machine, even for one that looks like a link."""
    if ":" not in path or Path(path).exists():
        return None
    from bot.cli.identity import find_identity
    from bot.settings import read_settings
    from bot.tracker import pages_of
    from services.planning.links import link_in

    settings = read_settings()
    link = link_in(path, host=urlsplit(pages_of(settings.github_api_url)).netloc)
    if link is None:
        return None
    from bot.github.documents import Documents

    identity = find_identity(settings, os.environ)
    return Documents(settings.github_api_url, identity, api_version=settings.github_api_version).read(link)


def plan_bytes(path: str) -> bytes:
    """Of a file, or stdin; at most one byte more than a plan may have: enough to be refused for that. Raises PlanUnreadable."""
    if path == STDIN:
        return _all_of(sys.stdin.buffer)
    try:
        with Path(path).open("rb") as file:
            return _all_of(file)
    except IsADirectoryError:
        raise PlanUnreadable("this is a folder", where=path, fix="Name the Markdown file in it.") from None
    except FileNotFoundError:
        raise PlanUnreadable("there is no such file", where=path, fix="Check the path of the plan.") from None
    except OSError as error:
        raise PlanUnreadable(f"cannot be read: {(error.strerror or str(error)).lower()}", where=path) from None


def _all_of(file: BinaryIO) -> bytes:
    from services.planning.parser import MAX_BYTES

    return file.read(MAX_BYTES + 1)
