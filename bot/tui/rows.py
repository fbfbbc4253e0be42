"""Rows: a table that fits its terminal, and keeps its place while what it shows changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.widgets import DataTable

_PADDING = 1
_SCROLLBAR = 2


class Column(NamedTuple):
    """`width` characters; 0 for one that shares what is left with the others of that kind, by `share`."""

    label: str
    width: int = 0
    share: int = 1


class Row(NamedTuple):
    """`key` is what it stands for."""

    key: str
    cells: tuple[Text, ...]


class Rows(DataTable[Text]):
    """Each row is one line; what does not fit is cut with an ellipsis."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("g", "scroll_top", "Top", show=False),
        Binding("G", "scroll_bottom", "Bottom", show=False),
    ]

    def __init__(self, *columns: Column, id: str) -> None:
        super().__init__(cursor_type="row", cell_padding=_PADDING, id=id)
        self._parts = columns
        self._shown: list[Row] = []
        self._widths: list[int] = []

    @property
    def chosen(self) -> str | None:
        """The key of the row under the cursor."""
        return self._shown[self.cursor_row].key if 0 <= self.cursor_row < len(self._shown) else None

    @property
    def is_filled(self) -> bool:
        return bool(self._shown)

    def show(self, rows: Sequence[Row]) -> None:
        before, chosen = [row.key for row in self._shown], self.chosen
        changed = [row for row, old in zip(rows, self._shown, strict=False) if row != old]
        self._shown = list(rows)
        if not self._widths:
            return
        if before != [row.key for row in rows]:
            self._draw(chosen)
            return
        for row in changed:
            for place, text in enumerate(self._fitted(row)):
                self.update_cell(row.key, str(place), text)

    def on_resize(self, event: Resize) -> None:
        if event.size.width and (widths := self._fit(event.size.width)) != self._widths:
            self._widths = widths
            chosen = self.chosen
            self.clear(columns=True)
            for place, (part, width) in enumerate(zip(self._parts, widths, strict=True)):
                self.add_column(Text(part.label), key=str(place), width=width)
            self._draw(chosen)

    def _fit(self, width: int) -> list[int]:
        padding = 2 * _PADDING * len(self._parts)
        left = max(0, width - padding - _SCROLLBAR - sum(part.width for part in self._parts))
        shares = sum(part.share for part in self._parts if not part.width)
        return [part.width or max(6, left * part.share // shares) for part in self._parts]

    def _draw(self, chosen: str | None) -> None:
        place = self.cursor_row
        self.clear()
        for row in self._shown:
            self.add_row(*self._fitted(row), key=row.key)
        keys = [row.key for row in self._shown]
        if keys:
            self.move_cursor(row=keys.index(chosen) if chosen in keys else min(place, len(keys) - 1), animate=False)

    def _fitted(self, row: Row) -> list[Text]:
        fitted = []
        for text, width in zip(row.cells, self._widths, strict=True):
            cell = text.copy()
            cell.truncate(width, overflow="ellipsis")
            fitted.append(cell)
        return fitted
