"""The verbs: the one table that the comment parser, `help`, the documentation and other surfaces read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "/phase"


class Scope(StrEnum):
    """What a verb is about. `either`: a phase where one is named or the issue is a phase's, else the whole plan."""

    NOTHING = "nothing"
    PLAN = "plan"
    PHASE = "phase"
    EITHER = "either"


class Level(StrEnum):
    """What somebody may do in a repository, the least first, in GitHub's words."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def includes(self, other: Level) -> bool:
        order = list(Level)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Verb:
    """A word that people may order with. `rest` is what may follow the phase, as `help` shows it; "" for nothing."""

    name: str
    scope: Scope
    help: str
    needs: Level = Level.WRITE
    rest: str = ""

    @property
    def usage(self) -> str:
        """`/phase reject [phase] [why]`."""
        phase = "[phase]" if self.scope in (Scope.PHASE, Scope.EITHER) else ""
        name = f"{self.name}={self.rest}" if self.name == PRIORITY else f"{self.name} {phase} {self.rest}"
        return " ".join(f"{PREFIX} {name} {phase if self.name == PRIORITY else ''}".split())


PRIORITY = "priority"
RETRY = "retry"

_TABLE = (
    Verb("help", Scope.NOTHING, "List these commands.", Level.READ),
    Verb("status", Scope.PLAN, "Say how the plan stands.", Level.READ),
    Verb("why", Scope.PHASE, "Say why a phase is not running.", Level.READ),
    Verb("preview", Scope.PLAN, "Read the plan in this issue again and show what would be published."),
    Verb("publish", Scope.PLAN, "Create the issues as previewed and begin; later on, take over what was edited."),
    Verb("start", Scope.PLAN, "Begin the plan."),
    Verb("pause", Scope.PLAN, "Start nothing new; what runs may finish."),
    Verb("resume", Scope.PLAN, "Go on after a pause or a cancellation."),
    Verb(
        RETRY,
        Scope.EITHER,
        "Run a phase again that failed, was cancelled or skipped; `with-dependents`: even if it is done, with all that comes "
        "after it; `on=` another executor, `model=` another model. Without a phase: open the pull request of the plan again, "
        "as another one.",
        rest="[with-dependents] [on=EXECUTOR] [model=NAME]",
    ),
    Verb("skip", Scope.PHASE, "Leave a phase out and go on without it."),
    Verb("complete", Scope.EITHER, "Say that a phase is done; or the plan, without the merge that it waits for."),
    Verb("reopen", Scope.EITHER, "Have a phase that was decided done again; or reopen the plan's pull request."),
    Verb("approve", Scope.PHASE, "Let a phase start that waits for approval, or accept its result."),
    Verb("reject", Scope.PHASE, "Refuse a phase at its gate, or its result.", rest="[why]"),
    Verb("cancel", Scope.EITHER, "Give a phase up, or the whole plan where no phase is named on its issue."),
    Verb(
        PRIORITY,
        Scope.EITHER,
        "Change how urgent a phase or the plan is: `urgent`, `high`, `normal`, `low`, `background`, or 0 to 100.",
        rest="N",
    ),
    Verb("retract", Scope.PLAN, "Close what phasebot created for this plan, and give it up.", Level.MAINTAIN),
)

VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _TABLE}
"""By name, in the order in which people are told of them."""
