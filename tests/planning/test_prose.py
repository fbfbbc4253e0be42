"""Plain sentences inside a phase that say what it needs, and the many that only mention another phase."""

from __future__ import annotations

import pytest

from services.domain.findings import Severity
from services.planning.draft import PlanDraft
from services.planning.parser import parse
from tests.planning.plans import needs


def plan(body: str, *, overview: str = "What it is about.") -> PlanDraft:
    """A plan whose fourth phase, `Ship`, holds this text."""
    before = "".join(
        f"## Phase {n}: {title}\n\n- [ ] work\n\n" for n, title in enumerate(("Setup", "Store", "Shop"), 1)
    )
    return parse(f"# Plan\n\n{overview}\n\n{before}## Phase 4: Ship\n\n{body}\n\n- [ ] work\n")


def needed(body: str) -> list[str]:
    """What `Ship` needs by its own words; no other phase may be said to need anything."""
    found = needs(plan(body))
    assert found.keys() <= {"Ship"}
    return found.get("Ship", [])


@pytest.mark.parametrize(
    "sentence",
    [
        "Depends on Phase 1",
        "depends on phase 1",
        "- Depends on Phase 1",
        "*Depends on Phase 1.*",
        "**Blocked by Phase 1**",
        "⚠️ Blocked by Phase 1 (its tables).",
        "Note: depends on Phase 1.",
        "Requires: Setup",
        "Requires Setup",
        "Depends on the Setup phase.",
        "Depends on the completion of Phase 1",
        "Depends on the models from Phase 1.",
        "Can start after Phase 1.",
        "Can happen at any time after Phase 1.",
        "Not blocked by Phase 2; needs only Phase 1.",
        "Inizia dopo la fase 1.",
        "Empieza tras la fase 1.",
        "Starts when Phase 1 ends.",
        "Cannot start until Phase 1 is complete.",
        "After Phase 1",
        "After Phase 1 is merged, wire it.",
        "After Phase 1, wire it.",
        "Once Phase 1 is done, this can start.",
        "Comes after Phase 1.",
        "This builds on the work in Phase 1.",
        "This phase cannot begin until Phase 1 is complete.",
        "Complete Phase 1 before starting this phase.",
        "Complete Phase 1 first.",
        "Phase 1 must be completed before this phase.",
        "Phase 1 blocks this phase.",
        "Phase 1 is a prerequisite.",
        "Do not start Phase 4 until Phase 1 is complete.",
        "Start Phase 4 only after Phase 1.",
        "In parallel with Phase 3; depends on Phase 1.",
        "Depends on [Phase 1](#phase-1-setup).",
        "Depends on Phase One.",
        "Depends on Phase I.",
        "Preconditions: Phase 1",
        "Phase 4 depends on Phase 1.",
        "We wire it here. It depends on Phase 1 for the store.",
        "Depends on Phase 1 and can run in parallel with Phase 2.",
        "Depends on Phase 1 (unlike Phase 3), but not on Phase 2.",
        "Priority: high | Depends on: Phase 1",
        "Hängt von Phase 1 ab.",
        "Kann erst nach Phase 1 beginnen.",
        "Dépend de la phase 1.",
        "Après la phase 1.",
        "Depende de la fase 1",
        "Depende da fase 1.",
        "Dipende dalla fase 1",
        "Зависит от этапа 1",
        "После этапа 1",
        "Phụ thuộc vào giai đoạn 1",
        "依赖于第1阶段",
        "阶段1完成后开始",
        "フェーズ1に依存する。",
        "フェーズ1完了後に開始",
        "1단계에 의존",
        "Depends on the first phase.",
        "Depends on the schema (Phase 1).",
        'Depends on "Setup".',
        "Depends on the setup phase.",
        "Hard dependency on Phase 1.",
        "There is a dependency on Phase 1.",
        "This phase relies on the tables from Phase 1.",
        "This work depends on Phase 1.",
        "Work on this phase starts after Phase 1.",
        "Can begin as soon as Phase 1 is merged.",
        "When Phase 1 is complete, we ship.",
        "Only start this after Phase 1.",
        "Do not start this until Phase 1 is complete.",
        "Not before Phase 1 is done.",
        "Phase 1 must be complete.",
        "Phase 1 must be complete before we start.",
        "Gated by the completion of Phase 1.",
        "Unblocked by Phase 1.",
        "Waiting for Phase 1 to finish.",
        "Baut auf Phase 1 auf.",
        "Startet, sobald Phase 1 fertig ist.",
        "Beginnt nach Abschluss von Phase 1.",
        "Nécessite la fin de la phase 1.",
        "Requiere que la Fase 1 esté completa.",
        "Requer a conclusão da Fase 1.",
        "Zależy od fazy 1.",
        "Afhankelijk van fase 1",
        "需要先完成第1阶段。",
        "フェーズ1の完了後に開始。",
        "Stacked on Phase 1.",
        "Must come after Phase 1.",
        "We can't start until Setup is finished.",
        "Following Phase 1, we ship.",
        "Order: after Phase 1",
        "**Prereqs:** Phase 1",
        "**Upstream:** Phase 1",
        "Entry gate: Phase 1 complete",
        "**Blocked:** by Phase 1",
        "Begins two weeks after Phase 1 ships.",
        "Only after Phase 1 has run clean for 14 days.",
        "Merge after Phase 1 has been in production for a week.",
        "Можно начинать после этапа 1",
    ],
)
def test_a_sentence_that_opens_with_needing_is_a_statement(sentence: str) -> None:
    assert needed(sentence) == ["Setup"]


