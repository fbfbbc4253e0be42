"""What workers on other machines ask: an attempt, its lease, its end and its output, each with the attempt's ticket."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from bot.web.bodies import read_body
from bot.web.bot import Bot
from bot.web.failures import Problem, unreadable
from bot.worker_desk import Ended, Gone, assignments
from bot.workspaces.origins import Access

router = APIRouter(prefix="/worker", include_in_schema=False)

LARGEST = 1024 * 1024
_Answer = TypeVar("_Answer")


@router.post("/take")
async def take(request: Request, bot: Bot, worker: str = Query(max_length=200)) -> Response:
    """The assignment, for the first worker that asks."""
    assignment = await _asked(lambda: bot.crew.desk.take(_ticket(request), worker))
    return Response(assignments.dump_json(assignment), media_type="application/json")


@router.post("/repository")
async def repository(request: Request, bot: Bot, access: Access, worker: str = Query(max_length=200)) -> Response:
    """Where the attempt's repository is, and what opens it for a while."""
    place = await _asked(lambda: bot.crew.desk.place(_ticket(request), worker, access))
    return Response(place.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/renew", status_code=HTTPStatus.NO_CONTENT)
async def renew(request: Request, bot: Bot, turn: int, worker: str = Query(max_length=200)) -> None:
    """Prolong the lease."""
    await _asked(lambda: bot.crew.desk.renew(_ticket(request), worker, turn))


@router.post("/end", status_code=HTTPStatus.NO_CONTENT)
async def end(request: Request, bot: Bot) -> None:
    """Say how it ended."""
    try:
        ended = Ended.model_validate_json(await read_body(request, LARGEST))
    except ValidationError as error:
        raise unreadable("this cannot be read", error) from None
    await _asked(lambda: bot.crew.desk.end(_ticket(request), ended))


@router.put("/output", status_code=HTTPStatus.NO_CONTENT)
async def output(request: Request, bot: Bot, offset: int = Query(ge=0), worker: str = Query(max_length=200)) -> None:
    """Keep a piece of the output."""
    chunk = await read_body(request, LARGEST)
    await _asked(lambda: bot.crew.desk.output(_ticket(request), worker, offset, chunk))


def _ticket(request: Request) -> str:
    scheme, _, ticket = request.headers.get("authorization", "").partition(" ")
    return ticket.strip() if scheme.lower() == "bearer" else ""


async def _asked(question: Callable[[], _Answer]) -> _Answer:
    try:
        return await run_in_threadpool(question)
    except Gone:
        raise Problem(HTTPStatus.GONE, "attempt_gone", "this attempt is not yours to run") from None
