"""A phase: how it stands and why, what it says, its attempts, and what they put out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import DataTable, Footer, Log, Markdown, Static, TabbedContent, TabPane

from bot.client import Client
from bot.tui import words
from bot.tui.acting import act
from bot.tui.base import Shown
from bot.tui.rows import Column, Row, Rows
from bot.web.api.shapes import AttemptShape, LogPart, PhaseDetail

FOLLOW = 0.7
"""Seconds between two looks at a log that grows."""


@dataclass(slots=True)
class Reading:
    """How far the log of an attempt has been read."""

    attempt: int
    next: int | None = None
    is_over: bool = False


class PhaseScreen(Shown[PhaseDetail]):
    """One phase, by its queue id. `act`: what can be done is shown at once."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "tab(4)", "Log")]

    def __init__(self, queue_id: str, *, act: bool = False) -> None:
        super().__init__()
        self._queue_id = queue_id
        self._act = act
        self._phase: PhaseDetail | None = None
        self._reading: Reading | None = None
        self._text = ""

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield Static("", id="about", markup=False)
        with TabbedContent():
            with TabPane("1 Why", id="why"), VerticalScroll(id="why-text"):
                yield Static("", id="facts", markup=False)
            with TabPane("2 Content", id="content"), VerticalScroll(id="content-text"):
                yield Markdown("", id="markdown", open_links=False)
            with TabPane("3 Attempts", id="attempts"):
                columns = (
                    Column("No.", 4),
                    Column("State", 15),
                    Column("Kind", 5),
                    Column("Where", 9),
                    Column("Took", 6),
                )
                yield Rows(*columns, Column("What went wrong"), id="attempt-rows")
            with TabPane("4 Log", id="log"):
                yield Static("", id="which-log", markup=False)
                yield Log(id="log-lines", max_lines=20_000)
        yield Footer()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#why-text").focus()
        self.set_interval(FOLLOW, self._follow)

    def fetch(self, client: Client) -> PhaseDetail:
        return client.phase(self._queue_id)

    def show(self, found: PhaseDetail) -> None:
        self._phase = found
        self.place(words.line(f"{self.tui.link.url}  {found.project}"))
        self.query_one("#about", Static).update(_about(found))
        self.query_one("#facts", Static).update(Text("\n").join(_facts(found)))
        content = words.clean(found.phase_data.content) or "*It says nothing but its title.*"
        if content != self._text:
            self._text = content
            self.query_one("#markdown", Markdown).update(content)
        self.query_one("#attempt-rows", Rows).show([_attempt(one) for one in reversed(found.attempts)])
        newest = found.attempts[-1].number if found.attempts else None
        if newest and (self._reading is None or (self._reading.attempt != newest and self._reading.is_over)):
            self._read_log(newest)
        elif newest is None:
            self.query_one("#which-log", Static).update("It has not been attempted yet.")
        if self._act:
            self._act = False
            self.action_act()

    # ------------------------------------------------------------ the log

    def _read_log(self, attempt: int) -> None:
        self._reading = Reading(attempt)
        self.query_one("#log-lines", Log).clear()
        self._follow()

    def _follow(self) -> None:
        """Only what somebody looks at."""
        log, is_open = self._reading, self.is_current and self.query_one(TabbedContent).active == "log"
        if log is not None and not log.is_over and is_open:
            asked = log.next
            self.work(
                lambda: self.tui.link.client.log(self._queue_id, log.attempt, offset=asked),
                lambda part: self._add(log, asked, part),
                instead_of="log",
            )

    def _add(self, log: Reading, asked: int | None, part: LogPart) -> None:
        """What was asked for twice, because an answer was late, is shown once."""
        if log is not self._reading or log.next != asked or not self.is_attached:
            return
        lines = self.query_one("#log-lines", Log)
        if asked is None and part.start:
            lines.write_line(f"[the first {part.start:,} bytes are left out]")
        lines.write(words.clean(part.text))
        log.next, log.is_over = part.next, part.is_over
        told = f"attempt {log.attempt}: " + ("ended" if part.is_over else "still running, new lines are followed")
        self.query_one("#which-log", Static).update(told if part.size else f"{told}; it has put out nothing")

    # ------------------------------------------------------------ keys

    INSIDE: ClassVar[Mapping[str, str]] = {
        "why": "#why-text",
        "content": "#content-text",
        "attempts": "#attempt-rows",
        "log": "#log-lines",
    }

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        self._read_log(int(event.row_key.value or "1"))
        self.open_tab("log")

    def on_tabbed_content_tab_activated(self) -> None:
        self._follow()

    def action_act(self) -> None:
        if self._phase is not None:
            act(self.tui, self, self._queue_id, words.clean(words.name(self._phase)), self._phase.orders)


def _about(phase: PhaseDetail) -> Text:
    first = words.state(phase.status).append("  ").append_text(words.line(words.name(phase), "bold"))
    return first.append("\n").append_text(words.line(words.why(phase) or _when(phase)))


def _when(phase: PhaseDetail) -> str:
    if phase.finished_at:
        return f"ended {words.ago(phase.finished_at)} ago"
    return f"begun {words.ago(phase.started_at)} ago" if phase.started_at else ""


def _facts(phase: PhaseDetail) -> Iterator[Text]:
    for label, value in (
        ("Why", _reason(phase)),
        ("Error", phase.error_message or ""),
        ("After", ", ".join(map(str, phase.depends_on_phases)) or "nothing: it executes first"),
        ("Executor", f"{phase.executor}, {phase.retries} retries, on error {phase.on_error}"),
        ("Verdict", "" if phase.qa == "none" else f"by {phase.qa}"),
        ("Approval", phase.approved_by or ("is wanted" if phase.approval else "")),
        ("Begun", words.at(phase.started_at)),
        ("Ended", words.at(phase.finished_at)),
        ("Documents", ", ".join(phase.phase_data.external_docs)),
        ("Issue", f"{words.issue(phase.issue_number)} {phase.issue_url}" if phase.issue_number else ""),
        ("Id", phase.queue_id),
    ):
        if value:
            yield Text(f"{label:<11}", style="bold").append(words.clean(value).strip(), style="not bold")
    if phase.attempts and (failure := phase.attempts[-1].failure):
        tail = failure.details.get("output_tail")
        yield Text(f"\n{failure.type} in {failure.tool}" if failure.tool else f"\n{failure.type}", style="bold")
        yield Text(words.clean(str(tail or failure.message)).strip())


def _reason(phase: PhaseDetail) -> str:
    if phase.reason is None:
        return ""
    until = f" (until {words.at(phase.reason.until)})" if phase.reason.until else ""
    return f"{phase.reason.words}{until} [{phase.reason.code}]"


def _attempt(attempt: AttemptShape) -> Row:
    took = words.ago(attempt.claimed_at, attempt.finished_at)
    wrong = words.line(attempt.failure.message if attempt.failure else "")
    cells = Text(str(attempt.number)), words.state(attempt.state), Text(attempt.kind), words.line(attempt.executor)
    return Row(str(attempt.number), (*cells, Text(took), wrong))
