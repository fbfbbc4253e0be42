"""The desk: takes documents in that come from repositories, under the policies that are found there."""

from __future__ import annotations

from bot.github.events.documents import Document
from bot.intake import Intake, Submission
from bot.policies import CurrentPolicy, Policies
from services.coordinator.new_version import NewVersion
from services.domain.plan import Plan
from services.planning.scope import Scope


class Desk:
    """Implements `bot.github.events.documents.Documents`."""

    def __init__(self, intake: Intake, policies: Policies) -> None:
        self._intake = intake
        self._policies = policies

    def ruling(self, project: str, at: str = "", *, anew: bool = False) -> CurrentPolicy:
        return self._policies.ruling(project, at, anew=anew)

    def known(self, document: Document) -> Plan | None:
        return self._intake.known(_submission(document))

    def take_in(self, document: Document, *, start: bool) -> Plan:
        return self._intake.submit(_submission(document, start=start)).plan

    def compared(self, document: Document) -> NewVersion | None:
        return self._intake.changes(_submission(document))


def _submission(document: Document, *, start: bool = False) -> Submission:
    return Submission(
        draft=document.draft,
        source=document.source,
        project=document.project,
        rules_for=document.ruling.rules_for,
        policy=document.ruling.origin,
        by=document.by,
        scope=Scope(done=document.ruling.policy.done),
        start=start,
        issue=document.issue,
    )
