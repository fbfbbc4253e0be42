"""Cookies: signed with our own key, out of reach of scripts, and sent to this site alone.

https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import Response

SESSION = "phasebot"
FORM = "phasebot_form"
"""Of those who are not signed in, so that even the form to sign in is ours."""

GITHUB = "phasebot_github"
"""What has to come back from GitHub."""

APP = "phasebot_app"
"""What has to come back from GitHub once an App was made there."""

SESSION_SECONDS = 7 * 24 * 3600
FORM_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies of one server. `is_secure`: it is reached by https, and its cookies by nothing else."""

    key: bytes
    is_secure: bool

    def read(self, headers: Headers, name: str) -> str | None:
        """What a cookie says; None without one, and for one that we have not signed."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(headers.get("cookie", ""))
        except CookieError:
            return None
        morsel = jar.get(self._full(name))
        value, _, signature = morsel.value.rpartition(".") if morsel else ("", "", "")
        return value if value and _same(signature, self.seal(f"{name}={value}")) else None

    def write(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            self._full(name),
            f"{value}.{self.seal(f'{name}={value}')}",
            max_age=seconds,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.is_secure,
        )

    def drop(self, response: Response, name: str) -> None:
        response.delete_cookie(self._full(name), path="/", httponly=True, samesite="lax", secure=self.is_secure)

    def csrf(self, id: str) -> str:
        """What a form has to bring along that was made for this session."""
        return self.seal(f"csrf={id}")

    def is_csrf(self, given: str, id: str) -> bool:
        return _same(given, self.csrf(id))

    def seal(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()

    def _full(self, name: str) -> str:
        """https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes"""
        return f"__Host-{name}" if self.is_secure else name


def new_id() -> str:
    return secrets.token_urlsafe(32)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
