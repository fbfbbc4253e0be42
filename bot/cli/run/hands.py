"""Waiting for people: with `--wait` a run stays, and looks at the issues now and then for what hands did there."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from bot.cli.run.outcome import awaits_person, chosen
from services.domain.errors import RemoteUnavailable, TransientError
from services.domain.plan import Plan

if TYPE_CHECKING:
    from bot.bootstrap import Phasebot
    from bot.cli.run.view import View

HERE, ELSEWHERE = 1.0, 30.0
"""Seconds between two looks, at the tracker of this machine and at one that others use as well."""


class Hands:
    """What people do while a run waits for them. Without `wait` nobody is waited for."""

    def __init__(self, bot: Phasebot, view: View, *, wait: bool) -> None:
        self._bot = bot
        self._view = view
        self._wait = wait
        self._every = ELSEWHERE if bot.tracker.is_shared else HERE
        self._looked: float | None = None
        self._told_of = ""

    def are_awaited(self, plan: Plan) -> bool:
        """The run has to stay: a person's work, verdict or approval is still to come."""
        return self._wait and any(map(awaits_person, chosen(plan)))

    def look(self, plan: Plan) -> None:
        """Take in what was done to the issues, if it is time to look. Tells people once what is waited for."""
        if self._looked is None:
            self._view.say(self._invitation(plan))
        elif monotonic() - self._looked < self._every:
            return
        self._looked = monotonic()
        if plan.issue is not None:
            self._catch_up(plan)

    def _catch_up(self, plan: Plan) -> None:
        bot = self._bot
        try:
            orders = bot.remote().catch_up(plan, bot.store.lookups.pending(plan.id))
        except (RemoteUnavailable, TransientError) as error:
            self._tell(f"The issues cannot be read, trying again: {error}")
            return
        for order in orders:
            bot.order(order)

    def _invitation(self, plan: Plan) -> str:
        path = f"/{plan.project}/issues/{plan.issue.number}" if plan.issue else "/"
        place = self._bot.tracker.sign_in_url(path) or self._bot.answers.issue_url(plan)
        return f"Waiting for people: close the issue of a phase when it is done. {place}".rstrip()

    def _tell(self, sentence: str) -> None:
        """The same complaint once."""
        if sentence != self._told_of:
            self._told_of = sentence
            self._view.say(sentence)
