"""Webhooks from GitLab: known by the token that was set at the hook. The end of a pipeline is what CI says of an attempt.

https://docs.gitlab.com/user/project/integrations/webhooks/
"""

from __future__ import annotations

import hmac
from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from bot import metrics
from bot.callbacks import Callback
from bot.gitlab.events import Ended, ended, read
from bot.web.bodies import read_body
from bot.web.bot import Bot
from bot.web.callbacks import is_new
from bot.web.failures import Problem, documented, unreadable
from bot.web.webhooks import LARGEST, Status, Taken
from services.domain.errors import NotFound

log = structlog.get_logger()
router = APIRouter(prefix="/webhooks", tags=["webhooks"])

_EVENTS = {
    "Pipeline Hook": "pipeline",
    "Merge Request Hook": "merge_request",
    "Issue Hook": "issue",
    "Confidential Issue Hook": "issue",
    "Note Hook": "note",
    "Confidential Note Hook": "note",
}


@router.post("/gitlab", status_code=HTTPStatus.ACCEPTED, responses=documented(400, 401, 408, 413, 503))
async def gitlab(request: Request, bot: Bot) -> Taken:
    """Take in one event. 202 means that it is stored, or that it says nothing about any phase."""
    try:
        event, status = await _take(request, bot)
    except Problem as problem:
        log.warning("webhook_refused", reason=problem.type, status=int(problem.status))
        metrics.webhooks.labels("unknown", problem.type).inc()
        raise
    metrics.webhooks.labels(event, status).inc()
    return Taken(status=status)


async def _take(request: Request, bot: Bot) -> tuple[str, Status]:
    _check_token(request.headers.get("x-gitlab-token", ""), bot)
    event = _EVENTS.get(request.headers.get("x-gitlab-event", ""))
    if event is None:
        return "other", "ignored"
    body = await read_body(request, LARGEST)
    over = await run_in_threadpool(_over, body)
    if over is None:
        return event, "ignored"
    try:
        delivery = await run_in_threadpool(bot.callbacks.by_signature, body, _callback(over))
    except NotFound:  # people's own pipelines are reported here as well
        return event, "ignored"
    return event, "accepted" if await is_new(bot, delivery) else "duplicate"


def _check_token(given: str, bot: Bot) -> None:
    """Raises Problem. In constant time, and before the body is read."""
    token = bot.settings.gitlab_token
    if token is None:
        message = "this server has no token for GitLab: set PHASEBOT_GITLAB_TOKEN here and at the hook"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "webhooks_not_configured", message)
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.get_secret_value().encode()):
        raise Problem(
            HTTPStatus.UNAUTHORIZED, "token_invalid", "the header X-Gitlab-Token is missing or is not our token"
        )


def _over(body: bytes) -> Ended | None:
    try:
        return ended(read(body))
    except ValidationError as error:
        raise unreadable("the event cannot be read", error) from None


def _callback(over: Ended) -> Callback:
    said = {"branch": over.branch, "correlation_id": over.correlation_id, "url": over.url}
    try:
        return Callback.model_validate({"status": "success" if over.has_passed else "failure", **said})
    except ValidationError:
        raise NotFound("no attempt has such a name") from None
