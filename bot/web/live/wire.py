"""The wire: WebSocket connections to which messages can be written as they are, made once for all who are told the same.

An ASGI server encodes each message for each connection, and wakes a task for it. With hundreds of connections that is most of
what telling them costs, so the scope of ours leads to the transport below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.http11 import Request

_EXTENSION = "phasebot.wire"


class WireProtocol(WebSocketsSansIOProtocol):
    """For uvicorn's `ws`. Nothing may be compressed, as what is written for all is not."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            extensions = cast(dict[str, object], self.scope["extensions"])
            extensions[_EXTENSION] = self.transport


def wire_of(scope: Mapping[str, Any]) -> asyncio.Transport:
    """Where to write frames, between the acceptance and the end of a connection; on the event loop only."""
    wire: asyncio.Transport = scope["extensions"][_EXTENSION]
    return wire


def framed(text: str) -> bytes:
    """A text message as it goes over the wire from a server."""
    return WebSocketFrame(Opcode.TEXT, text.encode()).serialize(mask=False)
