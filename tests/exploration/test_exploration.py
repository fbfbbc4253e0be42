"""The rules hold in every state that a small plan can reach; and where they are broken on purpose, it is noticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.domain.phase import Qa, Rules
from services.domain.rules import Deliver
from tests.exploration.explorer import Scope, explore
from tests.exploration.graphs import colourings, shapes, symmetries
from tests.exploration.invariants import ALL, Broken
from tests.exploration.moves import EVERYTHING, TERSE
from tests.exploration.rulebook import BROKEN
from tests.exploration.states import SHUT
from tests.exploration.territories import QUICK, Territory

Record = Callable[[str, object], None]


@pytest.mark.parametrize("territory", QUICK, ids=lambda territory: territory.name)
def test_every_invariant_holds_wherever_a_small_plan_can_get(territory: Territory, record_property: Record) -> None:
    tally = territory.explored()
    assert set(tally.messages) == EVERYTHING, "a kind of message was never tried"
    record_property("explored", (tally.graphs, tally.states, tally.transitions))


_NOTICED_BY = {
    "a closed pull request is forgotten": "nothing_that_is_to_be_merged_is_forgotten",
    "a closed window is ignored": "nothing_starts_without_its_premises",
    "a condition is never asked": "whoever_is_ready_has_its_conditions_decided",
    "failed dependencies count as satisfied": "no_phase_starts_before_its_needs",
    "a stale fence is accepted": "a_stale_report_changes_nothing",
    "a dependent starts while the old run is stopping": "nothing_starts_beside_an_old_run",
    "a lost attempt is never given up": "left_alone_every_plan_ends",
    "a superseded run is not stopped": "each_superseded_run_is_stopped",
    "a rerun forgets what comes after": "a_rerun_leaves_nothing_done_after_it",
    "the last worker has it": "an_attempt_stays_with_the_worker_that_took_it",
    "a lost check counts as passed": "nothing_passes_by_default",
    "a lost check sends the work back": "a_check_that_says_nothing_leaves_the_work_alone",
    "an ended back-off is due for ever": "time_that_has_been_told_is_not_waited_for",
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_rules_broken_on_purpose_are_noticed(mistake: str) -> None:
    chain = frozenset({(1, 0)})
    rules = Rules(
        executor="local",
        retries=1,
        timeout=timedelta(hours=1),
        qa=Qa.TOOL if "check" in mistake else Qa.NONE,
        windows=(SHUT,) if "window" in mistake else (),
        deliver=Deliver.PULL_REQUEST if "pull request" in mistake else None,
        skip_when="failed()" if "condition" in mistake else "",
    )

    with pytest.raises(Broken) as found:
        explore(chain, (rules, rules), Scope(TERSE, EVERYTHING, BROKEN[mistake], ALL.only(_NOTICED_BY[mistake])))

    assert found.value.invariant == _NOTICED_BY[mistake]


def test_there_are_as_many_graphs_as_there_should_be() -> None:
    assert [len(shapes(size)) for size in range(1, 6)] == [
        1,
        2,
        6,
        31,
        302,
    ]  # unlabelled acyclic digraphs, OEIS A003087


def test_a_diamond_looks_like_itself_with_its_sides_swapped() -> None:
    diamond = frozenset({(1, 0), (2, 0), (3, 1), (3, 2)})

    assert set(symmetries(diamond, "aaaa")) == {(0, 1, 2, 3), (0, 2, 1, 3)}
    assert symmetries(diamond, "abaa") == ((0, 1, 2, 3),)


def test_mixes_that_differ_only_by_a_symmetry_are_one() -> None:
    two_loose_phases: frozenset[tuple[int, int]] = frozenset()

    assert list(colourings(two_loose_phases, 2, "xy")) == [("x", "x"), ("x", "y"), ("y", "y")]
