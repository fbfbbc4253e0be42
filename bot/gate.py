"""The gate: whether this process starts phases now, and within which limits. What decisions see of it is the `World`."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

from bot.breakers import Breakers
from bot.executors.registry import Executors
from services.domain.phase import MANUAL
from services.domain.world import Limits, World

REMOTE_LEASE = timedelta(minutes=15)
"""How long an attempt that runs elsewhere lives without news: it has no heartbeat, and is looked at every few minutes."""

KILL_GRACE = timedelta(seconds=10)
"""How much longer than its lease an execution may need to die; leases that are shorter than that are for the impatient."""


class Gate:
    """Open at first. Callable from any thread."""

    def __init__(
        self,
        *,
        holder: str,
        limits: Limits,
        lease: timedelta,
        executors: Executors,
        breakers: Breakers,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        """`elsewhere` are executors that other processes have: nothing is started on them here."""
        self.lease = lease
        self.holder = holder
        self._limits = limits
        self._executors = executors
        self._breakers = breakers
        self._elsewhere = elsewhere
        self._leases = dict.fromkeys(executors.remote_names, max(lease, REMOTE_LEASE))
        self._is_held = threading.Event()
        self._is_draining = threading.Event()

    def hold(self) -> None:
        """Start no phase before `release`."""
        self._is_held.set()

    def release(self) -> None:
        self._is_held.clear()

    def drain(self) -> None:
        """Start nothing from now on but what is a person's work, which no process has to wait for."""
        self._is_draining.set()

    def is_draining(self) -> bool:
        """This process is about to end."""
        return self._is_draining.is_set()

    def shown(self) -> World:
        """The same as people are to see it: what another process can start, can start."""
        world = self.world()
        return replace(world, executors=(world.executors or frozenset()) | (self._elsewhere - world.closed.keys()))

    def world(self) -> World:
        """What decisions take into account. How many slots are taken is the store's to add."""
        limits, closed = self._limits, {**self._breakers.closed, **self._executors.closed}
        return World(
            holder=self.holder,
            limits=replace(limits, executors={**limits.executors, **self._executors.slots, **self._breakers.slots}),
            executors=self._open_executors() - closed.keys(),
            closed=closed,
            lease=self.lease,
            leases=self._leases,
            kill_grace=min(KILL_GRACE, self.lease),
        )

    def _open_executors(self) -> frozenset[str]:
        if self._is_held.is_set():
            return frozenset()
        return frozenset({MANUAL}) if self._is_draining.is_set() else self._executors.names - self._elsewhere
