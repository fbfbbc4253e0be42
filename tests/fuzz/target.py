"""The target of the fuzzer: any bytes are refused as an upload, or read into a draft in which everything holds.

The draft is compared with that of half the document, and all its phases are ticked off in the document.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.domain.errors import PlanUnreadable
from services.planning.diff import as_text, diff
from services.planning.draft import PlanDraft
from services.planning.outlines import outline_of_draft
from services.planning.parser import decode, parse, parse_single
from services.planning.writeback import Tick, ticks, written_back
from tests.planning.plans import KIRO, SPEC_KIT
from tests.planning.validity import check

_WORDS = """
    ## Phase|1:|- [ ] |T001 [P] [US1] |**Depends on**: |Depends on Phase 1|After Phase 2|→| blocks |## Dependencies|```mermaid
    ```phasebot|phases:|  - title: A|---|WP01|Sprint|User Story 1|第一阶段：|フェーズ1|2단계|Étape|✅|<!--|-->|| a | b |
    Phases 1-9|3+|all previous phases|in parallel|../x.md|](docs/a.md)|&nbsp;|IV|_No response_|### |No dependencies
"""


def read(data: bytes) -> None:
    """One input."""
    try:
        text = decode(data, name="plans/fuzz.md")
    except PlanUnreadable:
        text = data.decode("utf-8", "surrogateescape")
    plan = parse(text, name="plans/fuzz.md")
    check(plan, text)
    check(parse_single(text), text)
    _compare(parse(text[: len(text) // 2]), plan)
    _tick(plan, text)


def _compare(old: PlanDraft, new: PlanDraft) -> None:
    """A version against another can be told in words; against itself, there is nothing to tell."""
    list(as_text(diff(outline_of_draft(old), outline_of_draft(new))))
    assert not diff(outline_of_draft(new), outline_of_draft(new))


def _tick(plan: PlanDraft, text: str) -> None:
    """Only the lines that are told differ afterwards, and what is ticked is not ticked twice."""
    made = ticks(text, plan, [phase.key for phase in plan.phases])
    written = written_back(text, made)
    assert written.count("\n") == text.count("\n")
    assert written_back(written, [Tick(tick.line, tick.after, tick.before) for tick in made]) == text


def seeds() -> Iterator[bytes]:
    """Plans to begin with."""
    yield SPEC_KIT.encode()
    yield KIRO.encode()
    yield "# P\n\n## フェーズ1: A\n\n- [x] a\n\n## フェーズ2: B\n\nフェーズ1に依存\n".encode()
    yield b"---\nphases: [{title: A}, {title: B, needs: [A]}]\n---\n"
    yield b"# P\n\n| Phase | Title | Depends on |\n|---|---|---|\n| 1 | A | - |\n| 2 | B | Phase 1 |\n"
    yield b"## Phase 1: A\r\n\r\nNo dependencies.\r\n\r\n## Phase 2: B\r\n\r\nDepends on Phase 1, see ../a.md\r\n"


def words() -> list[str]:
    """What plans are made of, for the fuzzer to put together."""
    return [word for line in _WORDS.strip().split("\n") for word in line.strip().split("|") if word]
