"""The migrations of the database (Alembic), one idea a revision: run by `bot.store.schema` and `phasebot db upgrade`."""
