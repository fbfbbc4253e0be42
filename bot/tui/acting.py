"""Acting: choose a verb, say that it is meant, and have the server do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bot.client import Client
from bot.tui.dialogs import Ask, Choose
from services.commands.orders import priority_of
from services.commands.spec import PRIORITY

if TYPE_CHECKING:
    from bot.tui.app import Tui
    from bot.tui.base import Shown


def act(tui: Tui, screen: Shown[Any], target: str, about: str, verbs: Sequence[str]) -> None:
    """`target` is a phase by its queue id, or a plan; `about` is what people call it."""

    def chosen(verb: str | None) -> None:
        if verb is not None:
            tui.push_screen(Ask(verb, about), lambda text: _meant(verb, text))

    def _meant(verb: str, text: str | None) -> None:
        if text is not None:
            screen.work(lambda: order(tui.link.client, target, verb, text), lambda _: done(verb))

    def done(verb: str) -> None:
        tui.say(f"{verb}: {about}")
        screen.action_reload()

    tui.push_screen(Choose(about, verbs), chosen)


def order(client: Client, target: str, verb: str, text: str) -> None:
    """Raises UserError for what does not fit."""
    if verb == PRIORITY:
        client.prioritize(target, priority_of(text))
    elif "." in target:
        client.order_phase(target, verb, why=text)
    else:
        client.order_plan(target, verb)
