"""The executors there are, by name."""

from __future__ import annotations

from collections.abc import Iterable

from services.domain.errors import UserError
from services.ports import Executor


class UnknownExecutor(UserError):
    """No executor of that name."""

    code = "unknown_executor"


class Executors:
    """Executors by name."""

    def __init__(self, executors: Iterable[Executor]) -> None:
        self._executors = {executor.name: executor for executor in executors}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._executors)

    def named(self, name: str) -> Executor:
        """Raises UnknownExecutor."""
        try:
            return self._executors[name]
        except KeyError:
            there_are = ", ".join(sorted(self._executors))
            raise UnknownExecutor(f"there is no executor named {name}", fix=f"there are: {there_are}") from None
