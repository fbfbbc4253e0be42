"""Automatic retries: whether there is one left, and how long to wait before it."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

from services.domain.phase import Phase


def retries_left(phase: Phase) -> bool:
    """Work and verdict spend the same ones."""
    return phase.failures < phase.rules.retries


def back_off(phase: Phase, cap: timedelta) -> timedelta:
    """How long to wait before the next automatic retry: longer each time, capped, and off by a hash so that herds disperse."""
    rules = phase.rules
    longest = (cap if rules.retry_cap is None else rules.retry_cap).total_seconds()
    delay = min(longest, rules.retry_delay.total_seconds() * rules.retry_factor ** min(phase.failures, 20))
    share = crc32(f"{phase.key}/{phase.attempts}".encode()) / 0xFFFFFFFF
    return timedelta(seconds=delay * (1 + rules.retry_jitter * (2 * share - 1)))
