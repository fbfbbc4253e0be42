"""Health: whether the process is alive, and whether it can do its work. Open to everyone, and tells nothing else."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from bot.web.bot import Bot
from bot.web.failures import Problem, documented
from services.domain.errors import StorageUnavailable

router = APIRouter(tags=["health"])

_PATIENCE = 5.0


class Health(BaseModel):
    """All is well; anything else is an error."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    """The process is alive and answers."""
    return Health()


@router.get("/readyz", responses=documented(503))
async def readyz(bot: Bot) -> Health:
    """The database can be written and the coordination loop takes its turns."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await run_in_threadpool(bot.store.beat, bot.parts.holder)
            await asyncio.wrap_future(bot.receive())
    except StorageUnavailable as error:
        raise _not_ready(error.message) from None
    except TimeoutError:
        raise _not_ready("the coordination loop does not answer") from None
    return Health()


def _not_ready(message: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", message, headers={"retry-after": "5"})
