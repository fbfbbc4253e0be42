"""The door: from what a request brings along to who asks. A bearer token, a project's token, or the cookie of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import Response

from bot.keys import session_key
from bot.settings import Settings
from bot.store import Store
from bot.store.credentials import SignedIn
from bot.tokens import digest
from bot.web.auth.binding import Access, comes_from_us
from bot.web.auth.cookies import SESSION, SESSION_SECONDS, Cookies, new_id
from bot.web.failures import Problem
from services.domain.access import Caller, Role
from services.ports import Clock

OPERATOR = "operator"
"""In the audit trail: whoever has the token that was configured, or printed at the start."""

_CONFIGURED = "configured/"
_NO_TOKEN = "send the header `Authorization: Bearer <token>`, with PHASEBOT_API_TOKEN or the token printed at the start"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and how they have shown it. `session` is the id of the session, None for a token; `proof` names what was
    shown, without giving it away."""

    caller: Caller
    proof: str
    session: str | None = None


class Door:
    """One for a server."""

    def __init__(self, access: Access, store: Store, clock: Clock, settings: Settings) -> None:
        self.access = access
        self.public_url = settings.public_url
        self.cookies = Cookies(session_key(settings), is_secure=settings.public_url.startswith("https://"))
        self._credentials = store.credentials
        self._clock = clock

    def asker(self, headers: Headers) -> Asker:
        """Raises Problem: 401 for nobody we know."""
        if given := headers.get("authorization"):
            scheme, _, token = given.partition(" ")
            found = self.by_token(token.strip()) if scheme.lower() == "bearer" else None
        elif given := headers.get("x-project-token"):
            found = self._by_project_token(given.strip())
        else:
            found = self._by_session(headers)
        if found is None:
            raise _unauthorized(given)
        return found

    def by_token(self, token: str) -> Asker | None:
        """Who holds this token, if it is good."""
        if self.access.is_token(token):
            return Asker(Caller.of(OPERATOR, Role.ADMIN), self._configured)
        found = self._credentials.token(digest(token), self._clock.now()) if token else None
        if found is None:
            return None
        signed_in = SignedIn.with_token(found)
        return Asker(signed_in.caller, signed_in.proof)

    def _by_project_token(self, token: str) -> Asker | None:
        """As above, but only with one that opens a single project."""
        found = self.by_token(token)
        return found if found and found.caller.projects is not None else None

    def _by_session(self, headers: Headers) -> Asker | None:
        id = self.cookies.read(headers, SESSION)
        found = self._credentials.session(digest(id), self._clock.now()) if id else None
        if id is None or found is None:
            return None
        if found.proof.startswith(_CONFIGURED) and found.proof != self._configured:
            return None  # the token was changed since: whoever knew the old one is out
        return Asker(found.caller, found.proof, session=id)

    @property
    def _configured(self) -> str:
        return f"{_CONFIGURED}{digest(self.access.token)[:16]}"

    # ------------------------------------------------------------ sessions

    def sign_in(self, headers: Headers, response: Response, asker: Asker) -> None:
        """A new session, never one that was there before: an id that somebody planted is worth nothing."""
        self.sign_out(headers, response)
        id, now = new_id(), self._clock.now()
        expires_at = now + timedelta(seconds=SESSION_SECONDS)
        self._credentials.add_session(digest(id), SignedIn(asker.caller, asker.proof), now, expires_at)
        self.cookies.write(response, SESSION, id, SESSION_SECONDS)

    def sign_out(self, headers: Headers, response: Response) -> None:
        if id := self.cookies.read(headers, SESSION):
            self._credentials.end_session(digest(id))
        self.cookies.drop(response, SESSION)

    def refuse_other_sites(self, headers: Headers) -> None:
        """Raises Problem for what a page of another site wants to do in our person's name."""
        if not comes_from_us(headers, self.public_url) or headers.get("sec-fetch-site", "none") in _FOREIGN:
            raise Problem(HTTPStatus.FORBIDDEN, "csrf_refused", "this was sent by a page of another site")


_FOREIGN = ("cross-site", "same-site")


def _unauthorized(given: str | None) -> Problem:
    words = f"this token opens nothing here: {_NO_TOKEN}" if given else _NO_TOKEN
    challenge = {"www-authenticate": 'Bearer realm="phasebot"'}
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", words, headers=challenge)
