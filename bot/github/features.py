"""Features: what turned out to be missing on a server, so that it is asked for once and not again after every restart.

By repository: a server may also hide something from an account in one of them alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from services.ports import Clock

REMEMBERED = timedelta(days=7)
"""After that it is tried again: servers are brought up to date."""


class Feature(StrEnum):
    """What servers came to know in the course of time."""

    SUB_ISSUES = "sub_issues"
    DEPENDENCIES = "dependencies"
    RUN_DETAILS = "run_details"


class Moments(Protocol):
    """Moments by name, kept beyond the end of the process."""

    def at(self, name: str) -> datetime | None: ...
    def move(self, name: str, at: datetime) -> None: ...


class Passing:
    """Implements Moments as long as the process lives."""

    def __init__(self) -> None:
        self._moments: dict[str, datetime] = {}

    def at(self, name: str) -> datetime | None:
        return self._moments.get(name)

    def move(self, name: str, at: datetime) -> None:
        self._moments[name] = at


class Features:
    """Of one server."""

    def __init__(self, server: str, moments: Moments, clock: Clock) -> None:
        self._server = server
        self._moments = moments
        self._clock = clock
        self._learned: dict[tuple[Feature, str], datetime | None] = {}

    def lacks(self, feature: Feature, project: str) -> bool:
        key = (feature, project)
        if key not in self._learned:
            self._learned[key] = self._moments.at(self._name(feature, project))
        since = self._learned[key]
        return since is not None and self._clock.now() - since < REMEMBERED

    def learn(self, feature: Feature, project: str) -> None:
        """It is not there."""
        now = self._clock.now()
        self._learned[feature, project] = now
        self._moments.move(self._name(feature, project), now)

    def _name(self, feature: Feature, project: str) -> str:
        return f"lacks/{feature}/{self._server}/{project}"
