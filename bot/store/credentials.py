"""Credentials in SQL: API tokens and sessions, by the digests of what proves them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, text

from bot.store.access_tables import api_tokens, sessions
from bot.store.sql import Apart, Row, insert_into
from bot.store.values import micros, micros_or_none, moment, moment_or_none, to_json
from bot.tokens import Token, TokenNameTaken
from services.domain.access import Caller, Role
from services.domain.errors import NotFound

_USE_NOTED_AFTER = timedelta(minutes=5)
_OF_TOKEN = "token/"  # noqa: S105 - how the proof of a session begins that was opened with a token

_t, _s = api_tokens.c, sessions.c
_TOKEN = (_t.id, _t.name, _t.role, _t.project, _t.created_at, _t.created_by, _t.expires_at, _t.revoked_at, _t.used_at)
_BY_DIGEST = select(*_TOKEN).where(_t.digest == bindparam("digest"))
_BY_ID = select(*_TOKEN).where(_t.id == bindparam("id"))
_ALL = select(*_TOKEN).order_by(_t.created_at, _t.id)
_ADD_TOKEN = insert_into(api_tokens, suffix="ON CONFLICT (name) DO NOTHING")
_REVOKE = text("UPDATE api_tokens SET revoked_at = :now WHERE (id = :id OR name = :id) AND revoked_at IS NULL")
_USED = text("UPDATE api_tokens SET used_at = :now WHERE id = :id")
_SESSION = select(_s.who, _s.grants, _s.proof, _s.expires_at).where(_s.digest == bindparam("digest"))
_ADD_SESSION = insert_into(sessions)
_END_SESSION = text("DELETE FROM sessions WHERE digest = :digest")
_END_SESSIONS_OF = text("DELETE FROM sessions WHERE who = :who")
_FORGET = text("DELETE FROM sessions WHERE expires_at <= :now")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is good. `proof` says what it was opened with: `token/<id>`, `github/<login>`, …"""

    caller: Caller
    proof: str

    @classmethod
    def with_token(cls, token: Token) -> SignedIn:
        return cls(token.caller, f"{_OF_TOKEN}{token.id}")


class Credentials(Apart):
    """Answers from one database; every question is asked anew, so that what was revoked is refused at once."""

    # ------------------------------------------------------------ tokens

    def add_token(self, token: Token, digest: str) -> None:
        """Raises TokenNameTaken for a name that is taken, also by one that was revoked: the audit trail names them."""
        row = {
            "id": token.id,
            "name": token.name,
            "digest": digest,
            "role": token.role.value,
            "project": token.project,
            "created_at": micros(token.created_at),
            "created_by": token.created_by,
            "expires_at": micros_or_none(token.expires_at),
            "revoked_at": None,
            "used_at": None,
        }
        with self._writing() as session:
            if not session.each(_ADD_TOKEN, [row]):
                message = f"there is, or was, a token named {token.name}"
                raise TokenNameTaken(message, fix="Choose another name.")

    def token(self, digest: str, now: datetime) -> Token | None:
        """The token, if it is good. That it was used is noted, now and then."""
        with self._reading() as session:
            token = _token(session.row(_BY_DIGEST, digest=digest))
        if token is None or not token.is_good(now):
            return None
        if token.used_at is None or now - token.used_at > _USE_NOTED_AFTER:
            with self._writing() as session:
                session.run(_USED, id=token.id, now=micros(now))
        return token

    def tokens(self) -> list[Token]:
        """All there ever were, oldest first."""
        with self._reading() as session:
            return [token for row in session.rows(_ALL) if (token := _token(row))]

    def revoke_token(self, id_or_name: str, now: datetime) -> None:
        """It is refused from now on, and so are sessions opened with it. Raises NotFound."""
        with self._writing() as session:
            if not session.run(_REVOKE, id=id_or_name, now=micros(now)):
                raise NotFound(f"there is no token {id_or_name} that could be revoked")

    # ------------------------------------------------------------ sessions

    def add_session(self, digest: str, signed_in: SignedIn, now: datetime, expires_at: datetime) -> None:
        """Those that have expired are forgotten on this occasion."""
        row = {
            "digest": digest,
            "who": signed_in.caller.who,
            "grants": to_json(dict(signed_in.caller.grants)),
            "proof": signed_in.proof,
            "created_at": micros(now),
            "expires_at": micros(expires_at),
        }
        with self._writing() as session:
            session.run(_FORGET, now=micros(now))
            session.each(_ADD_SESSION, [row])

    def session(self, digest: str, now: datetime) -> SignedIn | None:
        """The session, unless it has ended, expired, or lost the token it was opened with."""
        with self._reading() as session:
            row = session.row(_SESSION, digest=digest)
            if row is None or row[3] <= micros(now):
                return None
            who, grants, proof, _ = row
            if proof.startswith(_OF_TOKEN):
                token = _token(session.row(_BY_ID, id=proof.removeprefix(_OF_TOKEN)))
                if token is None or not token.is_good(now):
                    return None
        return SignedIn(Caller(who, {project: Role(role) for project, role in json.loads(grants).items()}), proof)

    def end_session(self, digest: str) -> None:
        with self._writing() as session:
            session.run(_END_SESSION, digest=digest)

    def end_sessions_of(self, who: str) -> int:
        """Sign somebody out everywhere; how many sessions that ended."""
        with self._writing() as session:
            return session.run(_END_SESSIONS_OF, who=who)


def _token(row: Row | None) -> Token | None:
    if row is None:
        return None
    id, name, role, project, created_at, created_by, expires_at, revoked_at, used_at = row
    return Token(
        id=id,
        name=name,
        role=Role(role),
        project=project,
        created_at=moment(created_at),
        created_by=created_by,
        expires_at=moment_or_none(expires_at),
        revoked_at=moment_or_none(revoked_at),
        used_at=moment_or_none(used_at),
    )
