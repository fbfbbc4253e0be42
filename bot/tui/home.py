"""Home: the queue, the plans and the projects, narrowed by status, project and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Footer, Input, Static, TabbedContent, TabPane

from bot.client import Client
from bot.tui import words
from bot.tui.base import Shown
from bot.tui.draft import hand_in
from bot.tui.job import JobScreen
from bot.tui.phase import PhaseScreen
from bot.tui.plan import PlanScreen
from bot.tui.rows import Column, Row, Rows
from bot.web.api.shapes import JobShape, PlanSummary, ProjectShape, QueueItem
from services.domain.access import Caller, Role
from services.domain.phase import QueueStatus

MOST = 300
"""Rows of one status that are read: more are not looked through by eye, but narrowed. That there are more is said."""

OPEN = ("running", "needs_qa", "failed", "blocked", "ready", "queued")
FILTERS = ("open", *(one.value for one in sorted(QueueStatus, key=words.urgency)), "all")


@dataclass(frozen=True, slots=True)
class Found:
    """What the server said."""

    plans: Sequence[PlanSummary]
    queue: Sequence[QueueItem]
    projects: Sequence[ProjectShape]
    jobs: Sequence[JobShape]
    caller: Caller
    more: frozenset[str] = frozenset()
    """In which tabs there are more rows than these."""


class Home(Shown[Found]):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", priority=True),
        Binding("f", "filter(1)", "Filter"),
        Binding("F", "filter(-1)", show=False),
        Binding("p", "project", "Project"),
        Binding("u", "upload", "Upload"),
    ]

    INSIDE: ClassVar[Mapping[str, str]] = {
        "queue": "#queue-rows",
        "plans": "#plan-rows",
        "projects": "#project-rows",
        "jobs": "#job-rows",
    }

    def __init__(self) -> None:
        super().__init__()
        self._filter = 0
        self._project: str | None = None
        self._found: Found | None = None

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        with TabbedContent():
            with TabPane("1 Queue", id="queue"):
                columns = Column("Status", 15), Column("Issue", 6), Column("Phase", share=4), Column("Plan", share=3)
                yield Rows(*columns, Column("Why", share=4), id="queue-rows")
            with TabPane("2 Plans", id="plans"):
                columns = Column("Status", 13), Column("Issue", 6), Column("Plan", share=3), Column("Phases", 16)
                yield Rows(*columns, Column("Project", share=2), Column("Age", 4), id="plan-rows")
            with TabPane("3 Projects", id="projects"):
                columns = Column("Project"), Column("Plans", 6), Column("Active", 7), Column("State", 9)
                yield Rows(*columns, id="project-rows")
            with TabPane("4 Jobs", id="jobs"):
                columns = Column("State", 15), Column("Tool", 10), Column("Project", share=2), Column("By", 10)
                yield Rows(*columns, Column("Age", 4), Column("What went wrong", share=3), id="job-rows")
        yield Static("", id="empty", markup=False)
        yield Static(f"There are more than the {MOST} read of a kind: f and p narrow them.", id="more", markup=False)
        yield Input(placeholder="search: words of the title, the plan, the reason", id="search")
        yield Footer()

    # ------------------------------------------------------------ what is shown

    def fetch(self, client: Client) -> Found:
        plans = list(islice(client.plans(project=self._project), MOST + 1))
        queue, are_more = self._queue(client)
        jobs = list(islice(client.jobs(project=self._project), MOST + 1))
        tabs = (("plans", len(plans) > MOST), ("queue", are_more), ("jobs", len(jobs) > MOST))
        more = frozenset(tab for tab, is_cut in tabs if is_cut)
        me = client.me()
        return Found(plans[:MOST], queue, client.projects(), jobs[:MOST], Caller(me.who, me.grants), more)

    def _queue(self, client: Client) -> tuple[list[QueueItem], bool]:
        """And whether there are more."""
        wanted = FILTERS[self._filter]
        statuses = OPEN if wanted == "open" else (None if wanted == "all" else wanted,)
        found = [list(islice(client.queue(project=self._project, status=one), MOST + 1)) for one in statuses]
        # one may move on while it is read, and be in two of them: the later word counts
        items = {item.queue_id: item for some in found for item in some[:MOST]}
        are_more = any(len(some) > MOST for some in found)
        return sorted(items.values(), key=lambda item: words.urgency(item.status)), are_more

    def show(self, found: Found) -> None:
        self._found = found
        self.tui.caller = found.caller
        self.refresh_bindings()
        titles = {plan.id: plan.title for plan in found.plans}
        self._fill("queue", [_phase(item, titles) for item in found.queue])
        self._fill("plan", [_plan(plan) for plan in found.plans])
        self._fill("project", [_project(project) for project in found.projects])
        self._fill("job", [_job(job) for job in found.jobs])
        self._say_where()

    def _fill(self, kind: str, rows: Sequence[Row]) -> None:
        looked_for = self.query_one("#search", Input).value.lower().split()
        fitting = [row for row in rows if all(one in _text(row) for one in looked_for)]
        self.query_one(f"#{kind}-rows", Rows).show(fitting)

    def _say_where(self) -> None:
        told = [f"phases: {FILTERS[self._filter].replace('_', ' ')}"]
        told += [f"project: {self._project}"] if self._project else []
        self.place(words.line(f"{self.tui.link.url}  {'  '.join(told)}"))
        words_for_none = "" if self._table().is_filled or self._found is None else self._empty(self._found)
        self.query_one("#empty", Static).update(words_for_none)
        self.query_one("#empty").display = bool(words_for_none)
        is_cut = self._found is not None and self.query_one(TabbedContent).active in self._found.more
        self.query_one("#more").display = is_cut and not words_for_none

    def _empty(self, found: Found) -> str:
        if self.query_one("#search", Input).value:
            return "Nothing has these words. Esc ends the search."
        if self.query_one(TabbedContent).active == "jobs":
            return "No tool was run on request. The console and `phasebot tool run` do that."
        if not found.plans and self.tui.may(Role.OPERATOR):
            return "There is no plan yet. u uploads one; so do the console, and `phasebot publish plan.md`."
        if not found.plans:
            return "There is no plan yet that you may see."
        return f"No phase is {FILTERS[self._filter].replace('_', ' ')}. f shows others."

    def _table(self) -> Rows:
        return self.query_one(self.INSIDE[self.query_one(TabbedContent).active or "queue"], Rows)

    # ------------------------------------------------------------ keys

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#search").display = False
        self.query_one("#queue-rows").focus()

    def on_tabbed_content_tab_activated(self) -> None:
        self._say_where()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        key = event.row_key.value or ""
        match event.data_table.id:
            case "queue-rows":
                self.app.push_screen(PhaseScreen(key))
            case "plan-rows":
                self.app.push_screen(PlanScreen(key))
            case "job-rows":
                self.app.push_screen(JobScreen(key))
            case _:
                self._narrow(key)

    def _narrow(self, project: str | None) -> None:
        self._project = project
        self.open_tab("queue")
        self.action_reload()

    def action_project(self) -> None:
        """All of them again, or that of the row."""
        if self._project is not None:
            self._narrow(None)
        elif project := next(self._projects_of(self._table().chosen), None):
            self._narrow(project)

    def _projects_of(self, key: str | None) -> Iterator[str]:
        plan = (key or "").rpartition(".")[0] or key
        if found := self._found:
            yield from (one.id for one in found.projects if one.id == key)
            yield from (one.project for one in found.plans if one.id == plan)
            yield from (one.project for one in found.jobs if one.id == key)

    def action_upload(self) -> None:
        hand_in(self.tui, self, self._project)

    def action_filter(self, by: int) -> None:
        self._filter = (self._filter + by) % len(FILTERS)
        self.open_tab("queue")
        self._say_where()
        self.action_reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the field itself, a slash is a slash; and nobody is offered what they may not do."""
        if action == "upload":
            return self.tui.may(Role.OPERATOR)
        return action != "search" or not self.query_one("#search").has_focus

    def action_search(self) -> None:
        search = self.query_one("#search")
        search.display = True
        self.set_focus(search)  # at once: who types fast means the field with the very next key

    def on_input_changed(self) -> None:
        if self._found is not None:
            self.show(self._found)

    def on_input_submitted(self) -> None:
        """The only one that is found is what was looked for."""
        self.set_focus(table := self._table())
        if table.row_count == 1:
            table.action_select_cursor()

    def action_back(self) -> None:
        search = self.query_one("#search", Input)
        if search.display:
            search.value, search.display = "", False
            self._table().focus()
        elif self._project is not None:
            self._narrow(None)

    def action_act(self) -> None:
        """Where there is something to act on, its own screen has the verbs."""
        if key := self._table().chosen:
            match self._table().id:
                case "queue-rows":
                    self.app.push_screen(PhaseScreen(key, act=True))
                case "plan-rows":
                    self.app.push_screen(PlanScreen(key, act=True))
                case "job-rows":
                    self.app.push_screen(JobScreen(key, act=True))


