"""A job: a tool that was run on request, how it stands, and what it has put out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static, TabbedContent, TabPane

from bot.client import Client
from bot.tui import words
from bot.tui.base import Shown
from bot.tui.dialogs import Sure
from bot.web.api.shapes import JobShape, LogPart
from services.domain.access import Role

FOLLOW = 2.0
"""Seconds between two looks at one that runs: of what it puts out nobody tells."""


@dataclass(frozen=True, slots=True)
class Found:
    """The job, and the end of its output."""

    job: JobShape
    log: LogPart


class JobScreen(Shown[Found]):
    """One job, by its id. `act`: what can be done is shown at once."""

    INSIDE: ClassVar[Mapping[str, str]] = {"job": "#job-text", "output": "#output-text"}

    def __init__(self, id: str, *, act: bool = False) -> None:
        super().__init__()
        self._job_id = id
        self._act = act
        self._job: JobShape | None = None

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield Static("", id="about", markup=False)
        with TabbedContent():
            with TabPane("1 Job", id="job"), VerticalScroll(id="job-text"):
                yield Static("", id="facts", markup=False)
            with TabPane("2 Output", id="output"), VerticalScroll(id="output-text"):
                yield Static("", id="lines", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#job-text").focus()
        self.set_interval(FOLLOW, self._follow)

    def _follow(self) -> None:
        if self.is_current and self._job is not None and self._job.state.is_live:
            self.action_reload()

    def fetch(self, client: Client) -> Found:
        return Found(client.job(self._job_id), client.job_log(self._job_id))

    def show(self, found: Found) -> None:
        job = self._job = found.job
        self.place(words.line(f"{self.tui.link.url}  {job.project}"))
        self.query_one("#about", Static).update(_about(job))
        self.query_one("#facts", Static).update(Text("\n").join(_facts(job)))
        self.query_one("#lines", Static).update(words.clean(found.log.text) or "It has put out nothing.")
        if self._act:
            self._act = False
            self.action_act()

    def action_act(self) -> None:
        job = self._job
        if job is None:
            return
        if not job.state.is_live or not self.tui.may(Role.OPERATOR, job.project):
            self.tui.say("There is nothing that you can do about it now.")
            return
        self.app.push_screen(Sure(f"cancel: {job.tool} {job.id}", "What runs is ended, wherever it runs."), self._meant)

    def _meant(self, is_meant: bool | None) -> None:
        if is_meant:
            self.work(lambda: self.tui.link.client.cancel_job(self._job_id), lambda _: self.action_reload())


def _about(job: JobShape) -> Text:
    state = "stopping" if job.is_cancelling and job.state.is_live else job.state
    first = words.state(state).append("  ").append_text(words.line(f"{job.tool} {job.id}", "bold"))
    return first.append("\n").append_text(words.line(job.failure.message if job.failure else f"for {job.project}"))


def _facts(job: JobShape) -> Iterator[Text]:
    took = words.ago(job.started_at, job.finished_at)
    for label, value in (
        ("By", f"{job.requested_by}, {words.at(job.created_at)}"),
        ("Begun", words.at(job.started_at)),
        ("Ended", f"{words.at(job.finished_at)}, after {took}" if job.finished_at and took else ""),
        ("May take", f"{job.timeout} s"),
    ):
        if value:
            yield Text(f"{label:<11}", style="bold").append(words.clean(value), style="not bold")
    yield from _told("Arguments", job.arguments)
    if job.failure is not None:
        yield from _told(job.failure.type, job.failure.details)
    if job.result is not None:
        yield from _told("Result", job.result)


def _told(title: str, values: Mapping[str, object]) -> Iterator[Text]:
    yield Text(f"\n{title}", style="bold")
    yield Text(words.clean(json.dumps(values, indent=2, ensure_ascii=False)))
