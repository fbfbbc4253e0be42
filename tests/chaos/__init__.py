"""Chaos: whole processes, killed at random, and a tracker where anything may go wrong, end where a calm run would."""
