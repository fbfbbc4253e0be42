"""The link to the server: requests from threads, and one thread that follows what changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum

from bot.client import Client
from services.domain.errors import NotAllowed, TransientError, UserError


class Contact(StrEnum):
    """How what is shown is kept up to date."""

    CONNECTING = "connecting"
    LIVE = "live"
    ASKING = "asking"
    LOST = "lost"
    REFUSED = "refused"


class Link:
    """`url` is where the server is. To be closed at the end."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.client = Client(url, token)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self, contact: Callable[[Contact], None], changed: Callable[[], None]) -> None:
        """Tell of changes, until the end, by the socket; by asking now and then while there is none. From a thread."""
        self._thread = threading.Thread(target=self._follow, args=(contact, changed), name="tui link", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2)
        self.client.close()

    def _follow(self, contact: Callable[[Contact], None], changed: Callable[[], None]) -> None:
        seq: int | None = None
        try:
            for message in self.client.follow(stop=self._stop):
                if message["type"] != "lost":
                    seq = max(seq or 0, message.get("seq", 0))
                    contact(Contact.LIVE)
                    changed()
                elif not self._stop.is_set():
                    seq = self._ask(seq, contact, changed)
        except NotAllowed:
            contact(Contact.REFUSED)

    def _ask(self, seq: int | None, contact: Callable[[Contact], None], changed: Callable[[], None]) -> int | None:
        """What the socket would have told, if the server answers at all. It is tried again every few seconds."""
        try:
            found = self.client.changes(seq)
        except NotAllowed:
            raise
        except (UserError, TransientError):
            contact(Contact.LOST)
            return seq
        contact(Contact.ASKING)
        if found["changes"] or found["jobs"] or found["is_reset"] or seq is None:
            changed()
        return int(found["seq"])
