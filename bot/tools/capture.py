"""Capturing: a program's output as it goes to the log, with its end kept for whoever has to read it, and a limit."""

from __future__ import annotations

from services.execution.tool import Output, ToolFailed


class Captured:
    """An output that keeps the last `keep` bytes, and refuses more than `limit` in all. Raises ToolFailed past it."""

    def __init__(self, output: Output, *, keep: int = 0, limit: int | None = None) -> None:
        self._output = output
        self._keep = keep
        self._limit = limit
        self._kept = bytearray()
        self._length = 0

    @property
    def location(self) -> str:
        return self._output.location

    def write(self, chunk: bytes) -> None:
        self._output.write(chunk)
        self._length += len(chunk)
        if self._keep:
            self._kept += chunk
            del self._kept[: -self._keep]
        if self._limit is not None and self._length > self._limit:
            details: dict[str, object] = {"limit": self._limit}
            raise ToolFailed("too_much_output", f"it wrote more than the {self._limit} bytes allowed", details=details)

    def tail(self) -> str:
        return self._output.tail()

    @property
    def text(self) -> str:
        """What was kept."""
        return self._kept.decode("utf-8", "replace")
