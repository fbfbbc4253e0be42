"""`WS /ws`: changes as they are committed, for browsers and programs, and `GET /api/changes` for those without a socket.

Messages are JSON: `hello` with the number of the newest change, `changes` with the plans and jobs that changed, `ping` now
and then, `reset` where too much has happened since `after`: then everything is to be looked at again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from bot.web.api.shapes import Shape
from bot.web.auth import Viewer
from bot.web.auth.binding import comes_from_us
from bot.web.auth.door import Asker, Door
from bot.web.failures import Problem
from bot.web.live.feed import Feed, Follower, Frame, as_lists, frame_for, told
from bot.web.live.wire import framed, wire_of
from services.domain.phase import QueueStatus

router = APIRouter()
api = APIRouter(tags=["live"])

HEARTBEAT = 20.0
"""Seconds between two pings: who hears nothing for longer has lost the connection."""

_CLOSE = 10.0
"""Seconds that a farewell may take to leave."""

_BACKLOG = 1000
_LARGEST = 2**53
Since = Annotated[
    int | None, Query(ge=0, le=_LARGEST, description="The `seq` of before; without it: only where to begin")
]
_TRY_LATER, _NOT_ALLOWED = 1013, 1008


class PhaseChanged(Shape):
    """How a phase stands now."""

    queue_id: str
    status: QueueStatus


class PlanChanged(Shape):
    """A plan that has changed: look at it again. `kinds` are those of the audit trail."""

    seq: int
    project: str
    plan: str
    version: int
    phases: list[PhaseChanged]
    kinds: list[str]


class JobChanged(Shape):
    """A job that has changed: look at it again."""

    seq: int
    project: str
    job: str
    kinds: list[str]


class Changes(Shape):
    """What has changed, and where to go on. `is_reset`: too much to tell; everything is to be looked at again."""

    changes: list[PlanChanged]
    jobs: list[JobChanged]
    seq: int = Field(description="To be given as `after` next time")
    is_reset: bool


@api.get("/changes")
def list_changes(
    permit: Viewer,
    after: Since = None,
) -> Changes:
    """What has changed since `after`; the socket at `/ws` tells the same by itself."""
    records = permit.bot.store.records
    if after is None:
        return Changes(changes=[], jobs=[], seq=records.last_event(), is_reset=False)
    found = records.changes(after, _BACKLOG)
    if len(found) == _BACKLOG or (not found and after > records.last_event()):
        return Changes(changes=[], jobs=[], seq=records.last_event(), is_reset=True)
    seen = as_lists([one for one in told(found) if permit.caller.role_in(one.project)])
    return Changes.model_validate({**seen, "seq": found[-1].seq if found else after, "is_reset": False})


@router.websocket("/ws")
async def follow(socket: WebSocket, after: Since = None) -> None:
    asker: Asker = socket.state.asker
    door: Door = socket.app.state.door
    feed: Feed = socket.app.state.feed
    if not comes_from_us(socket.headers, door.public_url):
        await socket.close(_NOT_ALLOWED, "another site")
        return
    if feed.is_full():
        await socket.close(_TRY_LATER, "too many followers")
        return
    await socket.accept()
    follower = Follower(asker.caller.projects, wire_of(socket.scope))
    newest: int = await run_in_threadpool(socket.app.state.phasebot.store.records.last_event)
    feed.follow(follower, newest)
    try:
        code = await _until_over(socket, follower, after, newest)
    finally:
        feed.leave(follower)
    if code is not None:
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):  # it may have left at this moment
            async with asyncio.timeout(_CLOSE):
                await socket.close(code)


async def _until_over(socket: WebSocket, follower: Follower, after: int | None, newest: int) -> int | None:
    """Serve until the other end has left (None), has fallen behind, or may follow no longer: the code to close with."""
    serving = _serve(socket, follower, after, newest)
    tasks = [asyncio.ensure_future(one) for one in (_left(socket), serving, _behind(follower))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    if tasks[0] in done:
        return None
    return next((one.code for one in ended if isinstance(one, _Ended)), _TRY_LATER)


class _Ended(Exception):
    """Why a connection is closed from our side."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


async def _left(socket: WebSocket) -> None:
    """Whatever a follower says is heard and forgotten, until it leaves."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        continue


async def _behind(follower: Follower) -> None:
    """Who does not read is not written to any more; a send that hangs ends with it."""
    await follower.is_behind.wait()
    raise _Ended(_TRY_LATER)


async def _serve(socket: WebSocket, follower: Follower, after: int | None, newest: int) -> None:
    """What was missed, then news as they come, and a ping now and then. Whoever was signed out, or whose token was revoked,
    follows no longer."""
    follower.begin(await _catch_up(socket, after, newest))
    door: Door = socket.app.state.door
    while True:
        await asyncio.sleep(HEARTBEAT)
        try:
            await run_in_threadpool(door.asker, socket.headers)
        except Problem:
            raise _Ended(_NOT_ALLOWED) from None
        follower.put(_PING)


_PING = Frame(_LARGEST, framed('{"type":"ping"}'))


async def _catch_up(socket: WebSocket, after: int | None, newest: int) -> int:
    """What was missed since `after`; the number up to which everything has been told."""
    records = socket.app.state.phasebot.store.records
    missed = [] if after is None else await run_in_threadpool(records.changes, after, _BACKLOG)
    wire = wire_of(socket.scope)
    wire.write(Frame.of("hello", newest).wire)
    if len(missed) == _BACKLOG or (after or 0) > newest:  # too much, or from before the database was another one
        wire.write(Frame.of("reset", newest).wire)
        return newest
    if frame := frame_for(told(missed), socket.state.asker.caller.projects):
        wire.write(frame.wire)
    return max(missed[-1].seq if missed else 0, newest if after is None else after)
