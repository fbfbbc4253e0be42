"""Previews: what a draft would become, computed anew from its text and its edits each time it is looked at; and publishing it.

Drafts of the API and of the console are the same: what is handed in here can be looked at, edited and confirmed there.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from bot.bootstrap import Phasebot
from bot.intake import Accepted, Submission
from bot.policies import CurrentPolicy, unreadable
from bot.store.drafts import StoredDraft
from bot.web.api.drafts import PhaseText, draft_in_words, draft_of_phases, unpublishable
from bot.web.failures import Problem
from services.coordinator.intake import Origin, RulesFor, plan_from
from services.coordinator.new_version import NewVersion
from services.domain.errors import Conflict, PlanInvalid, PolicyInvalid, RemoteUnavailable, TransientError
from services.domain.findings import Finding, has_errors
from services.domain.plan import Plan
from services.domain.rules import LOCAL
from services.planning import parser
from services.planning.draft import PlanDraft
from services.planning.edits import Edits, edited, edits_of
from services.planning.policy import Policy
from services.planning.scope import Scope
from services.publishing.forecast import Forecast, forecast

POLICY = "policy"
REQUEST = "request"
"""The name of a draft that was typed; others have that of their file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A draft as it would be published. `plan` and `wanted`, which is what will be handed in, are None where it cannot be.
    `known` is the plan that this document is already, and `changes` what publishing would change about it. `lacks_policy`: it
    is not known which rules count."""

    stored: StoredDraft
    draft: PlanDraft
    edits: Edits
    rules_for: RulesFor
    ruling: CurrentPolicy
    lacks_policy: bool
    policy_findings: tuple[Finding, ...]
    plan: Plan | None
    wanted: Submission | None
    forecast: Forecast | None
    duration: timedelta | None
    known: Plan | None
    changes: NewVersion | None

    @property
    def is_single(self) -> bool:
        return len(self.draft.phases) == 1 and self.draft.dialect == "single"

    @property
    def may_be_published(self) -> bool:
        return self.plan is not None and not self.lacks_policy

    @property
    def place_of(self) -> dict[str, int]:
        """Keys of the phases to their places, from 1."""
        return {phase.key: place for place, phase in enumerate(self.draft.phases, 1)}


def preview_of(bot: Phasebot, stored: StoredDraft) -> Preview:
    """Raises nothing over a document or a policy that is wrong: what is wrong is part of the preview."""
    edits = edits_of(stored.edits)
    found = read(stored)
    draft = edited(found, edits)
    ruling, lacks_policy = _ruling(bot, stored)
    rules_for = edits.ruling(ruling.rules_for)
    plan = _plan(bot, stored, draft, rules_for, ruling)
    wanted = _submission(bot, stored, draft, rules_for, ruling) if plan else None
    known = bot.intake.known(wanted) if wanted else None
    changes = bot.intake.changes(wanted) if wanted and known else None
    foreseen = _forecast(bot, plan, known, changes) if plan and plan.tracked else None
    return Preview(
        stored=stored,
        draft=draft,
        edits=edits,
        rules_for=rules_for,
        ruling=ruling,
        lacks_policy=lacks_policy,
        policy_findings=ruling.findings_for(draft.phases),
        plan=plan,
        wanted=wanted,
        forecast=foreseen,
        duration=_duration(bot, foreseen) if foreseen else None,
        known=known,
        changes=changes,
    )


def _forecast(bot: Phasebot, plan: Plan, known: Plan | None, changes: NewVersion | None) -> Forecast:
    """For a new plan, or for what a plan that is known lacks of its new version."""
    if known is None or changes is None:
        return forecast(plan)
    return forecast(bot.intake.foreseen(known, changes).plan if changes else known, known)


def _duration(bot: Phasebot, foreseen: Forecast) -> timedelta:
    """A tracker on this machine needs no pauses."""
    return foreseen.duration(bot.settings.pace) if bot.tracker.is_shared else timedelta()


def read(stored: StoredDraft) -> PlanDraft:
    """Phases that were handed in one by one, a document with phases, or any other text, which is one phase."""
    if stored.phases is not None:
        return draft_of_phases([PhaseText.model_validate(one) for one in stored.phases], stored.title, stored.document)
    draft = parser.parse(stored.document, name="" if stored.name == REQUEST else stored.name)
    if draft.has_phases or has_errors(draft.findings):
        return replace(draft, title=stored.title or draft.title)
    return draft_in_words(stored.document, stored.title)


_publishing = threading.Lock()
"""Of two who confirm at one moment, the second is shown what the first has made."""


class PolicyMoved(Conflict):
    """The policy of the repository has changed since somebody looked at a preview."""

    code = "policy_moved"


def publish(bot: Phasebot, id: str, *, by: str, again: bool = False, looked_at: str | None = None) -> Accepted:
    """Make a plan of the draft, or amend the one that it is a new version of; nothing is lost if the process dies meanwhile.

    `again`: a new plan, even if the document is one already. `looked_at`: where the rules came from that were looked at; None
    for any. Raises NotFound, PolicyMoved, and Problem for a draft that is published, or cannot be.
    """
    with _publishing:
        stored = bot.store.drafts.one(id, bot.clock.now())
        if stored.plan:
            message = f"{id} was confirmed already; its plan is {stored.plan}"
            raise Problem(HTTPStatus.CONFLICT, "confirmed_already", message, details={"plan": stored.plan})
        accepted = submit(bot, preview_of(bot, stored), by=by, again=again and not stored.amends, looked_at=looked_at)
        bot.store.drafts.published(id, accepted.plan.id)
    return accepted


def submit(bot: Phasebot, preview: Preview, *, by: str, again: bool = False, looked_at: str | None = None) -> Accepted:
    """Hand it in as it is previewed. Raises PolicyMoved, and Problem for one that cannot be published."""
    if preview.wanted is None or preview.lacks_policy:
        raise unpublishable((*preview.draft.findings, *preview.policy_findings))
    if looked_at not in (None, preview.ruling.origin):
        raise PolicyMoved("the policy of the repository has changed since", fix="Look at the preview again.")
    return bot.intake.submit(replace(preview.wanted, again=again, by=by))


def _submission(
    bot: Phasebot, stored: StoredDraft, draft: PlanDraft, rules_for: RulesFor, ruling: CurrentPolicy
) -> Submission:
    """A new version has the source of the old one, and leaves it to people whether a paused plan goes on."""
    amended = bot.answers.plan(stored.amends) if stored.amends else None
    return Submission(
        draft=draft,
        source=amended.source if amended else source_of(stored, draft),
        project=stored.project,
        rules_for=rules_for,
        start=amended is None,
        scope=Scope(done=ruling.policy.done),
        policy=ruling.origin,
    )


def source_of(stored: StoredDraft, draft: PlanDraft) -> str:
    """The same text is the same document, as it is for uploads by the API."""
    if stored.name == REQUEST:
        return f"requests/{stored.id}"
    return upload_source(stored.document.encode(), single=draft.dialect == "single")


def upload_source(content: bytes, *, single: bool) -> str:
    """The same bytes read in the same way are the same document, so that sending it twice is sending it once."""
    read_as = b"single:" if single else b""
    return f"uploads/{hashlib.sha256(read_as + content).hexdigest()[:20]}"


def executors(bot: Phasebot, preview: Preview) -> list[str]:
    """Those that may be chosen. Commands of a repository run on this machine only where that is allowed."""
    return sorted(name for name in bot.executors.names if preview.ruling.may_run_here or name != LOCAL)


def _ruling(bot: Phasebot, stored: StoredDraft) -> tuple[CurrentPolicy, bool]:
    """The policy that was handed in, else that of the repository. True: it is not known what counts, so nothing can be
    published. A repository's policy that is wrong stops nobody: the last right one counts."""
    try:
        if stored.policy is None:
            return bot.policies.ruling(stored.project), False
        return bot.policies.handed_in(stored.policy, POLICY), False
    except PolicyInvalid as problem:
        return CurrentPolicy(policy=Policy(), problem=problem, is_handed_in=True), True
    except (TransientError, RemoteUnavailable) as error:
        return CurrentPolicy(policy=Policy(), problem=unreadable(str(error), "Try again later.")), True


def _plan(
    bot: Phasebot, stored: StoredDraft, draft: PlanDraft, rules_for: RulesFor, ruling: CurrentPolicy
) -> Plan | None:
    source = source_of(stored, draft)
    origin = Origin(stored.project, source, bot.clock.now(), tracked=bot.options.issues)
    try:
        return plan_from(draft, rules_for, origin, id="preview", done=ruling.policy.done)[0]
    except PlanInvalid:
        return None
