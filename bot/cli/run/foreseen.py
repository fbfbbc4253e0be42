"""What a run would find: the plan that it would make, or the one made before, as it would be amended. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.bootstrap import Options, Phasebot
from bot.cli.run.request import Prepared
from bot.clock import SystemClock
from bot.settings import Settings
from bot.store import schema
from services.coordinator.intake import Origin, plan_from
from services.coordinator.new_version import NewVersion
from services.domain.plan import Plan
from services.ports import PlanText
from services.publishing.forecast import Forecast, forecast


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The plan with its bodies as a run would carry it out, and as it is `before`. `changes` None: it would be a new one."""

    plan: Plan
    text: PlanText
    before: Plan | None = None
    changes: NewVersion | None = None

    @property
    def forecast(self) -> Forecast:
        return forecast(self.plan, self.before)


def foreseen(prepared: Prepared, settings: Settings) -> Foreseen:
    """Looks into the database, if there is one. Raises PlanInvalid, StorageUnavailable."""
    request = prepared.request
    if schema.is_there(settings.database):
        with Phasebot(settings, Options(repo=request.repo, issues=request.issues)) as bot:
            found = _amended(prepared, bot)
        if found is not None:
            return found
    origin = Origin(request.repo or "", prepared.file.source, SystemClock().now(), tracked=request.issues)
    draft = prepared.scope.taken_on(prepared.file.draft, prepared.file.name)
    plan, text = plan_from(draft, prepared.rules_for, origin, id="dry-run", done=prepared.scope.done)
    return Foreseen(replace(plan, selected=prepared.selected), text)


def _amended(prepared: Prepared, bot: Phasebot) -> Foreseen | None:
    """The plan that is known, as the document would have it; None if none is, or a new one is wanted."""
    known, changes = bot.intake.known(prepared.submission), bot.intake.changes(prepared.submission)
    if known is None or changes is None:
        return None
    plan, text = known, bot.store.lookups.text(known.id)
    if changes:
        decision = bot.intake.foreseen(known, changes)
        fresh = decision.text.phases if decision.text else {}
        plan, text = decision.plan, PlanText(changes.overview, {**text.phases, **fresh})
    return Foreseen(replace(plan, selected=changes.known_as(prepared.selected)), text, known, changes)
