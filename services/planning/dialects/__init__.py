"""Dialects: the ways people write plans, each a function from a document to a reading with its own confidence."""

from __future__ import annotations

from services.planning.dialects import marked_headings, spec_kit
from services.planning.reading import NOT_MINE, Dialect, Document, Reading

DIALECTS: tuple[Dialect, ...] = (
    spec_kit.read,
    marked_headings.read,
)
"""In order of precedence: of two equally confident readings the earlier one is taken."""

LEAST_CONFIDENCE = 0.3


def read(document: Document) -> Reading:
    """The most confident reading, or none if no dialect is confident enough."""
    best = max((dialect(document) for dialect in DIALECTS), key=lambda reading: reading.confidence)
    return best if best.units and best.confidence >= LEAST_CONFIDENCE else NOT_MINE
