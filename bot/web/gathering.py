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

PATIENCE = 9.0
"""Seconds. GitHub gives up after ten; an answer before that lets it be sent again."""

Receive = Callable[..., Future[list[Receipt]]]
_Waiting = tuple[Delivery, "asyncio.Future[bool]"]


class Gathering:
    """For one event loop. `receive` stores deliveries; its future is done when they are durable."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waiting: list[_Waiting] = []
        self._patience: asyncio.TimerHandle | None = None
        self._is_writing = False

    async def is_new(self, delivery: Delivery) -> bool:
        """Durable when it returns. False if the delivery was here already. Raises what kept it from being stored: TimeoutError,
        StorageUnavailable."""
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
        self._patience = loop.call_later(PATIENCE, self._give_up, loop, taken)

        def told(done: Future[list[Receipt]]) -> None:
            with suppress(RuntimeError):  # the server has ended meanwhile: nobody waits any more
                loop.call_soon_threadsafe(self._written, loop, taken, done)

        self._receive(*[delivery for delivery, _ in taken]).add_done_callback(told)

    def _written(self, loop: asyncio.AbstractEventLoop, taken: Sequence[_Waiting], done: Future[list[Receipt]]) -> None:
        if self._patience is not None:
            self._patience.cancel()
        if error := done.exception():
            _fail(taken, error)
        else:
            for (_, answer), receipt in zip(taken, done.result(), strict=True):
                if not answer.done():
                    answer.set_result(receipt.accepted)
        self._write(loop)

    def _give_up(self, loop: asyncio.AbstractEventLoop, taken: Sequence[_Waiting]) -> None:
        """Nothing gets written. Nor does it, in time, for those who come while that is so."""
        waiting, self._waiting = self._waiting, []
        _fail([*taken, *waiting], TimeoutError("nothing gets stored"))
        self._patience = loop.call_later(PATIENCE, self._give_up, loop, ())


def _fail(waiting: Sequence[_Waiting], error: BaseException) -> None:
    for _, answer in waiting:
        if not answer.done():
            answer.set_exception(error)