@pytest.mark.parametrize(
    ("sentence", "titles"),
    [
        ("Depends on Phase 2, Phase 3.", ["Store", "Shop"]),
        ("This phase requires Phase 2 and Phase 3 to be done.", ["Store", "Shop"]),
        ("We wire it.\nDepends on Phase 2,\nPhase 3.", ["Store", "Shop"]),
        ("Requires Setup and Store.", ["Setup", "Store"]),
        ("Depends on Phases 1-3.", ["Setup", "Store", "Shop"]),
        ("Depends on all previous phases.", ["Setup", "Store", "Shop"]),
        ("Depends on the previous phase.", ["Shop"]),
        ("Depends on everything above.", ["Setup", "Store", "Shop"]),
        ("Depends on the first and second phases.", ["Setup", "Store"]),
        ("Depends on the schema (Phase 1) and the API (Phase 2).", ["Setup", "Store"]),
        ("Depends on Phase 1 – Setup and Phase 2 – Store", ["Setup", "Store"]),
        ("Depends on Phase 1 as well as Phase 2.", ["Setup", "Store"]),
        ("Depende das fases 1 e 2.", ["Setup", "Store"]),
        ("依赖：阶段1、阶段2", ["Setup", "Store"]),
    ],
)
def test_all_that_is_needed_is_named_at_once(sentence: str, titles: list[str]) -> None:
    assert needed(sentence) == titles


@pytest.mark.parametrize(
    "sentence",
    [
        "As in Phase 1, tables are kept.",
        "We use the tables that Phase 2 created.",
        "Requires the tables that Phase 2 created.",
        "Unlike phase 3, this is small.",
        "Follows the same pattern as Phase 2.",
        "It follows the pattern of Phase 1.",
        "After Phase 1 created the tables we fill them.",
        "Same as Phase 2 after the rewrite.",
        "This requires care; see Phase 1.",
        "Requires Docker, as set up in Phase 1.",
        "Requires Setup of the keys.",
        "The loader depends on a library from Phase 1.",
        "Depends on whether Phase 2 ships.",
        "- T012 after Phase 2 API is stable",
        "- [ ] Wire it after Phase 2 is stable",
        "> Depends on Phase 1",
        "```\nDepends on Phase 1\n```",
        "No new dependencies.",
        "Complete Phase 1 before starting Phase 2.",
        "It starts immediately.",
    ],
)
def test_a_mention_in_running_text_is_no_statement(sentence: str) -> None:
    assert needed(sentence) == []
    assert needs(plan(sentence), source="order")["Ship"] == ["Shop"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Does this depend on Phase 1?",
        "Depends on Phase 1?",
        "May depend on Phase 2.",
        "Ideally after Phase 2.",
        "Possibly blocked by Phase 2.",
        "Does not depend on Phase 1.",
        "Need not wait for Phase 2.",
        "Not dependent on Phase 2.",
        "Without waiting for Phase 2.",
        "Nothing here depends on Phase 2.",
        "Independent of Phase 1 and Phase 2.",
        "There is no need for Phase 1 here.",
        "No longer depends on Phase 1.",
        "Depends on nothing from Phase 2.",
        "Depends on Phase 1 or Phase 2.",
        "Depends on Phase 1, if we keep it.",
        "After Phase 2, ideally.",
    ],
)
def test_a_question_a_wish_a_choice_and_a_denial_state_nothing(sentence: str) -> None:
    assert needed(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "No dependencies - can start immediately",
        "- No dependencies.",
        "Can start immediately.",
        "This phase has no dependencies on other phases.",
        "Independent of Phases 1 and 2.",
        "Independent.",
        "No blockers.",
        "Can be done at any time.",
        "Can start right away.",
        "Keine Abhängigkeiten.",
        "Aucune dépendance.",
        "Нет зависимостей",
        "无依赖",
    ],
)
def test_a_phase_may_say_that_it_waits_for_nothing(sentence: str) -> None:
    assert plan(sentence).phases[3].depends_on == ()


