"""Requests as the server counts them: a bounded log for tests, and the allowances behind the rate-limit headers."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.localhub.clock import Clock
from bot.localhub.problems import Refused

KEPT = 10_000
GENEROUS = 100_000  # an hour. GitHub's own 5,000 would stop nobody's laptop for a good reason; tests set it lower
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RequestRecord:
    method: str
    path: str
    status: int
    user: str | None
    at: datetime


class RequestLog:
    """The last requests answered, or lost, by the HTTP face; `status` 0 if the connection was cut."""

    def __init__(self) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=KEPT)

    def add(self, record: RequestRecord) -> None:
        self._records.append(record)

    def clear(self) -> None:
        self._records.clear()

    def __iter__(self) -> Iterator[RequestRecord]:
        return iter(tuple(self._records))

    def __len__(self) -> int:
        return len(self._records)

    def of(self, method: str, path_part: str = "") -> list[RequestRecord]:
        return [record for record in self if record.method == method and path_part in record.path]


@dataclass(slots=True)
class Window:
    """One hour of one user."""

    limit: int
    resets_at: datetime
    used: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


class Allowances:
    """How much everybody may ask. The primary limit is by the hour and user; the content limits are GitHub's secondary
    ones (about 80 a minute and 500 an hour) and off until set. `retry_after` None leaves that header out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.per_hour = GENEROUS
        self.content_per_minute: int | None = None
        self.content_per_hour: int | None = None
        self.retry_after: int | None = 60
        self._windows: dict[str, Window] = {}
        self._content: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def window(self, user: str) -> Window:
        now = self._clock()
        window = self._windows.get(user)
        if window is None or window.resets_at <= now:
            window = self._windows[user] = Window(self.per_hour, now + HOUR)
        window.limit = self.per_hour
        return window

    def spend(self, user: str) -> Window:
        """Count one request; 403 if there is nothing left."""
        window = self.window(user)
        if not window.remaining:
            raise Refused(403, f"API rate limit exceeded for user ID {user}.")
        window.used += 1
        return window

    def refund(self, user: str) -> None:
        """A 304 costs nothing."""
        window = self.window(user)
        window.used = max(0, window.used - 1)

    def spend_content(self, user: str) -> None:
        """Count one creation of content; 403 if it comes too soon after too many others."""
        now, made = self._clock(), self._content[user]
        while made and now - made[0] >= HOUR:
            made.popleft()
        lately = sum(now - moment < timedelta(minutes=1) for moment in made)
        if self._is_beyond(self.content_per_minute, lately) or self._is_beyond(self.content_per_hour, len(made)):
            headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
            raise Refused(
                403,
                "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. "
                "Please retry your request again later.",
                headers=headers,
            )
        made.append(now)

    @staticmethod
    def _is_beyond(limit: int | None, count: int) -> bool:
        return limit is not None and count >= limit
