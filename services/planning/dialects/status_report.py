"""Status reports: a document about one finished phase that names the phases to come in a list of next steps."""

from __future__ import annotations

import re

from services.planning.dialects import listed_phases
from services.planning.outline import Heading
from services.planning.plain import plain
from services.planning.reading import NOT_MINE, Document, Reading, Unit
from services.planning.status import split_status

_REPORT = re.compile(
    r"(?:(?P<before>.{2,120}?)\s*[-–—:|]\s*)?\bphase\s+(?P<number>\d{1,3})\s*(?:[-–—:]\s*)?(?P<rest>.*)\Z",
    re.IGNORECASE | re.DOTALL,
)


def read(document: Document) -> Reading:
    """The reported phase first, done, and then the phases it announces."""
    blocks = document.outline.blocks
    title = next((block for block in blocks if isinstance(block, Heading) and block.level == 1), None)
    report = _REPORT.match(plain(title.text)) if title else None
    if title is None or report is None or not split_status(f"x {report['rest']}")[1]:
        return NOT_MINE
    ahead = listed_phases.read(document)
    later = [
        unit for unit in ahead.units if (unit.number or "").isdigit() and int(unit.number or 0) > int(report["number"])
    ]
    if not later:
        return NOT_MINE
    first = next(index for index, block in enumerate(blocks) if block.line == later[0].line)
    name = (report["before"] or split_status(report["rest"])[0] or f"Phase {report['number']}").strip()
    reported = Unit(
        report["number"], name, "phase", title.line, later[0].line - 1, blocks.index(title) + 1, first, done=True
    )
    return Reading("status-report", 0.8, (reported, *later))