@pytest.mark.parametrize(
    "listing",
    [
        "**Depends on**:\n\n- Phase 1 (its tables)\n- Phase 2",
        "**Dependencies**\n- Setup\n- [Phase 2](#store) complete\n- Shop software from the market",
        "- **Prerequisites:**\n  - Completion of Phase 1\n  - Phase 2\n- See Phase 3",
    ],
)
def test_a_label_may_be_followed_by_a_list(listing: str) -> None:
    assert needed(listing) == ["Setup", "Store"]


@pytest.mark.parametrize(
    "line",
    [
        "**Dependencies:** Phase 1; Phase 2",
        "**Depends on:** #1, #2",
        "Depends-On: 1, 2",
        "Dependencies - Phase 1, Phase 2",
        "Entry criteria: Phase 1 and Phase 2 complete",
        "Voraussetzungen: Phase 1 und Phase 2",
        "Pré-requis : phases 1 et 2",
        "Dependências: Fase 1 e Fase 2",
        "Requisitos previos: Fase 1, Fase 2",
        "Zależności: Faza 1, Faza 2",
        "前置条件：第一阶段、第二阶段",
        "선행 조건: 1단계, 2단계",
        "**Owner**: Ada | **Depends on**: Phases 1-2 | **Effort**: 2d",
        "*Effort: M | Dependencies: Phase 1, Phase 2*",
        "- **Effort:** 2 weeks · **Dependencies:** Phase 1, Phase 2",
        "**Owner:** Ada **Depends on:** Phase 1, Phase 2",
    ],
)
def test_a_labelled_field_names_what_is_needed(line: str) -> None:
    assert needed(line) == ["Setup", "Store"]


def test_a_sentence_right_below_a_task_is_about_the_phase() -> None:
    draft = parse("# P\n\n## Phase 1: A\n- [ ] a\n\n## Phase 2: B\n- [ ] b\nDepends on Phase 1\n")

    assert needs(draft) == {"B": ["A"]}
    assert [len(phase.tasks) for phase in draft.phases] == [1, 1]


def test_a_phase_beside_another_may_wait_for_a_third() -> None:
    draft = plan("Can run in parallel with Phase 3 once Phase 1 is complete.")

    assert needs(draft) == {"Ship": ["Setup"]}
    assert [phase.parallel for phase in draft.phases] == [False, False, True, True]


def test_a_sentence_anywhere_may_open_with_the_phase_it_is_about() -> None:
    overview = "Phase 3 (Shop) depends on Phase 1.\n\n- Phase 4: Ship it — after Phase 2\n"

    assert needs(plan("Text.", overview=overview)) == {"Shop": ["Setup"], "Ship": ["Store"]}


def test_what_is_said_of_one_task_counts_only_where_phases_state_nothing() -> None:
    below_a_task = "- [ ] Wire it\n  - Depends on Phase 1"

    assert needed(below_a_task) == ["Setup"]
    assert needed(f"Depends on Phase 2.\n\n{below_a_task}") == ["Store"]


def test_a_statement_keeps_the_line_that_makes_it() -> None:
    draft = plan("We wire it.\nMore of it.\nDepends on Phase 2.")

    (stated,) = draft.phases[3].depends_on
    assert draft.phases[3].content.split("\n")[stated.line - draft.phases[3].line - 2] == "Depends on Phase 2."


def test_a_phase_that_is_not_there_is_reported() -> None:
    assert [finding.code for finding in plan("Depends on Phase 9.").findings] == ["unknown_reference"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Depends on Phase 0.",
        "Depends on Phase 9 (shipped in v1).",
        "Depends on Phase 9 ✅",
        "- [x] Phase 9: Old\n\nAfter Phase 9.",
    ],
)
def test_a_phase_of_an_earlier_plan_is_a_warning(sentence: str) -> None:
    (finding,) = [one for one in plan(sentence).findings if one.severity is not Severity.NOTE]

    assert (finding.code, finding.severity) == ("earlier_reference", Severity.WARNING)


def test_a_phase_that_is_to_be_done_elsewhere_is_a_mistake() -> None:
    draft = plan("Cannot start until Phase 9 is done.")

    assert [finding.code for finding in draft.findings] == ["unknown_reference"]


def test_no_number_is_missing_where_no_phase_has_one() -> None:
    draft = parse("# Plan\n\n## Prepare\n\n- [ ] a\n\n## Build\n\nDepends on Phase 1 of the old plan.\n\n- [ ] b\n")

    assert [phase.title for phase in draft.phases] == ["Prepare", "Build"]
    assert "unknown_reference" not in [finding.code for finding in draft.findings]
