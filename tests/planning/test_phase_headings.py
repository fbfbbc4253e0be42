"""Phase headings: the spellings people use, and what lies under them."""

from __future__ import annotations

import pytest

from services.planning.parser import parse


@pytest.mark.parametrize(
    ("heading", "number", "title"),
    [
        ("## Phase 1: Setup", "1", "Setup"),
        ("### Phase 2 – API", "2", "API"),
        ("## **Phase 3** — Shop", "3", "Shop"),
        ("## PHASE IV — Release", "IV", "Release"),
        ("## Phase Two: Build", "Two", "Build"),
        ("## Phase 1.5 - Interlude", "1.5", "Interlude"),
        ("## ✅ Phase 0: Research (完了)", "0", "Research"),
        ("### 3.1 Phase 7: Docs", "7", "Docs"),
        ("## Fase 2 — Persistencia ✅", "2", "Persistencia"),
        ("## フェーズ1: 言語", "1", "言語"),
        ("## 第一阶段：基础 ✅", "一", "基础"),
        ("## 2단계: 배포", "2", "배포"),
        ("## Stage A — Prepare (PR 1)", "A", "Prepare (PR 1)"),
        ("## Sprint 2-3: Client", "2-3", "Client"),
        ("## M2 — Shell — DONE", "M2", "Shell"),
        ("## Work Package WP01: Models (Priority: P0)", "WP01", "Models (Priority: P0)"),
    ],
)
def test_a_heading_that_names_a_unit_gives_its_number_and_title(heading: str, number: str, title: str) -> None:
    plan = parse(f"# Plan\n\n{heading}\n\n- [ ] one task\n")

    assert [(phase.number, phase.title) for phase in plan.phases] == [(number, title)]
