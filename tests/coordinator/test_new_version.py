"""A new version of a document is told in the words of the plan: which phases are which, and what is new about them."""

from __future__ import annotations

from dataclasses import replace

from services.coordinator.intake import Origin, RulesFor, by_hand, plan_from
from services.coordinator.new_version import NewVersion, new_version
from services.domain.phase import Rules
from services.domain.plan import Plan
from services.domain.texts import PlanText
from services.domain.transitions import PhaseState
from services.planning.parser import parse
from tests.plans import LOCAL, NOW

OLD = "# Shop\n\n## Phase 1: Schema\n\nTables and keys.\n\n## Phase 2: API\n\nServe it all.\n"


def made(text: str, rules_for: RulesFor = by_hand) -> tuple[Plan, PlanText]:
    return plan_from(parse(text), rules_for, Origin("ada/shop", "plan.md", NOW), id="plan")


def compared(new: str, rules_for: RulesFor = by_hand, *, plan: Plan | None = None) -> NewVersion:
    old, text = made(OLD)
    return new_version(plan or old, text, *made(new, rules_for))


def in_state(key: str, state: PhaseState, *, leaving: bool = False) -> Plan:
    plan, _ = made(OLD)
    return plan.with_phase(replace(plan.phase(key), state=state, leaving=leaving))


def test_the_same_document_is_no_new_version() -> None:
    assert not compared(OLD)


def test_a_renamed_phase_keeps_its_key_and_others_need_it_by_that() -> None:
    found = compared(OLD.replace("Schema", "Tables"))

    assert found.keys == {"1-tables": "1-schema", "2-api": "2-api"}
    assert [(one.key, one.title, one.needs) for one in found.shapes] == [
        ("1-schema", "Tables", ()),
        ("2-api", "API", ("1-schema",)),
    ]
    assert all(one.text is None for one in found.shapes)


def test_only_what_is_rewritten_carries_its_text_old_and_new() -> None:
    schema, api = compared(OLD.replace("Serve it all.", "Serve most of it all.")).shapes

    assert schema.text is None
    assert (api.old_text and api.old_text.content, api.text and api.text.content) == (
        "Serve it all.",
        "Serve most of it all.",
    )


def test_a_phase_that_joins_never_takes_the_key_of_another() -> None:
    plan, _ = made(OLD)
    gone = replace(plan.phase("2-api"), key="3-pages")
    new = OLD + "\n## Phase 3: Pages\n\nRender it.\n"

    found = compared(new, plan=replace(plan, removed={"3-pages": gone}))

    assert found.keys["3-pages"] == "3-pages-2"


def test_what_is_done_or_leaving_may_be_missing_in_the_document() -> None:
    new = "# Shop\n\n## Phase 2: API\n\nServe it all.\n"
    done = compared(new, plan=in_state("1-schema", PhaseState.COMPLETED))
    leaving = compared(new, plan=in_state("1-schema", PhaseState.RUNNING, leaving=True))
    waiting = compared(new)

    removed = [[one.section.key for one in found.diff.phases if one.new is None] for found in (done, leaving, waiting)]
    assert removed == [[], [], ["1-schema"]]
    assert not leaving, "its dependent waits for it, but the document never said so"


def test_rules_are_told_where_they_differ_and_kept_where_no_policy_says_any() -> None:
    def some(phase: object) -> Rules:
        return LOCAL if getattr(phase, "number", "") == "1" else Rules()

    assert compared(OLD, some).reruled == ("1: Schema",)
    plan, text = made(OLD, some)
    assert not new_version(plan, text, *made(OLD))


def test_a_finished_phase_that_is_described_differently_is_not_called_finished() -> None:
    plan = in_state("1-schema", PhaseState.COMPLETED)

    assert compared(OLD, plan=plan).finished(plan) == {"1-schema"}
    assert compared(OLD.replace("Tables", "Three tables"), plan=plan).finished(plan) == frozenset()
