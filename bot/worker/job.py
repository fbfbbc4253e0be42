"""What a job in the queue names. It is carried out by `phasebot worker`, which alone knows where to ask what it means."""

from __future__ import annotations


def carry_out(ticket: str) -> None:  # noqa: ARG001  what the queue gives
    """Raises RuntimeError: some other worker of RQ has taken the job. The attempt waits on, and is put into the queue again."""
    raise RuntimeError("jobs of this queue are for `phasebot worker`")
