"""The revision of a phase's issue: which title and body it is to have now, given what people made of them."""

from __future__ import annotations

from dataclasses import dataclass

from services.domain.effects import RefreshChild
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.ports import PhaseText
from services.publishing.block import Block
from services.publishing.bodies import child_block, child_body, child_title
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.merge import Merged, merged


@dataclass(frozen=True, slots=True)
class Revision:
    """What the issue is to say. `has_conflicts`: people and the plan changed the same passage, and both are kept."""

    title: str
    body: str
    has_conflicts: bool


@dataclass(frozen=True, slots=True)
class Reviser:
    """Revises the issue of a phase of a plan. `repository_url` is the page of the repository, if it has one."""

    markers: Markers
    plan: Plan
    phase: Phase
    repository_url: str = ""

    def revised(self, effect: RefreshChild, text: PhaseText, *, title: str, body: str) -> Revision:
        """`title` and `body` are those the issue has. A title that people gave it stays."""
        wanted = child_title(self.phase) if title == effect.old_title else title
        found = self._body(effect.old_text, text, body.replace("\r\n", "\n"))
        text_now = found.text.replace("\n", "\r\n") if "\r\n" in body else found.text
        return Revision(wanted, text_now, bool(found.conflicts))

    def _body(self, old: PhaseText | None, new: PhaseText, body: str) -> Merged:
        block = Block(self.markers, self.plan.id, self.phase.key)
        edited = block.replaced(body, child_block(self.plan, self.phase))
        if old is None:
            return Merged(edited)
        marker = self.markers.write(Marker(MarkerKind.PHASE, self.plan.id, self.phase.key))
        parts = (_without(marker, one) for one in (self._rendered(old), self._rendered(new), edited))
        found = merged(*parts)
        return Merged(f"{found.text}\n\n{marker}", found.conflicts)

    def _rendered(self, text: PhaseText) -> str:
        return child_body(self.plan, self.phase, text, self.markers, repository_url=self.repository_url)


def _without(marker: str, body: str) -> str:
    """It comes last, whatever is appended."""
    return body.replace(marker, "").rstrip()
