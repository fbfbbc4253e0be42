"""Binding: where the server may be reached, and the token that is an administrator's from the start.

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

from bot.settings import Settings
from bot.web.failures import Problem
from services.domain.errors import NotAllowed

_ELSEWHERE = "without PHASEBOT_API_TOKEN this server answers only requests to a loopback name, from no other site"


class BindingRefused(NotAllowed):
    """The server would be open to others without a token."""

    code = "binding_refused"


@dataclass(frozen=True, slots=True)
class Access:
    """The token of the operator. `local_only`: nobody configured one, so only this machine may ask."""

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

    def refuse_elsewhere(self, headers: Headers) -> None:
        """Raises Problem for a request that did not come from this machine, where only this machine may ask."""
        if self.local_only and not (_names_us(headers.get("host", "")) and comes_from_us(headers)):
            raise Problem(HTTPStatus.FORBIDDEN, "host_not_allowed", _ELSEWHERE)

    def is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self.token.encode())


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


def comes_from_us(headers: Headers, public_url: str = "") -> bool:
    """Browsers say which site a request comes from; programs say nothing."""
    origin = headers.get("origin")
    if origin is None:
        return True
    return origin.partition("://")[2] == headers.get("host") or (bool(public_url) and origin == _origin_of(public_url))


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
