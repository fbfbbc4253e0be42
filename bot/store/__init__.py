"""The store: plans, deliveries, effects and the audit trail in SQLite or PostgreSQL. SQL lives here; rows never leave it."""

from bot.store.store import Store

__all__ = ["Store"]
