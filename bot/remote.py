"""The remote side of a process: what speaks to its tracker. Made when first needed, so that a run without issues never
imports the GitHub client."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.clock import SystemClock
from bot.github.catch_up import catch_up
from bot.github.client import GitHub
from bot.github.events.sources import Sources, Subject
from bot.github.pacing import Pacer
from bot.github.perform import Performer
from bot.github.resolve import Resolver
from bot.github.session import Access, Turn, at_once
from bot.settings import Settings
from bot.tracker import Tracker
from services.publishing.forecast import Pace
from services.publishing.labels import LabelNames
from services.publishing.markers import Markers

if TYPE_CHECKING:
    from services.domain.effects import Effect
    from services.domain.messages import Message
    from services.domain.plan import Plan
    from services.ports import Delivery, PlanText, Sending

ByIssue = Callable[[str, int], "tuple[Plan, str | None] | None"]
"""The plan that an issue belongs to, by repository and database id, and the key of its phase."""


class Remote:
    """Performs effects on issues, and says what webhooks mean."""

    def __init__(self, tracker: Tracker, settings: Settings, labels: LabelNames, by_issue: ByIssue) -> None:
        address = tracker.open()
        turn: Turn = Pacer(pace_of(settings)).turn if tracker.is_shared else at_once
        self._github = github = GitHub(Access(address.api_url, address.token), SystemClock(), turn)
        self._by_issue = by_issue
        self._performer = Performer(
            lambda: github,
            Markers(marker_key(settings)),
            labels=labels,
            # a tracker on this machine has no files to link to
            page_of=lambda project: f"{address.web_url}/{project}" if tracker.is_shared else "",
        )
        self._resolver = Resolver(Sources(find=self._subject, permissions=github, own_login=lambda: github.login))

    def perform(self, sending: Sending, plan: Plan, text: PlanText) -> Sequence[Message]:
        return self._performer.perform(sending, plan, text)

    def resolve(self, delivery: Delivery) -> Sequence[Message]:
        return self._resolver(delivery)

    def catch_up(self, plan: Plan, pending: Sequence[Effect]) -> list[Message]:
        """What people did to the plan's issues while nobody was listening. Raises TransientError, RemoteUnavailable."""
        return list(catch_up(self._github, plan, pending))

    def _subject(self, project: str, issue: int) -> Subject | None:
        found = self._by_issue(project, issue)
        if found is None:
            return None
        plan, key = found
        return Subject(plan, None if key is None else plan.phase(key))


def pace_of(settings: Settings) -> Pace:
    return Pace(timedelta(seconds=settings.write_interval), settings.writes_per_minute, settings.writes_per_hour)


def marker_key(settings: Settings) -> bytes:
    """The key that signs markers: the one that was set, or one made once and kept beside the database."""
    if settings.marker_key is not None:
        return settings.marker_key.get_secret_value().encode()
    return _kept_key(settings.home / "marker.key")


def _kept_key(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    key = secrets.token_hex(32).encode()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key
