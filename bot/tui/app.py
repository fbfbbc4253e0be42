"""The application: one link to a server, and screens over what it knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel

from bot.tui.base import Shown
from bot.tui.dialogs import Help
from bot.tui.home import Home
from bot.tui.link import Contact, Link
from services.domain.access import Caller, Role

TOGETHER = 0.3
"""Seconds that changes are gathered before what is shown is read again."""


def look(link: Link) -> None:
    """Take the terminal until whoever looks has seen enough."""
    asyncio.run(Tui(link).run_async())


class Tui(App[None]):
    """`phasebot tui`."""

    TITLE = "phasebot"
    CSS_PATH = "style.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self.contact = Contact.CONNECTING
        self.caller: Caller | None = None
        """Whom the token stands for; None before the server has said so."""
        self._waits = False

    def on_mount(self) -> None:
        self.push_screen(Home())
        self.link.follow(self.hear, lambda: self.on_thread(self._changed))

    def on_unmount(self) -> None:
        self.link.close()

    def may(self, role: Role, project: str | None = None) -> bool:
        """For what is offered; before it is known, the server says no. Without a project: in any of them."""
        if self.caller is None:
            return True
        return self.caller.may_somewhere(role) if project is None else self.caller.may(role, project)

    # ------------------------------------------------------------ from any thread

    def on_thread(self, then: Callable[[], object]) -> None:
        """Have it done by the thread that draws, unless the application has ended."""
        if self.is_running:
            self.call_later(then)

    def hear(self, contact: Contact) -> None:
        self.on_thread(lambda: self._contact(contact))

    def say(self, words: str, *, bad: bool = False) -> None:
        severity: SeverityLevel = "error" if bad else "information"
        self.on_thread(lambda: self.notify(words, severity=severity, markup=False))

    # ------------------------------------------------------------ from its own

    def _contact(self, contact: Contact) -> None:
        self.contact = contact
        for screen in self._screens():
            screen.told(contact)

    def _changed(self) -> None:
        """A burst of changes is read once."""
        if not self._waits:
            self._waits = True
            self.set_timer(TOGETHER, self._reload)

    def _reload(self) -> None:
        self._waits = False
        if shown := self._screens():
            shown[-1].action_reload()

    def _screens(self) -> list[Shown[Any]]:
        return [screen for screen in self.screen_stack if isinstance(screen, Shown)]

    def action_help(self) -> None:
        if not isinstance(self.screen, Help):
            self.push_screen(Help())
