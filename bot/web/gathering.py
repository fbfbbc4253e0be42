"""Gathering: deliveries that arrive while others are being written go to the coordination loop together.

One hand-over to its thread and one back, one commit and one fsync, however many they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

from bot.workers.coordination import Receipt
from services.ports import Delivery

Receive = Callable[..., Future[list[Receipt]]]
_Waiting = tuple[Delivery, "asyncio.Future[bool]"]


class Gathering:
    """For one event loop. `receive` stores deliveries; its future is done when they are durable."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waiting: list[_Waiting] = []
        self._is_writing = False

    async def is_new(self, delivery: Delivery) -> bool:
        """Durable when it returns. False if the delivery was here already. Raises what kept it from being stored."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((delivery, answer))
        if not self._is_writing:
            self._is_writing = True
            loop.call_soon(self._write, loop)  # after whatever else has arrived in this moment
        return await answer

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        taken, self._waiting = self._waiting, []
        if not taken:
            self._is_writing = False
            return

        def told(done: Future[list[Receipt]]) -> None:
            with suppress(RuntimeError):  # the server has ended meanwhile: nobody waits any more
                loop.call_soon_threadsafe(self._answer, loop, taken, done)

        self._receive(*[delivery for delivery, _ in taken]).add_done_callback(told)

    def _answer(self, loop: asyncio.AbstractEventLoop, taken: Sequence[_Waiting], done: Future[list[Receipt]]) -> None:
        error = done.exception()
        receipts = done.result() if error is None else [None] * len(taken)
        for (_, answer), receipt in zip(taken, receipts, strict=True):
            if answer.done():
                continue  # nobody waits for this one any more
            if receipt is not None:
                answer.set_result(receipt.accepted)
            elif error is not None:
                answer.set_exception(error)
        self._write(loop)
