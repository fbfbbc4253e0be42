"""Signing in to other programs: the web application flow of an App, with PKCE.

Codes live for ten minutes and clients as long as the process: whoever needs them has them made.
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.localhub.clock import Clock
from bot.localhub.people import People

CODE_LIFE = timedelta(minutes=10)


class Unverified(Exception):
    """GitHub answers these with 200 and a word: https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class Client:
    """A program that people may sign in to. `callback` is where they are sent back to, or the beginning of it."""

    id: str
    secret: str
    callback: str


@dataclass(frozen=True, slots=True)
class _Code:
    client: str
    login: str
    redirect_uri: str
    challenge: str
    expires_at: datetime


class OAuth:
    """The clients, and the codes that have not been exchanged."""

    def __init__(self, people: People, clock: Clock) -> None:
        self._people = people
        self._clock = clock
        self._clients: dict[str, Client] = {}
        self._codes: dict[str, _Code] = {}

    def register(self, callback: str) -> Client:
        client = Client(f"Iv23li{secrets.token_hex(7)}", secrets.token_hex(20), callback)
        self._clients[client.id] = client
        return client

    def client(self, id: str) -> Client | None:
        return self._clients.get(id)

    def authorize(self, client: Client, login: str, redirect_uri: str, challenge: str) -> str:
        """A code for this person, once."""
        code = secrets.token_hex(10)
        expires_at = self._clock() + CODE_LIFE
        self._codes[code] = _Code(client.id, login, redirect_uri, challenge, expires_at)
        return code

    def exchange(self, client_id: str, client_secret: str, code: str, redirect_uri: str, verifier: str) -> str:
        """A token that acts as the person. Raises Unverified."""
        client = self._clients.get(client_id)
        if client is None or not hmac.compare_digest(client.secret.encode(), client_secret.encode()):
            raise Unverified("incorrect_client_credentials")
        found = self._codes.pop(code, None)
        if found is None or found.client != client_id or found.expires_at <= self._clock():
            raise Unverified("bad_verification_code")
        if redirect_uri != found.redirect_uri:
            raise Unverified("redirect_uri_mismatch")
        if found.challenge and not hmac.compare_digest(_challenge(verifier).encode(), found.challenge.encode()):
            raise Unverified("bad_verification_code")
        return self._people.create_token(found.login)


def _challenge(verifier: str) -> str:
    """https://datatracker.ietf.org/doc/html/rfc7636#section-4.2"""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
