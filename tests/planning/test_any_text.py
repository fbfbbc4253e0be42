"""Any text at all: never an exception, lines always valid, and work that grows with the text and no faster."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.planning.parser import parse, parse_single
from tests.planning.plans import KIRO, SPEC_KIT
from tests.planning.validity import check

_PIECES = st.sampled_from(
    [
        "# ",
        "## Phase ",
        "### ",
        "1",
        "2",
        "3",
        ": ",
        "Setup",
        "User Story 1",
        "\n",
        "\n\n",
        "- [ ] ",
        "- [x] ",
        "  ",
        "T001 ",
        "[P] ",
        "| a | b |\n|---|---|\n",
        "| 1 | x |\n",
        "```\n",
        "```mermaid\n",
        "```phasebot\nphases:\n  - title: A\n",
        "> ",
        "<!--",
        "-->",
        "---\n",
        "**",
        "**Depends on**: ",
        "Phase 1",
        " depends on ",
        "Depends on ",
        "After ",
        " is done. ",
        "フェーズ1に依存",
        " → ",
        "blocks all user stories",
        "## Dependencies\n",
        "WP01",
        "第一阶段：",
        "✅",
        "\r\n",
        "\t",
        "\ufeff",
        "\0",
        "é",
        "../x.md",
        "](a.md)",
        "[ ",
        "- First milestone: ",
        "1. ",
        "Phases 1-9",
        "3+",
        "US1-US4",
    ]
)
_DOCUMENTS = st.one_of(
    st.text(max_size=400),
    st.lists(_PIECES, max_size=60).map("".join),
    st.lists(st.sampled_from((SPEC_KIT + KIRO).split("\n")), max_size=60).map("\n".join),
)


@settings(max_examples=300, deadline=None)
@given(_DOCUMENTS)
@example("\ud800 lone surrogate\n## Phase 1: A")
@example("---\nphases: [{title: A}]\n---")
@example("## Phase 1: A\n## Phase 1: A")
def test_any_text_gives_a_valid_draft(text: str) -> None:
    check(parse(text, name="any/plan.md"), text)
    check(parse_single(text), text)


@settings(max_examples=100, deadline=None)
@given(_DOCUMENTS)
def test_line_ends_and_a_byte_order_mark_do_not_change_the_meaning(text: str) -> None:
    unix = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")

    assert parse("\ufeff" + unix.replace("\n", "\r\n")) == parse(unix)


_SIZE = 400_000
_HOSTILE = {
    "brackets": "[" * _SIZE,
    "quotes": "> " * (_SIZE // 2),
    "nested items": "- " * 2000 + "x\n" + "- " * 500 + "x\n" * 100,
    "headings": "## Phase 1: A\n" * (_SIZE // 14),
    "phases": "".join(f"## Phase {n}: P{n}\n" for n in range(4000)),
    "phases under many parents": "".join(f"# P{n}\n## Phase 1: A\n" for n in range(2000)),
    "sections with tasks": "".join(f"# S{n}\n- [ ] t\n" for n in range(4000)),
    "tasks": "## Phase 1: A\n" + "- [ ] T1 [P] do `a/b.py`\n" * (_SIZE // 25),
    "dependencies": "".join(f"## Phase {n}: Part{n} x\n**Depends on**: all previous phases\n" for n in range(150)),
    "statements": "## Phase 1: A\n## Phase 2: B\n## Dependencies\n" + "- Phase 2 depends on Phase 1\n" * (_SIZE // 30),
    "one long statement": "## Phase 1: A\n## Phase 2: B\n## Dependencies\nPhase 2 depends on "
    + "Phase 1, " * (_SIZE // 9),
    "spaces": "## Phase 1: A\n## Phase 2: B\n## Dependencies\n" + ("depends on" + " " * 2000 + "x\n") * (_SIZE // 2000),
    "dashes": "## Phase 1: A\n- [ ] " + "a-" * (_SIZE // 2),
    "slashes": "## Phase 1: A\n- [ ] " + "a/" * (_SIZE // 2),
    "dots": "## Phase 1: A\n" + "a.md" * (_SIZE // 4) + " .md" * 1000,
    "links on one line": "## Phase 1: A\n" + "[a](../x.md) " * (_SIZE * 2 // 3),
    "drawn lines": "## Phase 1: A\n## Phase 2: B\n" + "Phase 1 → Phase 2\n\n" * (_SIZE // 20),
    "drawing": "## Phase 1: A\n## Phase 2: B\n## Dependencies\n```\n" + ("┼" * 999 + "\n") * 399 + "```\n",
    "emphasis": "## Phase 1: " + "*a" * (_SIZE // 2),
    "comments": "## Phase 1: A " + "<!--" * (_SIZE // 4),
    "table": "## Phase 1: A\n|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n" + "|x" * (_SIZE // 2),
    "long heading": "## Phase " + "1." * (_SIZE // 2),
    "digits": "## Phase 1: A\n## Dependencies\nPhases 1-" + "9" * 3000,
    "wide digits": "## Phase ٣: A\n\n## Phase ²: B\n\n**Depends on**: Phases ٣-² and 1-٩\n",
    "sentences": "## Phase 1: A\n## Phase 2: B\n" + "Depends on Phase 1. " * (_SIZE // 20),
    "sentences of signs": "## Phase 1: A\n## Phase 2: B\nAfter Phase 1\n" + "!\n" * (_SIZE // 2),
    "openings": "## Phase 1: A\n## Phase 2: B\nDepends on "
    + "the completion of " * 50
    + "\nDepends on the\n" * (_SIZE // 16),
    "statements about tasks": "## Phase 1: A\n## Phase 2: B\n- x\n" + "  - Depends on Phase 1\n" * (_SIZE // 24),
    "lists below labels": "## Phase 1: A\n## Phase 2: B\n" + "**Depends on**:\n- Phase 1\n\n" * (_SIZE // 28),
    "yaml": "```phasebot\nphases: " + "[" * _SIZE,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", _HOSTILE)
def test_hostile_text_is_read_in_bounded_time(name: str) -> None:
    plan = parse(_HOSTILE[name])

    assert plan.has_phases is bool(plan.phases)
