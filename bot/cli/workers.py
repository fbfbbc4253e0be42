"""Workers: how many phases run at once on this machine."""

from __future__ import annotations

import os

import click


def workers_for(asked: int | None, *, policy: int | None = None, cap: int | None = None) -> int:
    """As many as were asked for, else as the policy says, else two; never too many, which is said on stderr."""
    from services.execution.workers import resolve_workers

    count, warning = resolve_workers(asked, policy, cores=os.cpu_count() or 1, cap=cap)
    if warning:
        click.echo(f"warning: {warning}", err=True)
    return count
