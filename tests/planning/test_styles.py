"""Short plans in the many ways people write them. A line a phase: number, title, count of tasks, what it needs, done."""

from __future__ import annotations

import pytest

from services.planning.draft import PlanDraft
from services.planning.parser import parse

PLANS: dict[str, tuple[str, str]] = {
    "roman numerals, and what a phase needs right below its task": (
        "# P\n## PHASE I — Ground\n- [x] a\n## PHASE II — Build\n- [ ] b\nDepends on Phase I\n"
        "## PHASE III — Ship\n- [ ] c\nRequires Phases I and II\n",
        "I|Ground|1||done\nII|Build|1|I|\nIII|Ship|1|I,II|",
    ),
    "ordinals": (
        "# P\n## First phase: Ground\n- [ ] a\n## Second phase: Build\nDepends on the first phase.\n- [ ] b\n"
        "## Final phase: Ship\nAfter the second phase.\n- [ ] c\n",
        "First|Ground|1||\nSecond|Build|1|First|\nFinal|Ship|1|Second|",
    ),
    "words for numbers": (
        "# P\n## Phase One: A\n- [ ] a\n## Phase Two: B\nAfter Phase One.\n",
        "One|A|1||\nTwo|B|0|One|",
    ),
    "lots": (
        "# Plan\n## Lot 1 — Socle\n- [ ] a\n## Lot 2 — Vente\n- [ ] b\n## Lot 3 — Banque\nPrérequis : lots 1 et 2\n- [ ] c\n",
        "1|Socle|1||\n2|Vente|1||\n3|Banque|1|1,2|",
    ),
    "stories that need stories": (
        "# Epic: Mail\n## Story 1: Send\n- [ ] a\n## Story 2: Mute\n**Depends on:** Story 1\n- [ ] b\n"
        "## Story 3: Digest\n**Blocked by:** Story 1, Story 2\n- [ ] c\n",
        "1|Send|1||\n2|Mute|1|1|\n3|Digest|1|1,2|",
    ),
    "an order drawn with arrows": (
        "# Plan\n\nOrder: Schema → API → (UI ‖ Docs) → Release\n\n## Schema\n- [ ] a\n## API\n- [ ] b\n## UI\n- [ ] c\n"
        "## Docs\n- [ ] d\n## Release\n- [ ] e\n",
        "-|Schema|1||\n-|API|1|Schema|\n-|UI|1|API|\n-|Docs|1|API|\n-|Release|1|UI,Docs|",
    ),
    "bold numbers before sentences": (
        "# Modernisation\n\n**Phase 1.** Strangle the monolith. It takes a month.\n\n"
        "**Phase 2:** Move the data. This cannot start before Phase 1 is finished.\n",
        "1|Strangle the monolith|0||\n2|Move the data|0|1|",
    ),
    "weeks in bold": (
        "# 2-week plan\n\n**Week 1 — Model**\n- [ ] a\n\n**Week 2 — Pages**\n- [ ] b\n",
        "1|Model|1||\n2|Pages|1||",
    ),
    "a table of milestones with names in one cell": (
        "# Plan\n\n| Milestone | Brings | Predecessor |\n|---|---|---|\n| M1 Base | repo | none |\n| M2 API | REST | M1 |\n",
        "M1|Base|0||\nM2|API|0|M1|",
    ),
    "needs in the brackets of headings": (
        "# P\n## Phase 1 · Ground\n- [ ] a\n## Phase 2 · Frame (stacked on Phase 1)\n- [ ] b\n"
        "## Phase 3 · Roof (needs Phase 2)\n- [ ] c\n",
        "1|Ground|1||\n2|Frame (stacked on Phase 1)|1|1|\n3|Roof (needs Phase 2)|1|2|",
    ),
    "bold names of items, and what is said of them behind": (
        "# Roadmap\n\n- **M1 - Skeleton** (done)\n  - [x] a\n- **M2 - Core**\n  - [ ] b\n- **M3 - Launch** — requires M2\n",
        "M1|Skeleton|1||done\nM2|Core|1||\nM3|Launch|0|M2|",
    ),
    "steps counted to their end": (
        "# Migration plan\n## Step 1 of 2 — Freeze\n- [ ] a\n## Step 2 of 2 — Copy\n- [ ] b\n",
        "1|Freeze|1||\n2|Copy|1||",
    ),
    "Ukrainian": (
        "# План\n## Етап 1: Основа\n- [ ] a\n## Етап 2: Ядро\nЗалежить від етапу 1\n- [ ] b\n",
        "1|Основа|1||\n2|Ядро|1|1|",
    ),
    "Swedish": (
        "# Plan\n## Fas 1: Grund\n- [ ] a\n## Fas 2: Bygg\nBeror på fas 1\n- [ ] b\n",
        "1|Grund|1||\n2|Bygg|1|1|",
    ),
    "Japanese steps behind a wide space": (
        "# 移行計画\n## ステップ1\u3000準備\n- [ ] a\n## ステップ2\u3000移行\nステップ1完了後\n- [ ] b\n",
        "1|準備|1||\n2|移行|1|1|",
    ),
    "setext headings": ("P\n===\n\nPhase 1: A\n---\n- [ ] a\n\nPhase 2: B\n---\n- [ ] b\n", "1|A|1||\n2|B|1||"),
    "signs of progress": (
        "# P\n## ✅ Phase 1: A\n- [x] a\n## 🚧 Phase 2: B\n- [ ] b\n## ⏳ Phase 3 — C 🎯\n"
        "- [ ] c\n## Phase 4: D — ✅ Complete\n- [x] d\n",
        "1|A|1||done\n2|B|1||\n3|C|1||\n4|D|1||done",
    ),
    "keycaps": ("# P\n## 1️⃣ Phase 1: A\n- [ ] a\n## 2️⃣ Phase 2: B\n- [ ] b\n", "1|A|1||\n2|B|1||"),
    "a line that gives the status": (
        "# P\n## Phase 1: A\n**Status**: ✅ DONE (May)\n## Phase 2: B\n**Status**: ⏳ PENDING (blocked by Phase 1)\n"
        "## Phase 3: C\n**Status: BLOCKED by Phase 2.** No action.\n## Phase 4: D\nStatus: done except the docs\n",
        "1|A|0||done\n2|B|0|1|\n3|C|0|2|\n4|D|0||",
    ),
    "bold lines with an aside": (
        "# P\n\n**Phase 1 — `core` first.** (small)\n\n1. One.\n2. Two.\n"
        "\n**Phase 2: Build** (depends on Phase 1)\n\n- [ ] c\n",
        "1|`core` first|2||\n2|Build|1|1|",
    ),
    "bold numbers before titles": (
        "# Plan\n\n**Phase 1**: Set up\n\n- [ ] a\n\n**Phase 2**: Build\n\n- [ ] b\n",
        "1|Set up|1||\n2|Build|1||",
    ),
    "a table with dependencies": (
        "# Roadmap\n\n| Milestone | Deliverable | Dependencies |\n"
        "|---|---|---|\n| M1 | Schema | none |\n| M2 | API | M1 |\n",
        "M1|Schema|0||\nM2|API|0|M1|",
    ),
    "weeks with a range": (
        "# 4 week plan\n## Week 1: Learn\n- [ ] a\n## Week 2-4: Ship\n- [ ] b\n",
        "1|Learn|1||\n2-4|Ship|1||",
    ),
    "quarters": (
        "# Roadmap\n## Q1 2025: Core\n- [ ] a\n## Q2 2025: Sync\n- [ ] b\n",
        "Q1 2025|Core|1||\nQ2 2025|Sync|1||",
    ),
    "versions": ("# Roadmap\n## v1.1\n- [ ] a\n## v2.0 — Rewrite\n- [ ] b\n", "v1.1|v1.1|1||\nv2.0|Rewrite|1||"),
    "now, next, later": (
        "# Roadmap\n## Now\n- [ ] a\n## Next\n- [ ] b\n## Later\n- [ ] c\n",
        "-|Now|1||\n-|Next|1||\n-|Later|1||",
    ),
    "pull requests": (
        "# Migration plan\n## PR 1: Extract\n- [ ] a\n## PR 2: Move\nDepends on PR 1.\n- [ ] b\n",
        "1|Extract|1||\n2|Move|1|1|",
    ),
    "chunks of tasks": (
        "# Login plan\n## Chunk 1: Core\n### Task 1: Hash\n- [ ] **Step 1: Test**\n- [ ] **Step 2: Code**\n"
        "### Task 2: Limit\n- [ ] **Step 1: Test**\n## Chunk 2: Web\n### Task 3: Page\n- [ ] **Step 1: Test**\n",
        "1|Core|2||\n2|Web|1||",
    ),
    "tasks with steps": (
        "# Login plan\n### Task 1: Hash\n- [ ] **Step 1: Test**\n"
        "- [ ] **Step 2: Code**\n### Task 2: Limit\n- [ ] **Step 1: Test**\n",
        "1|Hash|2||\n2|Limit|1||",
    ),
    "two numbered sections": (
        "## 1. Store\n- [ ] 1.1 Table\n- [ ] 1.2 Index\n## 2. API\n- [ ] 2.1 Route\n",
        "1|Store|2||\n2|API|1||",
    ),
    "epics, whose stories need one another": (
        "# Epics\n## Epic 1: Auth\n### Story 1.1: Login\nx\n## Epic 2: Shop\n"
        "### Story 2.1: Cart\n**Prerequisites:** Story 1.1\n",
        "1|Auth|0||\n2|Shop|0|1|",
    ),
    "groups of tasks": (
        "# Tasks\n### Backend\n#### Task Group 1: Models\n**Dependencies:** None\n- [ ] 1.0 All\n  - [ ] 1.1 Tests\n"
        "### Frontend\n#### Task Group 2: Pages\n**Dependencies:** Task Group 1\n- [ ] 2.0 All\n",
        "1|Models|2||\n2|Pages|1|1|",
    ),
    "an overview above the details": (
        "# Roadmap\n- [ ] **Phase 1: Base** - first\n- [ ] **Phase 2: Data** - next\n\n## Details\n### Phase 1: Base\n"
        "**Depends on**: Nothing (first phase)\nPlans:\n- [ ] 01-01: a\n\n"
        "### Phase 2: Data\n**Depends on**: Phase 1\nPlans:\n- [ ] 02-01: b\n",
        "1|Base|1||\n2|Data|1|1|",
    ),
    "each on the one before": (
        "# P\nPhases are strictly sequential.\n## Phase 1: A\nx\n## Phase 2: B\n"
        "Each step builds on the previous one.\n## Phase 3: C\nx\n",
        "1|A|0||\n2|B|0|1|\n3|C|0|2|",
    ),
    "what is to be coordinated is not needed": (
        "# P\n## Phase 1: A\nx\n## Phase 2: B\nx\n## Phase 3: C\nPrerequisites: Phase 1; coordinate with Phase 2.\n"
        "## Phase 4: D\n> Depends on: Phase 2 (tables), Phase 3.\n",
        "1|A|0||\n2|B|0||\n3|C|0|1|\n4|D|0|2,3|",
    ),
    "boxes of all kinds": (
        "# P\n## Phase 1: A\n- [~] a\n- [—] b\n- [!] c\n- [ X ] d\n"
        "* [ ] e\n1. [ ] f\n- []  g\n- [ ]h\n- [x](link.md)\n",
        "1|A|8||",
    ),
    "the body of an issue form": (
        "### Title\r\n\r\nShop\r\n\r\n### Goal\r\n\r\n_No response_\r\n\r\n"
        "### Plan\r\n\r\n## Phase 1: A\r\n\r\n- [ ] a\r\n\r\n"
        "## Phase 2: B\r\n\r\n- [ ] b\r\n\r\n### Dependencies\r\n\r\n_No response_\r\n",
        "1|A|1||\n2|B|1||",
    ),
    "Polish": (
        "# Plan\n## Faza 1: Start\n- [ ] a\n## Faza 2: Budowa\nZależy od fazy 1.\n",
        "1|Start|1||\n2|Budowa|0|1|",
    ),
    "Dutch": (
        "# Plan\n## Fase 1: Begin\n- [ ] a\n## Fase 2: Bouw\n- [ ] b\nAfhankelijk van fase 1\n",
        "1|Begin|1||\n2|Bouw|1|1|",
    ),
    "German": (
        "# Plan\n## Phase 1: Bau\n- [ ] a\n## Phase 2: Ende\nVoraussetzung: Phase 1\n",
        "1|Bau|1||\n2|Ende|0|1|",
    ),
    "Portuguese": (
        "# Plano\n## Fase 1: Base\n- [ ] a\n## Fase 2: Loja\n**Dependências**: Fase 1\n",
        "1|Base|1||\n2|Loja|0|1|",
    ),
    "Chinese": (
        "# 计划\n## 第一阶段：准备\n- [ ] a\n## 第二阶段：发布\n**前置条件**：第一阶段完成\n",
        "一|准备|1||\n二|发布|0|一|",
    ),
    "Turkish": ("# Plan\n## Aşama 1: Hazırlık\n- [ ] a\n## Aşama 2: Yapım\n- [ ] b\n", "1|Hazırlık|1||\n2|Yapım|1||"),
}


