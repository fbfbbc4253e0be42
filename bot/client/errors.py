"""What the server refuses, as the same kinds of error that one gets without a server."""

from __future__ import annotations

from typing import Any, NoReturn

import httpx

from services.domain.errors import NotAllowed, NotFound, RemoteUnavailable, TransientError, UserError


class ApiError(UserError):
    """Refused by the server. `code` is its stable type; `details` as it sent them."""

    status = 0
    details: Any = None
    request_id = ""


class _NotAllowed(ApiError, NotAllowed):
    """401 and 403."""


class _NotFound(ApiError, NotFound):
    """404."""


_KINDS: dict[int, type[ApiError]] = {401: _NotAllowed, 403: _NotAllowed, 404: _NotFound}


def refuse(answer: httpx.Response) -> NoReturn:
    """Raises what the answer means: ApiError, or TransientError where coming back may help."""
    error = _envelope(answer)
    if answer.status_code in (429, 503):
        wait = answer.headers.get("retry-after", "")
        raise TransientError(error["message"], retry_after=float(wait) if wait.isdigit() else None)
    raised = _KINDS.get(answer.status_code, ApiError)(error["message"], where=_where(error), fix=_fix(error))
    raised.code = error["type"]
    raised.status = answer.status_code
    raised.details = error.get("details")
    raised.request_id = error.get("request_id", "")
    raise raised


def _envelope(answer: httpx.Response) -> dict[str, Any]:
    try:
        error = answer.json()["error"]
        return {**error, "message": str(error["message"]), "type": str(error["type"])}
    except (ValueError, KeyError, TypeError):
        message = f"{answer.request.url} answered {answer.status_code}, and not as phasebot does"
        raise RemoteUnavailable(message, fix="Check the address of the server.") from None


def _where(error: dict[str, Any]) -> str:
    details = error.get("details")
    if isinstance(details, list):
        return ", ".join(str(one.get("where", "")) for one in details if isinstance(one, dict))
    return str(details.get("where", "")) if isinstance(details, dict) else ""


def _fix(error: dict[str, Any]) -> str:
    details = error.get("details")
    return str(details.get("fix", "")) if isinstance(details, dict) else ""
