"""The clock: the only place that asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
