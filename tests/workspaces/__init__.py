"""Worktrees of attempts, with real git."""