@pytest.mark.parametrize("style", PLANS)
def test_a_plan_is_read_whatever_its_style(style: str) -> None:
    text, expected = PLANS[style]

    assert _told(parse(text)) == expected.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        "# mycc\nA compiler.\n## How it works\nIt has three phases:\n"
        "- **Phase 1:** Lexing\n- **Phase 2:** Parsing\n## Install\nmake\n\n" + "make install\n\n" * 9,
        "# Contributing\n## Step 1: Fork\nx\n## Step 2: Branch\n- [ ] I ran the tests\n",
        "# Tool\n## Install\n### Step 1: Clone\ngit clone\n### Step 2: Run\nmake\n",
        "# How to deploy\n## Step 1: Create a bucket\nx\n## Step 2: Upload\nx\n",
        "# Changelog\n## v1.2.0 - 2024-01-01\n- fixed\n## v1.1.0 - 2023-01-01\n- added\n",
        "# Sync\n## Attendees\n- a\n## Action items\n- [ ] Ada: write\n- [ ] Bob: read\n",
        "# Intro to Rust\n## Week 1: Ownership\nRead.\n## Week 2: Traits\nRead.\n",
        "# TODO\n- [ ] a\n- [ ] b\n",
    ],
)
def test_what_explains_or_tells_is_no_plan(text: str) -> None:
    assert _told(parse(text)) == []


@pytest.mark.parametrize("title", ["Compiler architecture", "Two-phase commit protocol", "Debugging skill"])
def test_phases_of_something_explained_are_no_work(title: str) -> None:
    told = f"# {title}\n## Phase 1: Prepare\nThe coordinator asks.\n## Phase 2: Commit\nThe coordinator tells.\n"
    planned = told.replace("asks.", "asks.\n\n**Goal**: everybody answers").replace(
        "tells.", "tells.\n\nEstimate: 2 days"
    )

    assert [finding.code for finding in parse(told).findings] == ["explanation"]
    assert _told(parse(planned)) == ["1|Prepare|0||", "2|Commit|0||"]


def _told(plan: PlanDraft) -> list[str]:
    names = {phase.key: phase.number or phase.title for phase in plan.phases}
    return [
        "|".join(
            (
                phase.number or "-",
                phase.title,
                str(len(phase.tasks)),
                ",".join(names[one.key] for one in phase.depends_on if one.source == "stated"),
                "done" if phase.done else "",
            )
        )
        for phase in plan.phases
    ]
