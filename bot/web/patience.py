"""Patience: a connection is closed whose request does not begin in time, or whose answer is not read.

uvicorn itself waits for both for ever, and takes a head of any size. Once a body has begun, it is `BodyGuard`'s.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger()

HEAD_PATIENCE = 15.0
"""Seconds from the opening of a connection, or from the first byte of a further request, to the end of its head and the first
of its body."""

LARGEST_HEAD = 64 * 1024

READ_PATIENCE = 30.0
"""Seconds in which some of an answer has to be taken by its reader."""

LEAST_READ = 16 * 1024
"""Bytes that count as some, where so much is left."""

_AT_ONCE = struct.pack("ii", 1, 0)


class PatientProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waits: asyncio.TimerHandle | None = None
        self._size = 0
        self._reads: asyncio.TimerHandle | None = None
        self._is_suspect = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        self._watch_no_more()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """The socket has its own way with those who do not read."""
        self._trust()
        super().handle_websocket_upgrade()

    # ------------------------------------------------------------ the head of a request

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waits is not None:
            self._size += len(data)
            if self._size > LARGEST_HEAD:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._waits is None:
            self._wait()

    def on_body(self, body: bytes) -> None:
        self._wait_no_more()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._wait_no_more()
        super().on_message_complete()

    def _wait(self) -> None:
        self._size = 0
        self._waits = self.loop.call_later(HEAD_PATIENCE, self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _wait_no_more(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _refuse(self, status: HTTPStatus) -> None:
        self._wait_no_more()
        if not self.transport.is_closing():
            line = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(line.encode())
            self.transport.close()

    # ------------------------------------------------------------ the reader of an answer

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._is_suspect:
            self._trust()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        if self._reads is None and self.transport.get_write_buffer_size():
            self._reads = self.loop.call_later(READ_PATIENCE, self._suspect)

    def _suspect(self) -> None:
        """Something is unread, still or again. The transport tells as soon as nothing is, by `resume_writing`."""
        self._reads = None
        if left := self.transport.get_write_buffer_size():
            self._is_suspect = True
            self.transport.set_write_buffer_limits(high=0)
            self._reads = self.loop.call_later(READ_PATIENCE, self._judge, left)

    def _judge(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if before - left < LEAST_READ:
            log.info("reader_too_slow", unread=left)
            # what the system keeps of the answer goes, too
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.transport.abort()
        else:
            self._reads = self.loop.call_later(READ_PATIENCE, self._judge, left)

    def _trust(self) -> None:
        self._watch_no_more()
        if self._is_suspect:
            self._is_suspect = False
            if not self.transport.is_closing():
                self.transport.set_write_buffer_limits()

    def _watch_no_more(self) -> None:
        if self._reads is not None:
            self._reads.cancel()
            self._reads = None
