"""Exhaustive exploration of the core: every message in every reachable state of every small graph."""
