"""The view on a terminal: a row for each phase that fits, and a bar for the whole, drawn anew in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from bot.cli.run.facts import Facts
from bot.cli.run.outcome import chosen
from bot.cli.run.words import ICONS, duration, files_in_words, one_line, status_word
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan
from services.domain.transitions import PhaseState
from services.execution.batch import Progress

FRAME = 0.125
"""Seconds between two frames while nothing happens."""

_RESERVED = 3
"""Lines that are never phases: title, bar, and the cursor's."""

_INTEREST = (
    QueueStatus.RUNNING,
    QueueStatus.NEEDS_QA,
    QueueStatus.FAILED,
    QueueStatus.READY,
    QueueStatus.BLOCKED,
    QueueStatus.QUEUED,
)
"""Who is shown where not all fit; those that are done come last."""


@dataclass(frozen=True, slots=True)
class Row:
    """A phase as it is drawn; `note` says why it waits, or what went wrong."""

    phase: Phase
    url: str
    note: str


class Live:
    """Draws frames; the console decides about colour, width and links."""

    tick = FRAME

    def __init__(self, facts: Facts, console: Console) -> None:
        self._facts = facts
        self._console = console
        self._rows: tuple[Row, ...] = ()
        self._plan: Plan | None = None
        self._began: datetime | None = None
        self._notice = ""
        self._spinner = Spinner("dots", style="cyan")
        self._live = RichLive(console=console, auto_refresh=False, transient=True, get_renderable=self.frame)

    def begin(self, plan: Plan, *, resumed: bool) -> None:
        self._began = self._facts.now()
        self._notice = "Going on with an unfinished plan." if resumed else ""
        self._live.start()
        self.show(plan)

    def show(self, plan: Plan) -> None:
        self._plan = plan
        self._rows = tuple(self._row(plan, phase) for phase in plan)
        self._live.refresh()

    def refresh(self) -> None:
        self._live.refresh()

    def progress(self, phase: Phase, told: Progress) -> None:
        self._notice = f"{one_line(phase.name)}: {files_in_words(told)}"
        self._live.refresh()

    def say(self, sentence: str) -> None:
        self._notice = sentence
        self._live.refresh()

    def end(self) -> None:
        self._live.stop()

    # ------------------------------------------------------------ drawing

    def _row(self, plan: Plan, phase: Phase) -> Row:
        note = self._facts.reason_words(plan, phase) if phase.state is PhaseState.WAITING else ""
        if phase.status is QueueStatus.FAILED and phase.failure is not None:
            note = phase.failure.message
        return Row(phase, self._facts.url(plan, phase), one_line(note))

    def frame(self) -> RenderableType:
        """What the terminal shows at this moment."""
        if self._plan is None:
            return Text("")
        room = self._console.size.height - _RESERVED - bool(self._notice)
        rows = (
            self._rows if len(self._rows) <= room else fitting(self._rows, room - 1)
        )  # a line says that some are left out
        left_out = len(self._rows) - len(rows)
        parts: list[RenderableType] = [self._head(self._plan), self._table(rows)]
        if left_out:
            parts.append(Text(f"  … and {left_out} more", style="dim"))
        parts.append(self._bar(self._plan))
        if self._notice:
            parts.append(Text(self._notice, style="yellow", no_wrap=True, overflow="ellipsis"))
        return Group(*parts)

    def _head(self, plan: Plan) -> Text:
        url = self._facts.url(plan)
        text = Text(one_line(plan.title), style="bold", no_wrap=True, overflow="ellipsis")
        return text.append(f"  {url}", style=f"not bold dim link {url}") if url else text

    def _table(self, rows: Sequence[Row]) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=self._console.size.width // 2)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, min_width=9)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for row in rows:
            table.add_row(*self._cells(row))
        return table

    def _cells(self, row: Row) -> tuple[RenderableType, ...]:
        phase = row.phase
        icon, color = ICONS[phase.status]
        by_machine = phase.attempt is not None and phase.attempt.holds_slot
        issue = Text(f"#{phase.issue.number}", style=f"dim link {row.url}") if phase.issue else Text("")
        took = duration(self._facts.took(phase)) if by_machine or phase.finished_at else ""
        return (
            self._spinner if by_machine else Text(icon, style=color),
            Text(one_line(phase.name)),
            issue,
            Text(status_word(phase) + (f" ×{phase.attempts}" if phase.attempts > 1 else ""), style=color),
            Text(took, style="dim"),
            Text(row.note, style="dim"),
        )

    def _bar(self, plan: Plan) -> Table:
        wanted = list(chosen(plan))
        done = sum(phase.is_satisfied for phase in wanted)
        elapsed = duration(self._facts.now() - self._began) if self._began else ""
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(ratio=1)
        table.add_column(no_wrap=True)
        table.add_row(ProgressBar(total=max(1, len(wanted)), completed=done), f"{done}/{len(wanted)} · {elapsed}")
        return table


def fitting(rows: Sequence[Row], room: int) -> tuple[Row, ...]:
    """As many rows as there is room for, in plan order: first what moves or went wrong, last what is done."""
    if len(rows) <= room:
        return tuple(rows)
    ranked = sorted(range(len(rows)), key=lambda place: (_rank(rows[place].phase.status), place))
    return tuple(rows[place] for place in sorted(ranked[: max(1, room)]))


def _rank(status: QueueStatus) -> int:
    return _INTEREST.index(status) if status in _INTEREST else len(_INTEREST)
