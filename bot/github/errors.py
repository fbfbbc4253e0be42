"""What went wrong with a request, in our words: by status and headers, and by whether it may have happened all the same.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
from github import GithubException
from urllib3.exceptions import MaxRetryError, NewConnectionError

from services.domain.errors import NotAllowed, NotFound, NotNow, RemoteUnavailable, TransientError, UserError

_LIMIT_WORDS = re.compile(r"rate limit|abuse detection|wait a few minutes", re.IGNORECASE)
_SIBLING_AT_WORK = "Priority has already been taken"
"""The 422 by which two children that arrive under one parent at once get in each other's way."""

_NO_COMMITS = "Git Repository is empty"
"""The 409 about commits of a repository that has none: nothing to wait for."""

_SECONDS_PAST_RESET = 1.0

_OVER_ITS_CONTENT = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


class AmbiguousWrite(TransientError):
    """No answer to a write, or one that proves nothing: it may have happened. Look before doing it again."""


class RateLimited(NotNow):
    """Asked to slow down. `retry_after` None: not told for how long, so at least a minute, and longer each time."""


class TokenRefused(NotAllowed):
    """The server does not take the token: it has ended, was taken back, or never was one."""


class Rejected(UserError):
    """GitHub understood, and will not do it: a validation that failed, issues that are switched off."""

    code = "rejected"


class Unprocessable(Rejected):
    """It did not like what was in the request: a value, or a field that it does not know (400, 422)."""


def in_our_words(error: Exception, *, is_write: bool, now: datetime) -> Exception:
    """The error to raise instead of one of PyGithub or requests."""
    if isinstance(error, GithubException):
        return _answered(error, is_write=is_write, now=now)
    return _unanswered(error, is_write=is_write)


def unexpected(what: str, *, is_write: bool) -> TransientError:
    """An answer that makes no sense, such as one cut in the middle."""
    return _maybe_done(f"GitHub's answer cannot be read: {what}", is_write=is_write)


def _answered(error: GithubException, *, is_write: bool, now: datetime) -> Exception:
    status, message, headers = error.status, _message(error), error.headers or {}
    if _is_limit(status, message, headers):
        return RateLimited(f"GitHub asks to wait: {message}", retry_after=_wait(headers, now))
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return TokenRefused(f"GitHub refuses the token (401): {message}", fix="Use another token.")
        case HTTPStatus.FORBIDDEN:
            return NotAllowed(f"the token may not do this: {message}", fix=_permission_wanted(headers))
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return NotFound(f"GitHub knows no such thing: {message}")
        case HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
            return NotAllowed(f"GitHub has shut this for legal reasons: {message}")
        case HTTPStatus.REQUEST_TIMEOUT:
            return _maybe_done(f"GitHub gave up waiting: {message}", is_write=is_write)
        case HTTPStatus.CONFLICT if _NO_COMMITS in message:
            return NotFound(f"GitHub knows no such thing: {message}")
        case HTTPStatus.CONFLICT:
            return TransientError(f"GitHub is busy with it: {message}")
    if _SIBLING_AT_WORK in message:
        return TransientError(message, retry_after=1)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        waited = _wait(headers, now)
        return _maybe_done(f"GitHub failed with {status}: {message}", is_write=is_write, retry_after=waited)
    refused = Unprocessable if status in _OVER_ITS_CONTENT else Rejected
    return refused(f"GitHub refuses with {status}: {message}")


def _is_limit(status: int, message: str, headers: Mapping[str, str]) -> bool:
    """A 403 is a limit only where something says so; else it is a refusal that trying again cannot mend."""
    if status == HTTPStatus.FORBIDDEN:
        spent = headers.get("x-ratelimit-remaining") == "0"
        return spent or "retry-after" in headers or bool(_LIMIT_WORDS.search(message))
    return status == HTTPStatus.TOO_MANY_REQUESTS


def _wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, as far as GitHub says: Retry-After, else the moment at which the allowance is renewed."""
    told = headers.get("retry-after", "")
    if told.isdigit():
        return float(told)
    if told and (moment := _date(told)) is not None:
        return max(0.0, (moment - now).total_seconds())
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(0.0, int(reset) - now.timestamp()) + _SECONDS_PAST_RESET
    return None


def _date(text: str) -> datetime | None:
    """Retry-After may be a date as well (RFC 9110, 10.2.3)."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _permission_wanted(headers: Mapping[str, str]) -> str:
    """GitHub says what would have been enough."""
    wanted = headers.get("x-accepted-github-permissions", "")
    return f"Give it the permission {wanted}." if wanted else "Give it write access to issues."


def _unanswered(error: Exception, *, is_write: bool) -> Exception:
    if _never_arrived(error):
        return RemoteUnavailable(
            f"GitHub cannot be reached: {_in_short(error)}", fix="Check the address and the connection."
        )
    return _maybe_done(f"the connection to GitHub was lost: {_in_short(error)}", is_write=is_write)


def _in_short(error: BaseException) -> str:
    """What the system said, without the layers of the library around it."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror.lower()
        reason = getattr(inner, "reason", None)
        arguments = [one for one in inner.args if isinstance(one, BaseException)]
        inner = reason if isinstance(reason, BaseException) else next(iter(arguments), inner.__cause__)
    return type(error).__name__


def _never_arrived(error: Exception) -> bool:
    """No connection came about (name, refusal, TLS, proxy): certainly nothing has happened."""
    if isinstance(
        error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError
    ):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _maybe_done(message: str, *, is_write: bool, retry_after: float | None = None) -> TransientError:
    kind = AmbiguousWrite if is_write else TransientError
    return kind(message, retry_after=retry_after)


def _message(error: GithubException) -> str:
    """GitHub's own words, with the details of a validation."""
    data = error.data if isinstance(error.data, dict) else {}
    details = [
        str(one.get("message") or one) if isinstance(one, dict) else str(one) for one in data.get("errors") or ()
    ]
    return "; ".join([str(data.get("message") or error.message or ""), *details])
