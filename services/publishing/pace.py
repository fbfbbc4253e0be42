"""The pace of writing: how fast it may go, and what has to be remembered to keep to it.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast writes may go out. GitHub allows about 80 creations of content a minute and 500 an hour. `spent` of the hour's
    were used lately, as far as that is known."""

    interval: timedelta = timedelta(seconds=1)
    per_minute: int = 80
    per_hour: int = 500
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is to be sent before `until`. `times` counts the limits since a request last went well; `of_writes`: one of
    the limits was for writes, which a read that goes well says nothing about."""

    until: datetime
    times: int
    of_writes: bool


@dataclass(frozen=True, slots=True)
class Quota:
    """GitHub's own limit, as an answer of it said at `told_at`: so many requests of `allowed` remain until `resets_at`."""

    allowed: int
    remaining: int
    resets_at: datetime
    told_at: datetime


class Ledger(Protocol):
    """What was written with each account lately: the limits are the account's, whichever process has written."""

    def turn(self, account: str, pace: Pace, now: datetime, patience: timedelta) -> timedelta:
        """Take the next turn to write, and say how long it is until then; where that is longer than `patience` it is not
        taken."""

    def written(self, account: str, now: datetime) -> int:
        """How many turns were taken within the last hour."""

    def held(self, account: str) -> Hold | None:
        """The hold that was put on the account last, if it was not released."""

    def hold(self, account: str, hold: Hold | None) -> None:
        """Put a hold on it, or release it."""

    def told(self, account: str, quota: Quota) -> None:
        """Remember it, for people to look at."""


def next_turn(pace: Pace, nth_last: Callable[[int], datetime | None], now: datetime) -> datetime:
    """When the next write may go out. `nth_last` says when the nth last one did, or will; None if there are fewer."""
    windows = ((1, pace.interval), (pace.per_minute, MINUTE), (pace.per_hour, HOUR))
    frees = [at + wait for count, wait in windows if count and (at := nth_last(count)) is not None]
    return max([now, *frees])
