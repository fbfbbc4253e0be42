"""The executors there are, by name."""

from __future__ import annotations

from collections.abc import Iterable

from services.domain.errors import UserError
from services.domain.world import Closed
from services.ports import Executor, RemoteExecutor


class UnknownExecutor(UserError):
    """No executor of that name."""

    code = "unknown_executor"


class Executors:
    """Executors by name: those of this process, and those that are reached over the network."""

    def __init__(self, executors: Iterable[Executor], remote: Iterable[RemoteExecutor] = ()) -> None:
        self._executors = {executor.name: executor for executor in executors}
        self._remote = {executor.name: executor for executor in remote}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._executors.keys() | self._remote.keys())

    @property
    def remote_names(self) -> frozenset[str]:
        """Those of which nothing is heard unless somebody looks, or CI tells."""
        return frozenset(name for name, one in self._remote.items() if not one.reports_itself)

    @property
    def closed(self) -> dict[str, Closed]:
        """Those that take nothing now, and why."""
        return {name: one.closed for name, one in self._remote.items() if one.closed is not None}

    @property
    def slots(self) -> dict[str, int]:
        """How many attempts each can have at once, as far as they say so themselves."""
        return {name: one.slots for name, one in self._remote.items() if one.slots is not None}

    def remote(self, name: str) -> RemoteExecutor | None:
        """None for one of this process, or for none at all."""
        return self._remote.get(name)

    def named(self, name: str) -> Executor:
        """Raises UnknownExecutor."""
        try:
            return self._executors[name]
        except KeyError:
            there_are = ", ".join(sorted(self.names))
            raise UnknownExecutor(f"there is no executor named {name}", fix=f"there are: {there_are}") from None
