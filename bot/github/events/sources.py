"""What may be asked for while an event is being understood: outside of any transaction, and no plan is changed there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from bot.github.events.documents import Documents
from bot.github.events.payloads import Account
from bot.github.standing import look_at
from bot.lately import Lately
from services.commands.spec import Level
from services.domain.effects import Effect
from services.domain.messages import Message, ProjectSeen, Report
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.reasons import Reason
from services.execution.workflow_runs import QUEUED_TOO_LONG, Carried, Run
from services.planning.links import Link
from services.publishing.markers import Markers
from services.publishing.pace import Pace

if TYPE_CHECKING:  # the web server knows the events, and has no use for a client
    from bot.github.client import GitHub

log = structlog.get_logger()


LEVEL_KNOWN = timedelta(minutes=1)

STRANGER_WAITS = timedelta(minutes=10)
"""How often an issue is looked at because somebody without write access edits it: whoever may open one may edit it as often
as they please, and the allowance is everybody's."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an issue is to us: the issue of a phase, or of the plan itself where `phase` is None."""

    plan: Plan
    phase: Phase | None


def _unknown(_: object) -> None:
    return None


def _nothing(_: str) -> tuple[()]:
    return ()


def _nowhere(_number: int, _name: str) -> tuple[()]:
    return ()


def _no_reason(*_: object) -> None:
    return None


class Runs(Protocol):
    """Which attempts of ours runs and commits are about. `patience` is how long a run may be queued."""

    @property
    def patience(self) -> timedelta: ...
    def carried_by(self, project: str, run: Run, *, path: str = "") -> Carried | None: ...
    def watched(self, project: str, sha: str) -> list[Carried]: ...
    def at_agents(self, project: str) -> list[Carried]: ...
    def look_at(self, of: Carried) -> Sequence[Report]: ...


class _NoRuns:
    patience = QUEUED_TOO_LONG

    def carried_by(self, project: str, run: Run, *, path: str = "") -> None:
        return None

    def watched(self, project: str, sha: str) -> list[Carried]:
        return []

    def at_agents(self, project: str) -> list[Carried]:
        return []

    def look_at(self, of: Carried) -> Sequence[Report]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """`find` gives the plan that an issue (by its database id) belongs to; `said` the body of a comment as we last wrote it,
    by the key of its effect; `why` why a phase is not running; `newest` the newest plan under way in a project; `projects`
    are those with issues of ours; `under_way` all plans of one that are; `by_branch` the plan that waits for this branch to be
    merged; `pending` what a plan has still to have done; `runs` which attempts runs are about; `known_as` the projects of this
    number or name, each with its number; `tell` takes a fact that was found out on the way."""

    find: Callable[[str, int], Subject | None]
    github: GitHub
    markers: Markers
    now: Callable[[], datetime]
    documents: Documents
    linked: Callable[[Link], bytes]
    pace: Pace = field(default_factory=Pace)
    said: Callable[[str], str | None] = field(default=_unknown)
    why: Callable[[Plan, Phase], Reason | None] = field(default=_no_reason)
    newest: Callable[[str], Plan | None] = field(default=_unknown)
    projects: Callable[[], Collection[str]] = field(default=tuple)
    under_way: Callable[[str], Iterable[Plan]] = field(default=_nothing)
    known_as: Callable[[int, str], Sequence[tuple[str, int | None]]] = field(default=_nowhere)
    tell: Callable[[Message], None] = field(default=_unknown)
    pending: Callable[[str], Sequence[Effect]] = field(default=_nothing)
    by_branch: Callable[[str, str], Plan | None] = field(default=_no_reason)
    runs: Runs = field(default_factory=_NoRuns)

    levels: Lately[Level] = field(default_factory=lambda: Lately(LEVEL_KNOWN))
    looks: Lately[bool] = field(default_factory=lambda: Lately(STRANGER_WAITS))

    def seen(self, project: str, number: int | None) -> ProjectSeen:
        """What the project's repository is like now. `number`: that it is known by. Raises TransientError."""
        return look_at(self.github, project, cause=f"seen/{project}/{self.now().isoformat()}", known=number)

    def is_our_own(self, sender: Account) -> bool:
        return sender.is_bot and sender.login == self.github.login

    def level(self, project: str, login: str) -> Level:
        """Asked at the moment of the deed. Raises TransientError, so that a doubt lets nobody through."""
        return self.github.level(project, login)

    def level_lately(self, project: str, login: str) -> Level:
        """As of a moment ago: to decide what is worth reading, and never what somebody may do. Raises TransientError."""
        key, now = (project.lower(), login.lower()), self.now()
        known = self.levels.get(key, now)
        if known is None:
            self.levels.put(key, known := self.level(project, login), now)
        return known

    def is_first_look(self, issue: int) -> bool:
        """Nobody without write access has had us look at this issue for a while; now somebody has."""
        now = self.now()
        is_first = self.looks.get(issue, now) is None
        if is_first:
            self.looks.put(issue, True, now)
        return is_first
