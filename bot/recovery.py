"""Recovery: what processes of this machine that are dead by now have left behind."""

from __future__ import annotations

from bot.holder import is_dead
from bot.parts import Parts
from services.domain.attempts import Outcome
from services.domain.failure import Failure
from services.domain.messages import AttemptFinished


def recover(parts: Parts) -> None:
    """Their attempts are lost, and what they held is free again."""
    lookups, at = parts.store.lookups, parts.clock.now().isoformat()
    for live in lookups.live_attempts():
        if parts.executors.remote(live.attempt.executor):
            continue  # it runs elsewhere, whoever has begun it
        if live.attempt.lease_until is not None and is_dead(live.attempt.holder):
            parts.loop.tell(_lost(live.plan, live.phase, live.attempt.fence, at=at))
    for holder in lookups.holders():
        if is_dead(holder):
            parts.store.release(holder)


def _lost(plan: str, phase: str, fence: int, *, at: str) -> AttemptFinished:
    failure = Failure("interrupted", "The process that ran this attempt is gone.", retryable=True, timestamp=at)
    return AttemptFinished.of(plan, phase, fence, Outcome.LOST, failure)
