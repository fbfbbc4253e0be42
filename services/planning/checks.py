"""Checks: what is worth saying about a plan before anybody publishes it, each with its place and the way to mend it."""

from __future__ import annotations

from collections.abc import Sequence

from services.domain.findings import Finding
from services.planning.dependencies import Needs
from services.planning.draft import PhaseDraft
from services.planning.reading import Document, Reading


def check(
    document: Document, reading: Reading, phases: Sequence[PhaseDraft], needs: Needs, *, max_phases: int
) -> tuple[Finding, ...]:
    """Everything at once, in the order of the document."""
    return ()
