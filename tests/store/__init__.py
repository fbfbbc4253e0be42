"""Tests of the store: one contract for SQLite and a real PostgreSQL."""
