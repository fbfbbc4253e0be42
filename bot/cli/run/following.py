"""Following a plan: until nothing can move without a person, or somebody presses Ctrl-C."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from bot.cli.run.files import FileNews, Progressed
from bot.cli.run.words import amended
from bot.cli.signals import on_signal
from services.domain.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from bot.bootstrap import Phasebot
    from bot.cli.run.hands import Hands
    from bot.cli.run.view import View
    from bot.intake import Accepted

LOOK_AGAIN = 1.0
"""Seconds after which the plan is read anew, for changes that another process has made."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The plan as it is at the end, and whether somebody wanted it to end."""

    plan: Plan
    interrupted: bool


class _Signal(Enum):
    INTERRUPTED = auto()


class Follower:
    """Hears of changes and signals through one queue, and tells the view."""

    def __init__(self, bot: Phasebot, view: View, longest: timedelta | None, hands: Hands) -> None:
        self._bot = bot
        self._longest = longest
        self._files = FileNews(view)
        self._view = view
        self._hands = hands
        self._news: SimpleQueue[Plan | _Signal | Progressed] = SimpleQueue()
        self._signals = 0
        self._looked = monotonic()
        self._give_up: float | None = None

    def run(self, submit: Callable[[], Accepted]) -> Ending:
        """Start, submit, and follow what was submitted to its end."""
        unwatch = self._bot.watch(self._heard)
        self._bot.progress = lambda key, told: self._news.put(Progressed(key[0], key[1], told))
        try:
            with on_signal(lambda: self._news.put(_Signal.INTERRUPTED)):
                self._bot.start(hold=True)
                accepted = submit()
                self._bot.go()
                self._give_up = None if self._longest is None else monotonic() + self._longest.total_seconds()
                return self._follow(accepted)
        finally:
            unwatch()
            self._view.end()

    def _follow(self, accepted: Accepted) -> Ending:
        plan = accepted.plan
        self._view.begin(plan, resumed=accepted.resumed)
        if accepted.changes:
            self._view.say("\n".join(amended(accepted.changes)))
        if not accepted.finished:
            while not self._is_over(plan):
                plan = self._next(plan)
        return Ending(plan, self._signals > 0)

    def _heard(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            self._news.put(plan)

    def _next(self, plan: Plan) -> Plan:
        """The plan after the next piece of news, or as it is now if there is none for a while."""
        news = self._heard_of(plan)
        if news is _Signal.INTERRUPTED:
            self._interrupt()
        elif isinstance(news, Progressed) and news.plan == plan.id:
            self._files.hear(plan, news)
        self._look_at_the_time()
        if not isinstance(news, Plan) or news.id != plan.id or news.version < plan.version:
            return plan
        self._view.show(news)
        return news

    def _look_at_the_time(self) -> None:
        """Past --max-duration nothing more is begun; what is done is kept, and the same command goes on."""
        if self._give_up is not None and monotonic() >= self._give_up and not self._signals:
            self._signals = 1
            self._view.say("The time given by --max-duration is over: nothing more is begun, what runs may finish.")
            self._bot.drain(0)

    def _heard_of(self, plan: Plan) -> Plan | _Signal | Progressed | None:
        try:
            return self._news.get(timeout=self._view.tick)
        except Empty:
            self._view.refresh()
        now = monotonic()
        if now - self._looked < LOOK_AGAIN:
            return None
        self._looked = now
        return self._bot.answers.plan(plan.id)

    def _interrupt(self) -> None:
        """First: finish what runs. Second: end it."""
        self._signals += 1
        if self._signals == 1:
            self._view.say("Interrupted: no new phase starts, what runs may finish. Press Ctrl-C again to end it now.")
            self._bot.drain(0)
        elif self._signals == 2:
            self._view.say("Ending what runs.")
            self._bot.kill()

    def _is_over(self, plan: Plan) -> bool:
        if self._signals:
            return not any(phase.attempt is not None and phase.attempt.holds_slot for phase in plan)
        if not self._bot.answers.settled(plan):
            return False
        if not self._hands.are_awaited(plan):
            return True
        self._hands.look(plan)
        return False
