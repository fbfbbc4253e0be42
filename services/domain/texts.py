"""Texts: the bodies of a plan and its phases, kept apart from the plan itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhaseText:
    """The body of a phase, kept apart from the plan: Markdown content, task lines as (done, text), paths of documents."""

    content: str
    tasks: tuple[tuple[bool, str], ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanText:
    """The bodies of a plan: its overview, and its phases' texts by key."""

    overview: str
    phases: Mapping[str, PhaseText]