def _phase(item: QueueItem, titles: dict[str, str]) -> Row:
    plan = titles.get(item.queue_id.rpartition(".")[0], "")
    status = words.state(item.status)
    cells = words.line(words.name(item)), words.line(plan), words.line(words.why(item))
    return Row(item.queue_id, (status, Text(words.issue(item.issue_number)), *cells))


def _plan(plan: PlanSummary) -> Row:
    total, done = sum(plan.counts.values()), plan.counts.get(QueueStatus.COMPLETED, 0)
    failed = plan.counts.get(QueueStatus.FAILED, 0)
    progress = Text(f"{done} of {total}").append(f", {failed} ✗" if failed else "", style="bold red")
    cells = words.line(plan.title), progress, words.line(plan.project), Text(words.ago(plan.updated_at))
    return Row(plan.id, (words.state(plan.status), Text(words.issue(plan.issue_number)), *cells))


def _project(project: ProjectShape) -> Row:
    state = words.state("paused") if project.is_paused else Text("open")
    return Row(project.id, (words.line(project.id), Text(str(project.plans)), Text(str(project.active)), state))


def _job(job: JobShape) -> Row:
    wrong = words.line(job.failure.message if job.failure else "")
    cells = words.line(job.tool), words.line(job.project), words.line(job.requested_by)
    return Row(job.id, (words.state(job.state), *cells, Text(words.ago(job.created_at)), wrong))


def _text(row: Row) -> str:
    return " ".join(cell.plain for cell in row.cells).lower()
