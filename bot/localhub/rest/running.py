"""Running the application under uvicorn, in a thread that is not the main one."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from bot.localhub.rest.protocol import CuttableProtocol
from bot.localhub.rest.serving import application

if TYPE_CHECKING:
    from bot.localhub.hub import Hub

TICK = 1.0  # seconds between renewals of the Date header


class ReadyServer(uvicorn.Server):
    """Says when it accepts connections, and stops at once when told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.is_ready.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), TICK)

    def stop(self) -> None:
        """Callable from any thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)


def configured(hub: Hub, url: str, *, grace_seconds: int) -> uvicorn.Config:
    """Silent: the hub keeps its own log of requests."""
    return uvicorn.Config(
        application(hub, url),
        http=CuttableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=grace_seconds,
    )
