"""Phases on many machines: a real Redis, real workers, and what becomes of them."""
