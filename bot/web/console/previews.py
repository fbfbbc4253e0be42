"""Previews: what a draft would become, computed anew from its text and its edits each time it is looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.bootstrap import Phasebot
from bot.intake import Submission
from bot.policies import CurrentPolicy
from bot.store.drafts import StoredDraft
from bot.web.api.drafts import draft_in_words
from bot.web.console.drawing import Graph, graph_of
from services.coordinator.intake import Origin, plan_from
from services.coordinator.new_version import NewVersion
from services.domain.errors import PlanInvalid, PolicyInvalid
from services.domain.findings import Finding, has_errors
from services.domain.phase import Rules
from services.domain.plan import Plan
from services.planning import parser
from services.planning.draft import PhaseDraft, PlanDraft
from services.planning.edits import Edits, edited, edits_of
from services.planning.policy import Policy, read_policy
from services.planning.scope import Scope
from services.publishing.forecast import Forecast, forecast
from services.publishing.pace import Pace

POLICY = "policy"
REQUEST = "request"
"""The name of a draft that was typed; others have that of their file."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding with the lines around it: number, text, and whether it is the line that is meant."""

    finding: Finding
    lines: list[tuple[int, str, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A draft as it would be published. `plan` None: it cannot be. `known` is the plan that this document is already, and
    `changes` what publishing would change about it."""

    stored: StoredDraft
    draft: PlanDraft
    edits: Edits
    rules_for: Callable[[PhaseDraft], Rules]
    policy: Policy
    remarks: list[Remark]
    policy_remarks: list[Remark]
    is_single: bool
    plan: Plan | None
    graph: Graph | None
    forecast: Forecast | None
    duration: timedelta | None
    known: Plan | None
    changes: NewVersion | None

    @property
    def may_be_published(self) -> bool:
        return self.plan is not None and not any(one.finding.severity == "error" for one in self.policy_remarks)

    @property
    def place_of(self) -> dict[str, int]:
        """Keys of the phases to their places, from 1."""
        return {phase.key: place for place, phase in enumerate(self.draft.phases, 1)}


def preview_of(bot: Phasebot, stored: StoredDraft) -> Preview:
    """Raises nothing over a document or a policy that is wrong: what is wrong is part of the preview."""
    edits = edits_of(stored.edits)
    found = read(stored)
    draft = edited(found, edits)
    policy, rules_for, wrong = _policy(bot, stored)
    rules_for = edits.ruling(rules_for)
    plan = _plan(bot, stored, draft, rules_for, policy)
    wanted = _submission(bot, stored, draft, rules_for, policy) if plan else None
    known = bot.intake.known(wanted) if wanted else None
    foreseen = forecast(plan) if plan and plan.tracked else None
    findings = [*wrong, *policy.findings, *policy.unmatched(draft.phases)]
    return Preview(
        stored=stored,
        draft=draft,
        edits=edits,
        rules_for=rules_for,
        policy=policy,
        remarks=remarks_on(draft.findings, stored.document),
        policy_remarks=remarks_on(findings, stored.policy or ""),
        is_single=len(draft.phases) == 1 and draft.dialect == "single",
        plan=plan,
        graph=graph_of(plan, links=False) if plan else None,
        forecast=foreseen,
        duration=foreseen.duration(_pace(bot)) if foreseen else None,
        known=known,
        changes=bot.intake.changes(wanted) if wanted and known else None,
    )


def read(stored: StoredDraft) -> PlanDraft:
    """A document with phases is a plan; any other text is one phase."""
    draft = parser.parse(stored.document, name=stored.name)
    if draft.has_phases or has_errors(draft.findings):
        return draft
    return draft_in_words(stored.document, "")


def submission(bot: Phasebot, preview: Preview) -> Submission:
    """What is handed in when the preview is confirmed."""
    return _submission(bot, preview.stored, preview.draft, preview.rules_for, preview.policy)


def _submission(
    bot: Phasebot, stored: StoredDraft, draft: PlanDraft, rules_for: Callable[[PhaseDraft], Rules], policy: Policy
) -> Submission:
    """A new version has the source of the old one, and leaves it to people whether a paused plan goes on."""
    amended = bot.answers.plan(stored.amends) if stored.amends else None
    return Submission(
        draft=draft,
        source=amended.source if amended else source_of(stored, draft),
        project=stored.project,
        rules_for=rules_for,
        start=amended is None,
        scope=Scope(done=policy.done),
    )


def source_of(stored: StoredDraft, draft: PlanDraft) -> str:
    """The same text is the same document, as it is for uploads by the API."""
    if stored.name == REQUEST:
        return f"requests/{stored.id}"
    read_as = b"single:" if draft.dialect == "single" else b""
    return f"uploads/{hashlib.sha256(read_as + stored.document.encode()).hexdigest()[:20]}"


def executors(bot: Phasebot, stored: StoredDraft) -> list[str]:
    """Those that may be chosen. Commands of a repository run on this machine only where that is allowed."""
    is_allowed = stored.policy is not None or _may_run_here(bot, stored.project)
    return sorted(name for name in bot.executors.names if is_allowed or name != "local")


def _policy(bot: Phasebot, stored: StoredDraft) -> tuple[Policy, Callable[[PhaseDraft], Rules], tuple[Finding, ...]]:
    """The one that was handed in, else the last right one of the repository, else none: then all is a person's work."""
    tools, names = bot.registry.inputs(), bot.executors.names
    if stored.policy is not None:
        try:
            policy = read_policy(stored.policy, tools=tools, executors=names, where=POLICY)
        except PolicyInvalid as error:
            return Policy(), Policy().rules_for, tuple(error.findings)
        return policy, policy.rules_for, ()
    last = bot.store.policies.last(stored.project)
    if last is None:
        return Policy(), Policy().rules_for, ()
    try:
        policy = read_policy(last.text, tools=tools, executors=names, where=POLICY)
    except PolicyInvalid:  # it was right for a process with other tools
        return Policy(), Policy().rules_for, ()
    current = CurrentPolicy(policy=policy, sha=last.sha, may_run_here=_may_run_here(bot, stored.project))
    return policy, current.rules_for, ()


def _may_run_here(bot: Phasebot, project: str) -> bool:
    return not bot.tracker.is_shared or bot.settings.allows_commands_of(project)


def _plan(
    bot: Phasebot, stored: StoredDraft, draft: PlanDraft, rules_for: Callable[[PhaseDraft], Rules], policy: Policy
) -> Plan | None:
    source = source_of(stored, draft)
    origin = Origin(stored.project, source, bot.clock.now(), tracked=bot.options.issues)
    try:
        return plan_from(draft, rules_for, origin, id="preview", done=policy.done)[0]
    except PlanInvalid:
        return None


def _pace(bot: Phasebot) -> Pace:
    settings = bot.settings
    if not bot.tracker.is_shared:
        return Pace(timedelta(), 1_000_000, 1_000_000)
    interval = timedelta(seconds=settings.write_interval)
    return Pace(interval, settings.writes_per_minute, settings.writes_per_hour)


def remarks_on(findings: Sequence[Finding], text: str) -> list[Remark]:
    lines = text.split("\n")
    return [Remark(one, _around(lines, one.line)) for one in findings]


def _around(lines: Sequence[str], line: int) -> list[tuple[int, str, bool]]:
    if not 1 <= line <= len(lines) or lines == [""]:
        return []
    first, last = max(1, line - 1), min(len(lines), line + 1)
    return [(number, lines[number - 1][:400], number == line) for number in range(first, last + 1)]
