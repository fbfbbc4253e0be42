"""Who may ask: a bearer token for everything but health and webhooks (these are signed instead).

Without a configured token the server stays on this machine: it is bound to loopback, wants the token it made and printed at
its start, and answers only requests that name it by a loopback name, so that no web page can be talked into asking for it.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.settings import Settings
from bot.web.failures import Problem, refused
from services.domain.errors import NotAllowed

_OPEN = frozenset({"/healthz", "/readyz", "/webhooks/github"})


class BindingRefused(NotAllowed):
    """The server would be open to others without a token."""

    code = "binding_refused"


@dataclass(frozen=True, slots=True)
class Access:
    """The token that is asked for. `local_only`: nobody configured one, so only this machine may ask."""

    token: str
    local_only: bool

    @classmethod
    def by(cls, settings: Settings) -> Access:
        """From the settings, with a token made now where there is none. Raises BindingRefused."""
        if settings.api_token is not None:
            return cls(settings.api_token.get_secret_value(), local_only=False)
        if not is_loopback(settings.host):
            raise BindingRefused(
                f"{settings.host} can be reached by others, and there is no token",
                where="PHASEBOT_HOST",
                fix="Set PHASEBOT_API_TOKEN (or PHASEBOT_API_TOKEN_FILE), or bind to 127.0.0.1.",
            )
        return cls(secrets.token_urlsafe(24), local_only=True)

    def refusal(self, headers: Headers) -> Problem | None:
        """Why this request may not be answered; None if it may."""
        if self.local_only and not (_names_us(headers.get("host", "")) and _comes_from_us(headers)):
            return Problem(HTTPStatus.FORBIDDEN, "host_not_allowed", _ELSEWHERE)
        if not self._is_known(headers.get("authorization", "")):
            challenge = {"www-authenticate": 'Bearer realm="phasebot"'}
            return Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", _NO_TOKEN, headers=challenge)
        return None

    def _is_known(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        known = hmac.compare_digest(given.strip().encode(), self.token.encode())
        return known and scheme.lower() == "bearer"


_ELSEWHERE = "without PHASEBOT_API_TOKEN this server answers only requests to a loopback name, from no other site"
_NO_TOKEN = "send the header `Authorization: Bearer <token>`, with PHASEBOT_API_TOKEN or the token printed at the start"  # noqa: S105


class AccessMiddleware:
    """Stands before all routes, so that a new one is closed until it is opened on purpose."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _OPEN:
            problem = self._access.refusal(Headers(scope=scope))
            if problem is not None:
                await refused(scope, problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """True for `localhost` and for addresses of this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _names_us(host: str) -> bool:
    """Against DNS rebinding: a foreign name that leads to this address is still a foreign name."""
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _comes_from_us(headers: Headers) -> bool:
    """Browsers say which site a request comes from; programs say nothing."""
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")
