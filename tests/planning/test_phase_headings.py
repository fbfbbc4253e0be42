"""Phase headings: the spellings people use, and what lies under them."""

from __future__ import annotations

import pytest

from services.planning.parser import parse
from tests.planning.plans import needs


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
        ("## PH1: Collect", "PH1", "Collect"),
        ("## Work Package WP01: Models (Priority: P0)", "WP01", "Models (Priority: P0)"),
    ],
)
def test_a_heading_that_names_a_unit_gives_its_number_and_title(heading: str, number: str, title: str) -> None:
    plan = parse(f"# Plan\n\n{heading}\n\n- [ ] one task\n")

    assert [(phase.number, phase.title) for phase in plan.phases] == [(number, title)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("## Phase 1 Setup", "## Phase 2 Build"),
        ("##Phase 1: Setup", "##Phase 2: Build"),
        ("## 1️⃣ Phase 1: Setup", "## 2️⃣ Phase 2: Build"),
        ("## Étape 1 : Setup", "## Étape 2 : Build"),
        ("## Etappe 1: Setup", "## Etappe 2: Build (abgeschlossen)"),
        ("## Schritt 1 - Setup", "## Schritt 2 - Build"),
        ("## Этап 1. Setup", "## Этап 2. Build"),
        ("## Giai đoạn 1: Setup", "## Giai đoạn 2: Build"),
        ("## 1. Aşama: Setup", "## 2. Aşama: Build"),
        ("## ステップ1：Setup", "## ステップ2：Build"),
        ("## 第1阶段 Setup", "## 第2阶段 Build"),
        ("**Phase 1: Setup**", "**Phase 2: Build**"),
        ("Phase 1: Setup\n---", "Phase 2: Build\n---"),
        ("## Task 1: Setup", "## Task 2: Build"),
        ("## 1. Setup", "## 2. Build\n- [ ] x\n\n## 3. Ship"),
    ],
)
def test_units_are_found_in_many_spellings_and_languages(first: str, second: str) -> None:
    plan = parse(f"# Plan\n\n{first}\n\n- [ ] a\n\n{second}\n\n- [ ] b\n")

    assert [(phase.number, phase.title) for phase in plan.phases][:2] == [("1", "Setup"), ("2", "Build")]


def test_bare_headings_take_in_the_sections_that_follow_them() -> None:
    plan = parse("# P\n\n## Phase 1: A\n\n## Tasks\n- [ ] a\n- [ ] b\n\n## Phase 2: B\n\n## Tasks\n- [ ] c\n")

    assert [len(phase.tasks) for phase in plan.phases] == [2, 1]


def test_quarters_of_a_roadmap_are_units() -> None:
    plan = parse("# Roadmap\n\n## Q1 2025 — Base\n- a\n\n## Q2 2025\n- b\n")

    assert [(phase.number, phase.title) for phase in plan.phases] == [("Q1 2025", "Base"), ("Q2 2025", "Q2 2025")]


@pytest.mark.parametrize(
    "text",
    [
        "# Changelog\n\n## v1.1.0 - 2024\n- a\n\n## v1.0.0\n- b\n",
        "# Tool\n\n## Start\n\n### Step 1: Install\n\nx\n\n### Step 2: Run\n\ny\n",
    ],
)
def test_versions_and_steps_are_units_only_in_documents_about_work(text: str) -> None:
    assert not parse(text).has_phases


def test_the_body_of_an_issue_form_is_a_plan_with_its_title_field() -> None:
    body = (
        "### Plan title\r\n\r\nShop\r\n\r\n### Why\r\n\r\n_No response_\r\n\r\n### Plan\r\n\r\n"
        "## Phase 1: A\r\n\r\n- [ ] a\r\n\r\n## Phase 2: B\r\n\r\n- [ ] b\r\n"
    )

    plan = parse(body)

    assert (plan.title, [phase.title for phase in plan.phases]) == ("Shop", ["A", "B"])
    assert "_No response_" not in plan.overview


def test_what_a_heading_says_in_brackets_counts() -> None:
    plan = parse("# P\n\n## Phase 1: A\n- x\n\n## Phase 2: B\n- x\n\n## Phase 3: C (depends on Phase 1)\n- x\n")

    assert [one.key for one in plan.phases[2].depends_on] == ["1-a"]


def test_a_letter_and_a_number_name_the_parts_of_a_plan() -> None:
    plan = parse(
        "# Plan\n\n## P1 — Schema\n- [ ] a\n\n## P2: API\nDepends on P1.\n- [ ] b\n\n## P3: UI\n- [ ] c\n\nP3 needs P2.\n"
    )

    assert [phase.number for phase in plan.phases] == ["P1", "P2", "P3"]
    assert needs(plan) == {"API": ["Schema"], "UI": ["API"]}


@pytest.mark.parametrize(
    "text",
    [
        "# Review\n\n## P7: Dead code\nGone.\n\n## P2: No tests\nWritten.\n\n## P9: Slow\nFaster.\n",
        "# Questions\n\n## S3: Where do files go?\nTo the store.\n\n## S1: Why?\nIt is cheap.\n",
    ],
)
def test_letters_with_numbers_in_any_order_are_findings_and_questions(text: str) -> None:
    assert not parse(text).has_phases


def test_priorities_are_no_numbers_of_phases() -> None:
    plan = parse("# Backlog\n\n## P0: must have\n- [ ] a\n- [ ] b\n\n## P1: should have\n- [ ] c\n")

    assert [(phase.number, phase.title) for phase in plan.phases] == [
        (None, "P0: must have"),
        (None, "P1: should have"),
    ]


def test_numbers_behind_a_sign_number_the_sections() -> None:
    plan = parse("# Search plan\n\n## #1 Index\n- [ ] a\n\n## #2 Query\n- [ ] b\n\n## #3 Rank\n- [ ] c\n")

    assert [(phase.number, phase.title) for phase in plan.phases] == [("1", "Index"), ("2", "Query"), ("3", "Rank")]
