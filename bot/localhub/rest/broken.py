"""Answers that a planned fault has spoilt."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.localhub.faults import Fault, PlannedFault
from bot.localhub.problems import Refused

_LIMIT = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
_WORDS = {500: "Server Error", 502: "Server Error", 403: _LIMIT, 429: _LIMIT}


async def cut(scope: Scope, receive: Receive, _send: Send) -> None:
    """Close the connection without a word, and wait until it is closed."""
    scope["state"]["cut_connection"]()
    while (await receive())["type"] != "http.disconnect":
        continue


@dataclass(frozen=True, slots=True)
class Late:
    """An answer that lets itself be waited for."""

    answer: Response
    seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self.seconds)
        await self.answer(scope, receive, send)


def spoilt(planned: PlannedFault, answer: Response | None) -> tuple[ASGIApp, int]:
    """What is sent instead of the answer (None: the request was not carried out), and its status; 0 for none."""
    fault = planned.fault
    if fault.cuts_connection:
        return cut, 0
    if answer is not None and fault is Fault.SLOW:
        return Late(answer, planned.seconds), answer.status_code
    if answer is not None and fault is Fault.TRUNCATED:
        half = bytes(answer.body)[: len(answer.body) // 2]
        headers = {name: value for name, value in answer.headers.items() if name not in {"content-length", "etag"}}
        return Response(half, answer.status_code, headers), answer.status_code
    refusal = Refused(fault.status, _WORDS[fault.status])
    headers = {"Retry-After": str(planned.retry_after)} if fault.says_when else {}
    raw = json.dumps(refusal.as_json(), separators=(",", ":")).encode()
    return Response(raw, fault.status, headers, media_type="application/json"), fault.status
