"""Choosing phases with `--phases`."""

from __future__ import annotations

import pytest

from bot.cli.selection import DependencyNotSelected, UnknownPhase, refuse_incomplete, selected
from services.planning.draft import PlanDraft
from services.planning.parser import parse
from services.planning.scope import without_the_rest
from tests.cli.samples import CHAIN


@pytest.fixture
def draft() -> PlanDraft:
    return parse(CHAIN)


@pytest.mark.parametrize("name", ["2", "Phase 2", "walls", "WALLS", " 2: walls ", "2-walls"])
def test_a_phase_is_known_by_key_number_and_title(draft: PlanDraft, name: str) -> None:
    assert selected(draft, [name]) == frozenset({"2-walls"})


def test_several_may_be_listed_in_one_entry_or_in_many(draft: PlanDraft) -> None:
    assert selected(draft, ["1, Walls", "roof"]) == frozenset({"1-foundation", "2-walls", "3-roof"})


def test_a_title_with_a_comma_is_one_name() -> None:
    assert selected(parse(CHAIN.replace("Walls", "Walls, inner")), ["walls, inner"]) == frozenset({"2-walls-inner"})


def test_nothing_asked_for_is_everything(draft: PlanDraft) -> None:
    assert selected(draft, []) is None


def test_an_unknown_name_is_answered_with_the_closest(draft: PlanDraft) -> None:
    with pytest.raises(UnknownPhase) as refused:
        selected(draft, ["1", "Wals"])

    assert str(refused.value) == "--phases: this plan has no phase “Wals”\n  Did you mean “2: Walls”?"


def test_a_name_like_nothing_there_is_answered_with_all(draft: PlanDraft) -> None:
    with pytest.raises(UnknownPhase, match="There are: 1: Foundation, 2: Walls, 3: Roof"):
        selected(draft, ["qqqq"])


def test_a_name_of_several_phases_is_refused() -> None:
    with pytest.raises(UnknownPhase, match="is the name of several phases"):
        selected(parse("# P\n\n## Phase 1: Same\n\na\n\n## Phase 2: Same\n\nb\n"), ["same"])


def test_what_a_selected_phase_needs_must_be_selected_or_done(draft: PlanDraft) -> None:
    chosen = frozenset({"2-walls"})

    with pytest.raises(DependencyNotSelected, match="“2: Walls” needs “1: Foundation”"):
        refuse_incomplete(draft, chosen, done=())
    refuse_incomplete(draft, chosen, done={"1-foundation"})
    refuse_incomplete(draft, chosen | {"1-foundation"}, done=())


def test_without_the_rest_the_chosen_need_only_one_another(draft: PlanDraft) -> None:
    cut = without_the_rest(draft, frozenset({"2-walls", "3-roof"}))

    assert {phase.key: [need.key for need in phase.depends_on] for phase in cut.phases} == {
        "1-foundation": [],
        "2-walls": [],
        "3-roof": ["2-walls"],
    }
