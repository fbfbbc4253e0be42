"""Documents: what the process does with plans that come from a repository, as the events need it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from services.coordinator.new_version import NewVersion
from services.domain.errors import PolicyInvalid
from services.domain.phase import IssueRef, Rules
from services.domain.plan import Plan
from services.planning.draft import PhaseDraft, PlanDraft
from services.planning.policy import Policy


class Ruling(Protocol):
    """What counts for a repository now. `problem`: its present policy cannot be used, and an older one counts, or none."""

    @property
    def policy(self) -> Policy: ...
    @property
    def commit(self) -> str: ...
    @property
    def newest(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def problem(self) -> PolicyInvalid | None: ...
    @property
    def has_older(self) -> bool: ...

    def rules_for(self, phase: PhaseDraft) -> Rules: ...

    def holds_back(self, phases: Collection[PhaseDraft]) -> bool:
        """Some phase would run on this machine if its operator allowed that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A plan as a document of a repository has it. `source` identifies the document; `issue`: it is this issue's text; `by` has
    written it."""

    project: str
    source: str
    draft: PlanDraft
    ruling: Ruling
    issue: IssueRef | None = None
    by: str = ""


class Documents(Protocol):
    """The intake of a process, and the policies of its repositories."""

    def ruling(self, project: str, at: str = "", *, anew: bool = False) -> Ruling:
        """As it was a moment ago; as of the newest commit, `at`; or, `anew`, as it is right now. Raises TransientError."""

    def known(self, document: Document) -> Plan | None:
        """The plan that the same source has made."""

    def take_in(self, document: Document, *, start: bool) -> Plan:
        """Make the plan, or amend it. Durable when it returns. Raises PlanInvalid."""

    def compared(self, document: Document) -> NewVersion | None:
        """What the document would change about the plan that its source has made; None if there is none."""
