"""Following the live socket: messages as they come, over lost connections."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from services.domain.errors import NotAllowed

AGAIN_AFTER = (0.2, 1.0, 5.0)
_LOOK = 0.5
"""Seconds between two looks at whether it is to end."""

SILENCE = 60.0
"""Seconds without even a heartbeat after which the connection is taken for lost."""


def follow(url: str, authorization: str, after: int | None, stop: threading.Event) -> Iterator[dict[str, Any]]:
    """`hello`, `changes`, `reset` messages, until `stop` is set; `lost` (ours) where the connection broke.

    Raises NotAllowed.
    """
    from websockets.exceptions import InvalidStatus, WebSocketException

    failures = 0
    while not stop.is_set():
        try:
            for message in _messages(url, authorization, after, stop):
                failures = 0
                after = max(after or 0, message.get("seq", 0))
                if message["type"] != "ping":
                    yield message
        except InvalidStatus as error:
            if error.response.status_code == 403:
                raise NotAllowed("the server refuses this token", where=url) from None
        except (OSError, WebSocketException, TimeoutError):
            pass  # below it is tried again, and followers are told
        if stop.is_set():
            return
        yield {"type": "lost"}
        stop.wait(AGAIN_AFTER[min(failures, len(AGAIN_AFTER) - 1)])
        failures += 1


def _messages(url: str, authorization: str, after: int | None, stop: threading.Event) -> Iterator[dict[str, Any]]:
    from websockets.sync.client import connect

    address = url.replace("http", "ws", 1) + "/ws" + (f"?{urlencode({'after': after})}" if after is not None else "")
    with connect(address, additional_headers={"Authorization": authorization}) as connection:
        heard = time.monotonic()
        while not stop.is_set():
            try:
                yield json.loads(connection.recv(timeout=_LOOK))
                heard = time.monotonic()
            except TimeoutError:
                if time.monotonic() - heard > SILENCE:
                    raise
