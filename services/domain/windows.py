"""Windows: the stretches of the week in which a phase may start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = 7


@dataclass(frozen=True, slots=True)
class Window:
    """Open on these `days` (0 is Monday) from `opens` to `closes`, by the clocks of `zone`.

    One that closes no later than it opens closes on the next day; with both at midnight it is open all day.
    """

    days: tuple[int, ...]
    opens: time
    closes: time
    zone: str = "UTC"

    def stretches(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Those around `now`, from the day before to the same day of next week, the earliest first."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(-1, WEEK + 1)):
            if day.weekday() in self.days:
                later = timedelta(days=1 if self.closes <= self.opens else 0)
                begin = datetime.combine(day, self.opens, zone)
                yield (
                    begin.astimezone(now.tzinfo),
                    datetime.combine(day + later, self.closes, zone).astimezone(now.tzinfo),
                )


def closed_until(windows: Iterable[Window], now: datetime) -> datetime | None:
    """When the next of them opens; None if one is open now, or if there are none."""
    stretches = [one for window in windows for one in window.stretches(now)]
    if any(begin <= now < end for begin, end in stretches):
        return None
    return min((begin for begin, _ in stretches if begin > now), default=None)
