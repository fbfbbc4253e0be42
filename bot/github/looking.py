"""Looking: reads lists that seldom change, over and over. One that is as it was costs nothing of the hourly allowance.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.github.client import GitHub

REMEMBERED = 5_000
"""Lists whose last content is known by its etag. Any other is read again."""

Item = Mapping[str, Any]
_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Look:
    """What a list holds; `items` None if it is what it was when it was last remembered. `more`: there are more pages."""

    items: tuple[Item, ...] | None
    key: _Key
    etag: str
    more: bool = False


class Looking:
    """Safe to share between threads. A look counts as taken only once it is remembered: what it has brought has to be
    durable first."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._known: OrderedDict[_Key, tuple[str, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def first(self, path: str, asked: Mapping[str, str]) -> Look:
        """The first page of a list. Raises what `bot.github.errors` names."""
        key = (path, tuple(sorted(asked.items())))
        with self._lock:
            known, more = self._known.get(key, ("", False))
        page = self._github.page(path, asked, etag=known)
        if page is None:
            return Look(None, key, known, more=more)
        return Look(page.items, key, page.etag, more=bool(page.next))

    def newest(self, path: str, asked: Mapping[str, str], wanted: Callable[[Item], bool]) -> Look:
        """A list that has the newest first, as far as it is wanted. What is new changes its first page."""
        key = (path, tuple(sorted(asked.items())))
        with self._lock:
            known, _ = self._known.get(key, ("", False))
        page = self._github.page(path, asked, etag=known)
        if page is None:
            return Look(None, key, known)
        etag, items = page.etag, list(page.items)
        while page is not None and page.next and wanted(items[-1]):
            page = self._github.page(path, page.next)
            items += page.items if page else ()
        return Look(tuple(one for one in items if wanted(one)), key, etag)

    def remember(self, look: Look) -> None:
        """From now on only what is different from this is news."""
        with self._lock:
            self._known.pop(look.key, None)
            if look.etag:
                self._known[look.key] = look.etag, look.more
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
