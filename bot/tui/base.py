"""What the screens share: a line that says where one is, and reading from the server without holding up the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static, TabbedContent

from bot.client import Client
from bot.tui.link import Contact
from services.domain.errors import NotFound, RemoteUnavailable, TransientError, UserError

if TYPE_CHECKING:
    from bot.tui.app import Tui

D = TypeVar("D")

_CONTACTS = {
    Contact.CONNECTING: ("… connecting", "dim"),
    Contact.LIVE: ("● live", "green"),
    Contact.ASKING: ("◌ asking every few seconds", "yellow"),
    Contact.LOST: (" CONNECTION LOST, trying again ", "bold reverse"),
    Contact.REFUSED: (" THE TOKEN IS REFUSED, start again ", "bold reverse"),
}


class Where(Static):
    """The first line: what this is, and whether it is up to date."""

    def __init__(self) -> None:
        super().__init__("", id="where", markup=False)
        self._place = Text()
        self._contact = Contact.CONNECTING

    def tell(self, place: Text | None = None, contact: Contact | None = None) -> None:
        self._place = self._place if place is None else place
        self._contact = contact or self._contact
        words, style = _CONTACTS[self._contact]
        told = Text(no_wrap=True, overflow="ellipsis")
        # what must not be cut stands first
        self.update(told.append(words, style).append("  ").append_text(self._place))


class Shown(Screen[None], Generic[D]):
    """A screen over something that the server knows. `fetch` runs in a thread, `show` draws what it brought."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("r", "reload", "Reload", show=False),
        Binding("a", "act", "Actions"),
        *(Binding(str(n), f"tab({n})", show=False) for n in range(1, 6)),
        Binding("left_square_bracket", "turn(-1)", show=False),
        Binding("right_square_bracket", "turn(1)", show=False),
    ]

    def fetch(self, client: Client) -> D:
        raise NotImplementedError

    def show(self, found: D) -> None:
        raise NotImplementedError

    @property
    def tui(self) -> Tui:
        return cast("Tui", self.app)

    def compose_top(self) -> ComposeResult:
        yield Where()

    def place(self, text: Text) -> None:
        self.query_one(Where).tell(text)

    def on_mount(self) -> None:
        self.query_one(Where).tell(contact=self.tui.contact)

    def on_screen_resume(self) -> None:
        self.query_one(Where).tell(contact=self.tui.contact)
        self.action_reload()

    def told(self, contact: Contact) -> None:
        self.query_one(Where).tell(contact=contact)

    def action_reload(self) -> None:
        self.work(lambda: self.fetch(self.tui.link.client), self._show, instead_of="load")

    def work(self, read: Callable[[], Any], show: Callable[[Any], None], *, instead_of: str = "") -> None:
        """Read, or order, without holding up the keyboard. `instead_of`: of this kind only the last one counts."""
        kind, is_alone = instead_of or "order", bool(instead_of)
        self.run_worker(
            lambda: self._read(read, show), thread=True, exclusive=is_alone, group=kind, exit_on_error=False
        )

    def _read(self, read: Callable[[], Any], show: Callable[[Any], None]) -> None:
        """In a thread: what is read is shown, and what the server says instead is told."""
        try:
            found = read()
        except (RemoteUnavailable, TransientError):
            self.tui.hear(Contact.LOST)
        except NotFound as error:
            self.tui.say(error.message, bad=True)
            self.tui.on_thread(self._gone)
        except UserError as error:
            self.tui.say(str(error), bad=True)
        else:
            self.tui.on_thread(lambda: show(found))

    def _show(self, found: D) -> None:
        if self.is_attached:
            self.show(found)

    def _gone(self) -> None:
        if self.is_current and len(self.app.screen_stack) > 2:
            self.app.pop_screen()

    # ------------------------------------------------------------ keys

    INSIDE: ClassVar[Mapping[str, str]] = {}
    """What the keys are for in each tab."""

    def open_tab(self, pane: str) -> None:
        self.query_one(TabbedContent).active = pane
        self.call_after_refresh(self._focus_inside)

    def _focus_inside(self) -> None:
        """Only in the tab that is open: what is focused brings its own tab to the front."""
        if inside := self.INSIDE.get(self.query_one(TabbedContent).active):
            self.query_one(inside).focus()

    def action_back(self) -> None:
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()

    def action_act(self) -> None:
        """Nothing can be done about a list."""

    def action_tab(self, number: int) -> None:
        panes = list(self.INSIDE)
        if number <= len(panes):
            self.open_tab(panes[number - 1])

    def action_turn(self, by: int) -> None:
        panes = list(self.INSIDE)
        self.action_tab((panes.index(self.query_one(TabbedContent).active) + by) % len(panes) + 1)
