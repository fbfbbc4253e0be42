"""Children that begin with everything imported: tests that start many of them do not wait for imports each time."""

from __future__ import annotations

import multiprocessing

forks = multiprocessing.get_context("forkserver")
"""Forks from a process that has no threads. There is one in each process of tests, so everybody's imports are named here."""
forks.set_forkserver_preload(
    [
        "pytest",
        "bot.cli.entry",
        "bot.cli.run.running",
        "bot.remote",
        "bot.workers.clockwork",
        "bot.workers.reconciler",
        "tests.chaos.child",
        "tests.recovery.child",
    ]
)
