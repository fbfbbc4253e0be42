"""A draft: what a file that was handed in would become, published when that is meant, discarded when not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Static, TabbedContent, TabPane

from bot.client import Client
from bot.tui import words
from bot.tui.base import Shown
from bot.tui.dialogs import Path as AskPath
from bot.tui.dialogs import Sure
from bot.tui.plan import PlanScreen
from bot.tui.rows import Column, Row, Rows
from bot.web.api.shapes import FindingShape, PreviewPhase, PreviewShape, Requested
from services.domain.errors import PlanUnreadable

if TYPE_CHECKING:
    from bot.tui.app import Tui


def hand_in(tui: Tui, screen: Shown[Any], project: str | None) -> None:
    """Ask for a file, and show what it would become. Nothing is published by that."""

    def named(path: str | None) -> None:
        if path:
            screen.work(lambda: _uploaded(tui.link.client, path, project), show)

    def show(preview: PreviewShape) -> None:
        tui.push_screen(DraftScreen(preview.id))

    tui.push_screen(AskPath(project), named)


def _uploaded(client: Client, path: str, project: str | None) -> PreviewShape:
    """Raises UserError."""
    file = Path(path).expanduser()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PlanUnreadable(error.strerror or "it cannot be read", where=str(file), fix="Name another file.") from None
    return client.preview(content, name=file.name, project=project)


class DraftScreen(Shown[PreviewShape]):
    """One draft, by its id."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "confirm", "Publish"),
        Binding("d", "discard", "Discard"),
    ]
    INSIDE: ClassVar[Mapping[str, str]] = {"phases": "#draft-rows", "findings": "#finding-rows"}

    def __init__(self, id: str) -> None:
        super().__init__()
        self._draft_id = id
        self._preview: PreviewShape | None = None

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield Static("", id="about", markup=False)
        with TabbedContent():
            with TabPane("1 Phases", id="phases"):
                columns = Column("Phase", share=3), Column("After", 9), Column("Executor", 10), Column("Tasks", 5)
                yield Rows(*columns, id="draft-rows")
            with TabPane("2 Findings", id="findings"):
                yield Rows(Column("Line", 5), Column("What", share=3), Column("Way out", share=3), id="finding-rows")
        yield Footer()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#draft-rows").focus()

    def fetch(self, client: Client) -> PreviewShape:
        return client.show_preview(self._draft_id)

    def show(self, found: PreviewShape) -> None:
        self._preview = found
        self.place(words.line(f"{self.tui.link.url}  {found.project}"))
        self.query_one("#about", Static).update(_about(found))
        self.query_one("#draft-rows", Rows).show([_phase(one) for one in found.phases])
        findings = [*found.findings, *found.policy_findings]
        self.query_one("#finding-rows", Rows).show([_finding(str(n), one) for n, one in enumerate(findings)])

    # ------------------------------------------------------------ keys

    def action_confirm(self) -> None:
        found = self._preview
        if found is None:
            return
        if not found.may_be_published:
            self.tui.say("It cannot be published as it stands: see the findings.", bad=True)
            self.open_tab("findings")
            return
        words_for_it = (
            "It goes on with the plan that this document is." if found.known_plan else "Phases begin at once."
        )
        self.app.push_screen(Sure(f"publish: {words.clean(found.title)}", words_for_it), self._confirmed)

    def _confirmed(self, is_meant: bool | None) -> None:
        if is_meant:
            self.work(lambda: self.tui.link.client.confirm(self._draft_id), self._published)

    def _published(self, made: Requested) -> None:
        self.app.switch_screen(PlanScreen(made.plan_id or ""))

    def action_discard(self) -> None:
        if self._preview is not None:
            about = f"discard: {words.clean(self._preview.title)}"
            self.app.push_screen(Sure(about, "The draft is gone then; the file stays."), self._discarded)

    def _discarded(self, is_meant: bool | None) -> None:
        if is_meant:
            self.work(lambda: self.tui.link.client.drop_preview(self._draft_id), lambda _: self.action_back())


def _about(found: PreviewShape) -> Text:
    first = words.line(found.title, "bold").append(f"  {_counted(len(found.phases), 'phase')}", style="not bold")
    return first.append("\n" + words.clean("; ".join(_told(found))), style="not bold")


def _told(found: PreviewShape) -> Iterator[str]:
    errors = sum(one.severity == "error" for one in (*found.findings, *found.policy_findings))
    if errors:
        yield f"{_counted(errors, 'error')} to mend first: 2 shows them"
    elif findings := len(found.findings) + len(found.policy_findings):
        yield f"{_counted(findings, 'finding')}: 2 shows them"
    if found.known_plan:
        yield f"plan {found.known_plan} already" + (
            f", {_counted(len(found.changes), 'change')}" if found.changes else ""
        )
    elif found.requests:
        yield _counted(found.requests, "request") + (f", about {found.seconds:.0f} s" if found.seconds else "")
    yield "c publishes, d discards"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _phase(one: PreviewPhase) -> Row:
    after = ", ".join(map(str, one.depends_on))
    title = words.line(f"{one.place} {one.title}{' (done)' if one.done else ''}")
    return Row(str(one.place), (title, Text(after), words.line(one.executor), Text(str(one.tasks or ""))))


def _finding(key: str, one: FindingShape) -> Row:
    what = words.line(f"{one.severity}: {one.message}", "bold" if one.severity == "error" else "")
    return Row(key, (Text(str(one.line)), what, words.line(one.fix)))
