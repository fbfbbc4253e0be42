"""A plan: its phases, what depends on what, and what has happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import DataTable, Footer, Static, TabbedContent, TabPane, Tree
from textual.widgets.tree import TreeNode

from bot.client import Client
from bot.tui import words
from bot.tui.acting import act
from bot.tui.base import Shown
from bot.tui.phase import PhaseScreen
from bot.tui.rows import Column, Row, Rows
from bot.web.api.shapes import EventShape, PlanDetail, QueueItem

LINES = 200
"""Of the audit trail, the newest."""


@dataclass(frozen=True, slots=True)
class Found:
    """The plan, and its newest events."""

    plan: PlanDetail
    events: Sequence[EventShape]


class PlanScreen(Shown[Found]):
    """One plan, by its id. `act`: what can be done is shown at once."""

    def __init__(self, id: str, *, act: bool = False) -> None:
        super().__init__()
        self._plan_id = id
        self._act = act
        self._plan: PlanDetail | None = None

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield Static("", id="about", markup=False)
        with TabbedContent():
            with TabPane("1 Phases", id="phases"):
                columns = Column("Status", 15), Column("Issue", 6), Column("Phase", share=3), Column("After", 9)
                yield Rows(*columns, Column("Why", share=2), id="phase-rows")
            with TabPane("2 Graph", id="graph"):
                yield Tree[str](Text("plan"), id="tree")
            with TabPane("3 Events", id="events"):
                columns = Column("When", 4), Column("What", 20), Column("Phase", share=2), Column("Who", 12)
                yield Rows(*columns, Column("Facts", share=3), id="event-rows")
        yield Footer()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#tree", Tree).show_root = False
        self.query_one("#phase-rows").focus()

    def fetch(self, client: Client) -> Found:
        return Found(client.plan(self._plan_id), client.newest_events(LINES, plan=self._plan_id))

    def show(self, found: Found) -> None:
        plan = self._plan = found.plan
        self.place(words.line(f"{self.tui.link.url}  {plan.project}"))
        self.query_one("#about", Static).update(_about(plan))
        self.query_one("#phase-rows", Rows).show([_phase(item) for item in plan.phases])
        self._grow(plan.phases)
        self.query_one("#event-rows", Rows).show([_event(one) for one in found.events])
        if self._act:
            self._act = False
            self.action_act()

    def _grow(self, items: Sequence[QueueItem]) -> None:
        """The tree anew, with the cursor where it was."""
        tree = self.query_one("#tree", Tree)
        at = tree.cursor_line
        tree.clear()
        for item in roots(items):
            _branch(tree.root, item, items)
        tree.root.expand_all()
        tree.cursor_line = max(0, at)

    # ------------------------------------------------------------ keys

    INSIDE: ClassVar[Mapping[str, str]] = {"phases": "#phase-rows", "graph": "#tree", "events": "#event-rows"}

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        if event.data_table.id == "phase-rows":
            self.app.push_screen(PhaseScreen(event.row_key.value or ""))

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        if event.node.data:
            self.app.push_screen(PhaseScreen(event.node.data))

    def action_act(self) -> None:
        """About the phase under the cursor there is its own screen; here it is about the plan."""
        if self._plan is not None:
            act(self.tui, self, self._plan.id, words.clean(self._plan.title), self._plan.orders)


def roots(items: Sequence[QueueItem]) -> Iterator[QueueItem]:
    return (item for item in items if not item.depends_on_phases)


def below(item: QueueItem, items: Sequence[QueueItem]) -> Iterator[QueueItem]:
    """What depends on it; what depends on several stands below the last of them."""
    return (one for one in items if one.depends_on_phases and max(one.depends_on_phases) == item.phase_number)


def _branch(node: TreeNode[str], item: QueueItem, items: Sequence[QueueItem]) -> None:
    label = words.state(item.status).append("  ").append_text(words.line(words.name(item), "bold"))
    others = [str(number) for number in item.depends_on_phases[:-1]]
    if others:
        label.append(f"  also after {', '.join(others)}", style="dim")
    children = list(below(item, items))
    if not children:
        node.add_leaf(label, data=item.queue_id)
        return
    branch = node.add(label, data=item.queue_id, expand=True)
    for child in children:
        _branch(branch, child, items)


def _about(plan: PlanDetail) -> Text:
    counts = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in plan.counts.items() if count)
    first = words.state(plan.status).append("  ").append_text(words.line(plan.title, "bold"))
    issue = f"  {words.issue(plan.issue_number)} {plan.issue_url}" if plan.issue_number else ""
    merge = f"\nThe plan {plan.pull.words}: {plan.pull.url or plan.pull.branch}" if plan.pull else ""
    return first.append(words.clean(f"\n{counts}; priority {plan.priority}{issue}{merge}"))


def _phase(item: QueueItem) -> Row:
    after = ", ".join(map(str, item.depends_on_phases))
    cells = words.line(words.name(item)), Text(after), words.line(words.why(item))
    return Row(item.queue_id, (words.state(item.status), Text(words.issue(item.issue_number)), *cells))


def _event(event: EventShape) -> Row:
    facts = ", ".join(f"{name} {value}" for name, value in event.facts.items())
    cells = Text(words.ago(event.at)), words.line(event.kind.replace("_", " ")), words.line(event.phase or "")
    return Row(str(event.seq), (*cells, words.line(event.by or "phasebot"), words.line(facts)))
