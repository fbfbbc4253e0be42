"""Tables about access: who may ask over HTTP, who is signed in, and what was answered to a request that may come again."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from bot.store.tables import metadata

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False, unique=True),  # of the token, which is kept nowhere
    Column("role", Text, nullable=False),
    Column("project", Text),  # none: all of them
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),  # of the session's id, which only the cookie has
    Column("who", Text, nullable=False),
    Column("grants", Text, nullable=False),  # JSON: project (or *) → role
    Column("proof", Text, nullable=False),  # what they signed in with, so that its end is theirs
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index("ix_sessions_expires_at", sessions.c.expires_at)

answers = Table(
    "answers",
    metadata,
    Column("key", Text, primary_key=True),  # who asked, and the key they gave
    Column("request", Text, nullable=False),  # digest of what was asked
    Column("status", Integer),  # none while it is being answered
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
)
Index("ix_answers_asked_at", answers.c.asked_at)
