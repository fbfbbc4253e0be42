"""Deliveries: which webhooks never reached us, so that GitHub can be asked to send them again. It never does so by itself.

https://docs.github.com/en/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-repository-webhook
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict

from bot.github.client import GitHub
from bot.github.looking import Item, Look, Looking

KEPT = timedelta(days=3)
"""How long GitHub keeps deliveries."""

MOST_TRIES = 5
"""Redeliveries of one webhook that all fail, after which it is left to people."""

OVERLAP = timedelta(minutes=10)
"""How much of what was looked at before is looked at again: a redelivery may still have been under way."""

_NEVER = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
"""Answers of ours that the same bytes would get again."""


class Attempt(BaseModel):
    """One attempt to deliver a webhook: the same GUID for all attempts of one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    guid: str
    delivered_at: datetime
    status: str
    status_code: int

    @property
    def went_well(self) -> bool:
        return self.status == "OK" or HTTPStatus(200) <= self.status_code < HTTPStatus(300)


@dataclass(frozen=True, slots=True)
class Missed:
    """A webhook of which no attempt went well: the newest one, to be repeated."""

    guid: str
    attempt: int


def missed(attempts: Iterable[Attempt]) -> list[Missed]:
    """What none of the attempts has delivered and another one could, oldest first."""
    newest: dict[str, Attempt] = {}
    arrived: set[str] = set()
    for one in attempts:
        if one.went_well or one.status_code in _NEVER:
            arrived.add(one.guid)
        if one.guid not in newest or newest[one.guid].delivered_at < one.delivered_at:
            newest[one.guid] = one
    lost = [one for guid, one in newest.items() if guid not in arrived]
    return [Missed(one.guid, one.id) for one in sorted(lost, key=lambda one: one.delivered_at)]


class Deliveries:
    """The deliveries of one hook: `path` is that of a repository's hook, or `/app/hook`."""

    def __init__(self, github: GitHub, looking: Looking, path: str) -> None:
        self.path = path
        self._github = github
        self._looking = looking
        self._tries: dict[str, int] = {}

    def look(self, since: datetime) -> Look:
        """All attempts since then. Their list is unfiltered: what met a dead connection is not listed as a failure."""

        def is_new(item: Item) -> bool:
            return datetime.fromisoformat(str(item["delivered_at"])) >= since

        return self._looking.newest(f"{self.path}/deliveries", {}, is_new)

    def redeliver(self, look: Look) -> int:
        """Ask for those that were missed. How many; what keeps failing is not asked for for ever."""
        asked = 0
        for one in missed(map(Attempt.model_validate, look.items or ())):
            tries = self._tries[one.guid] = self._tries.get(one.guid, 0) + 1
            if tries <= MOST_TRIES:
                self._github.redeliver(self.path, one.attempt)
                asked += 1
        return asked
