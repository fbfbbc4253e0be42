"""Revisions: which title and body an issue is to have now that its plan was amended, given what people made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.domain.effects import RefreshChild, ReviseParent
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.ports import PhaseText, PlanText
from services.publishing.block import Block
from services.publishing.bodies import child_block, child_body, child_title, parent_block, parent_body, parent_title
from services.publishing.labels import relabelled
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.merge import merged


@dataclass(frozen=True, slots=True)
class Written:
    """What an issue says: as it was found, or as it is to be."""

    title: str
    body: str
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Revision:
    """What the issue is to say. `has_conflicts`: people and the plan changed the same passage, and both are kept."""

    written: Written
    has_conflicts: bool


@dataclass(frozen=True, slots=True)
class Reviser:
    """Revises the issues of a plan. `repository_url` is the page of the repository, if it has one."""

    markers: Markers
    plan: Plan
    repository_url: str = ""

    def child(self, phase: Phase, effect: RefreshChild, text: PhaseText, found: Written) -> Revision:
        """A title that people gave it stays, and so does whatever they wrote, and the labels they put on it."""
        found = replace(found, labels=relabelled(found.labels, effect.old_place, phase.place))
        edited = Block(self.markers, self.plan.id, phase.key).replaced(found.body, child_block(self.plan, phase))
        title = child_title(phase) if found.title == effect.old_title else found.title
        if effect.old_text is None:
            return Revision(replace(found, title=title, body=edited), has_conflicts=False)
        versions = (self._child_body(phase, effect.old_text), self._child_body(phase, text))
        edited_issue = replace(found, title=title, body=edited)
        return self._revised(edited_issue, versions, Marker(MarkerKind.PHASE, self.plan.id, phase.key))

    def parent(self, effect: ReviseParent, text: PlanText, found: Written) -> Revision:
        edited = Block(self.markers, self.plan.id).replaced(found.body, parent_block(self.plan))
        title = parent_title(self.plan) if found.title == effect.old_title else found.title
        if effect.old_overview is None:
            return Revision(replace(found, title=title, body=edited), has_conflicts=False)
        versions = (self._parent_body(effect.old_overview), self._parent_body(text.overview))
        edited_issue = replace(found, title=title, body=edited)
        return self._revised(edited_issue, versions, Marker(MarkerKind.PLAN, self.plan.id))

    def _child_body(self, phase: Phase, text: PhaseText) -> str:
        return child_body(self.plan, phase, text, self.markers, repository_url=self.repository_url)

    def _parent_body(self, overview: str) -> str:
        return parent_body(self.plan, PlanText(overview, {}), self.markers)

    def _revised(self, edited: Written, versions: tuple[str, str], of: Marker) -> Revision:
        """The marker comes last, whatever is appended; a body that came through a browser keeps its CRLF line ends."""
        marker = self.markers.write(of)
        base, new, theirs = (_without(marker, one) for one in (*versions, edited.body.replace("\r\n", "\n")))
        found = merged(base, new, theirs)
        body = _with_line_ends_of(edited.body, f"{found.text}\n\n{marker}")
        return Revision(replace(edited, body=body), bool(found.conflicts))


def _without(marker: str, body: str) -> str:
    return body.replace(marker, "").rstrip()


def _with_line_ends_of(body: str, text: str) -> str:
    return text.replace("\n", "\r\n") if "\r\n" in body else text
