"""Users and their tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
import string

from bot.localhub.clock import Clock
from bot.localhub.database import Database, Row, moment, stamp
from bot.localhub.problems import bad_credentials, invalid, not_found
from bot.localhub.values import User

LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}(\[bot\])?")
# Paths of the HTTP face, which no owner may be called.
RESERVED = frozenset(
    [
        "api",
        "app",
        "app-manifests",
        "apps",
        "meta",
        "organizations",
        "orgs",
        "rate_limit",
        "repos",
        "settings",
        "sign-in",
        "sign-out",
        "static",
        "user",
        "users",
    ]
)
ALPHABET = string.ascii_letters + string.digits


class People:
    """Everybody the tracker knows. Kinds are GitHub's: User, Bot, Organization."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._known: dict[int, User] = {}

    def create(self, login: str, *, kind: str = "User", name: str | None = None) -> User:
        """A new user, or the one of that login if there is one."""
        if not LOGIN.fullmatch(login) or login.lower() in RESERVED:
            raise invalid("User", "login", "invalid")
        with self._db.transaction():
            known = self.find(login)
            if known:
                return known
            now = stamp(self._clock())
            return self.get(self._db.insert("users", login=login, type=kind, name=name, created_at=now))

    def get(self, user_id: int) -> User:
        user = self._known.get(user_id)
        if user is None:
            user = _user(self._db.one("SELECT * FROM users WHERE id = ?", user_id))
            self._known[user_id] = user  # users never change
        return user

    def find(self, login: str) -> User | None:
        row = self._db.first("SELECT id FROM users WHERE login = ?", login)
        return self.get(row["id"]) if row else None

    def named(self, login: str) -> User:
        user = self.find(login)
        if user is None:
            raise not_found()
        return user

    def create_token(self, login: str) -> str:
        """A token that acts as this user. Only its digest is kept."""
        token = "ghp_" + "".join(secrets.choice(ALPHABET) for _ in range(36))
        user = self.named(login)
        self._db.insert("tokens", digest=_digest(token), user_id=user.id, created_at=stamp(self._clock()))
        return token

    def of_token(self, token: str) -> User:
        row = self._db.first("SELECT user_id FROM tokens WHERE digest = ?", _digest(token))
        if row is None:
            raise bad_credentials()
        return self.get(row["user_id"])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _user(row: Row) -> User:
    return User(row["id"], row["login"], row["type"], row["name"], moment(row["created_at"]))
