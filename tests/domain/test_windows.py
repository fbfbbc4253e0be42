"""Windows: open and closed by the clocks of their zone, also over midnight and when those clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from services.domain.windows import Window, closed_until

OFFICE = Window((0, 1, 2, 3, 4), time(9), time(17), "Europe/Berlin")
NIGHT = Window((4,), time(22), time(6))
ALL_SATURDAY = Window((5,), time(), time())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("windows", "now", "opens"),
    [
        ((), "2026-01-05T12:00", None),
        ((OFFICE,), "2026-01-05T12:00", None),  # a Monday
        ((OFFICE,), "2026-01-05T07:59", "2026-01-05T08:00"),
        ((OFFICE,), "2026-01-05T08:00", None),
        ((OFFICE,), "2026-01-05T16:00", "2026-01-06T08:00"),
        ((OFFICE,), "2026-01-09T16:00", "2026-01-12T08:00"),
        ((OFFICE,), "2026-03-27T16:00", "2026-03-30T07:00"),  # clocks go forward on the 29th
        ((OFFICE,), "2026-10-23T15:00", "2026-10-26T08:00"),  # and back on the 25th
        ((NIGHT,), "2026-01-09T23:00", None),
        ((NIGHT,), "2026-01-10T05:59", None),
        ((NIGHT,), "2026-01-10T06:00", "2026-01-16T22:00"),
        ((ALL_SATURDAY,), "2026-01-10T00:00", None),
        ((ALL_SATURDAY,), "2026-01-11T00:00", "2026-01-17T00:00"),
        ((OFFICE, ALL_SATURDAY), "2026-01-09T16:00", "2026-01-10T00:00"),
    ],
)
def test_the_next_opening_is_known(windows: tuple[Window, ...], now: str, opens: str | None) -> None:
    assert closed_until(windows, at(now)) == (at(opens) if opens else None)
