"""Dialogs: what may be done, whether it is meant, and which keys there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from services.commands.spec import PRIORITY, VERBS

_ESCAPE = Binding("escape,q", "leave", "Back", show=False)

KEYS = (
    ("↑ ↓  or  k j", "move"),
    ("Enter", "open what is under the cursor"),
    ("Esc", "back"),
    ("1 … 5  or  [ ]", "another tab"),
    ("a", "what can be done about this plan, phase or job"),
    ("/", "search in the list; Esc ends it"),
    ("f  F", "the next, the previous filter by status"),
    ("u", "upload a plan: see what it would become, publish it"),
    ("p", "all projects, or that of this row"),
    ("l", "the log (on a phase), where new lines are followed"),
    ("r", "read again"),
    ("?", "these keys"),
    ("q", "quit"),
)

SIGNS = """▶ running   ? needs verdict   ✗ failed   ■ blocked   ○ ready
· queued   ✓ completed   » skipped   - cancelled   ‖ paused"""


class Help(ModalScreen[None]):
    """The keys and the signs."""

    BINDINGS: ClassVar[list[BindingType]] = [_ESCAPE, Binding("question_mark,enter", "leave", show=False)]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog"):
            yield Static("Keys", classes="title", markup=False)
            yield Static("\n".join(f"{keys:<16}{words}" for keys, words in KEYS), markup=False)
            yield Static("\nSigns", classes="title", markup=False)
            yield Static(SIGNS, markup=False)

    def action_leave(self) -> None:
        self.dismiss()


class Choose(ModalScreen[str | None]):
    """Which of these verbs; None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _ESCAPE,
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, about: str, verbs: Sequence[str]) -> None:
        super().__init__()
        self._about = about
        self._verbs = verbs

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._about, classes="title", markup=False)
            if self._verbs:
                yield OptionList(*(Option(_described(verb), id=verb) for verb in self._verbs))
                yield Static("Enter chooses, Esc goes back.", classes="hint", markup=False)
            else:
                yield Static("There is nothing that you can do about it now. Esc goes back.", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_move(self, by: int) -> None:
        for options in self.query(OptionList):
            options.action_cursor_down() if by > 0 else options.action_cursor_up()

    def action_leave(self) -> None:
        self.dismiss(None)


class Ask(ModalScreen[str | None]):
    """Whether it is meant: the text that goes with it, which may be empty, or None for no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("y,enter", "yes", show=False),
        Binding("n", "leave", show=False),
    ]

    def __init__(self, verb: str, about: str) -> None:
        super().__init__()
        self._verb = verb
        self._about = about

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(f"{self._verb}: {self._about}", classes="title", markup=False)
            yield Static(VERBS[self._verb].help.replace("`", ""), markup=False)
            if asked := _ASKED.get(self._verb):
                yield Input(placeholder=asked)
                yield Static("Enter does it, Esc goes back.", classes="hint", markup=False)
            else:
                yield Static("y or Enter does it, n or Esc goes back.", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_yes(self) -> None:
        self.dismiss("")

    def action_leave(self) -> None:
        self.dismiss(None)


class Path(ModalScreen[str | None]):
    """Which file to hand in; None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, project: str | None) -> None:
        super().__init__()
        self._project = project

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(
                f"Upload a plan{f' for {self._project}' if self._project else ''}", classes="title", markup=False
            )
            yield Static("It is only shown what it would become.", markup=False)
            yield Input(placeholder="the path of a Markdown file of this machine")
            yield Static("Enter reads it, Esc goes back.", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        self.dismiss(None)


class Sure(ModalScreen[bool]):
    """Whether it is meant."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "yes", show=False),
        Binding("n,escape", "no", show=False),
    ]

    def __init__(self, what: str, words: str) -> None:
        super().__init__()
        self._what = what
        self._words = words

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._what, classes="title", markup=False)
            yield Static(self._words, markup=False)
            yield Static("y or Enter does it, n or Esc goes back.", classes="hint", markup=False)

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


_ASKED = {"reject": "Why, for people to read", PRIORITY: "urgent, high, normal, low, background, or 0 to 100"}


def _described(verb: str) -> Text:
    return Text(f"{verb:<10}", style="bold").append(VERBS[verb].help.replace("`", ""), style="not bold")
