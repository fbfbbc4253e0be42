"""Automatic retries: whether there is one left, and how long to wait before it."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

from services.domain.phase import Phase


def retries_left(phase: Phase) -> bool:
    """Work and verdict spend the same ones."""
    return phase.failures < phase.rules.retries


def back_off(phase: Phase, cap: timedelta) -> timedelta:
    """How long to wait before the next automatic retry: doubling, capped, ±20 % by a hash so that herds disperse."""
    delay = min(cap, phase.rules.retry_delay * (1 << min(phase.failures, 20)))
    share = crc32(f"{phase.key}/{phase.attempts}".encode()) / 0xFFFFFFFF
    return delay * (0.8 + 0.4 * share)
