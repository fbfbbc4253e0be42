"""The diff says what a new version of a document changes, and knows phases again by more than their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.coordinator.intake import Origin, by_hand, plan_from
from services.planning.diff import Change, Diff, as_text, diff
from services.planning.outlines import outline_of_draft, outline_of_plan
from services.planning.parser import parse
from tests.plans import NOW

PLAN = """\
# Shop

What it is.

## Phase 1: Schema

- [ ] Create the tables
- [ ] Load the fixtures

## Phase 2: API

Serve the catalogue as JSON, see docs/api.md.

- [ ] Write the endpoints

## Phase 3: Pages

- [ ] Render the catalogue
- [ ] Style the basket
"""


def differences(old: str, new: str) -> Diff:
    """From a stored plan, made of the old text, to the new text."""
    plan, text = plan_from(parse(old), by_hand, Origin("ada/shop", "plan.md", NOW), id="plan")
    return diff(outline_of_plan(plan, text), outline_of_draft(parse(new)))


def changes(old: str, new: str) -> dict[str, list[str]]:
    return {one.section.title: [change.value for change in one.changes] for one in differences(old, new).phases}


def test_the_same_document_has_no_differences() -> None:
    found = differences(PLAN, PLAN)

    assert not found
    assert list(as_text(found)) == []


def test_ticked_boxes_are_progress_and_no_change() -> None:
    assert not differences(PLAN, PLAN.replace("[ ]", "[x]"))
    assert not differences(PLAN.replace("[ ]", "[X]"), PLAN)


def test_an_added_phase_shifts_what_comes_after_it() -> None:
    new = PLAN.replace("## Phase 2: API", "## Phase 2: Search\n\nFind things.\n\n## Phase 3: API")
    new = new.replace("## Phase 3: Pages", "## Phase 4: Pages")

    assert changes(PLAN, new) == {"Search": ["added"], "API": ["renumbered", "dependencies"], "Pages": ["renumbered"]}


def test_a_removed_phase_is_told_last() -> None:
    start, end = PLAN.index("## Phase 2"), PLAN.index("## Phase 3")
    found = differences(PLAN, PLAN[:start] + PLAN[end:])

    assert [list(one.changes) for one in found.phases] == [[Change.DEPENDENCIES], [Change.REMOVED]]
    assert list(as_text(found)) == [
        "~ 3: Pages (dependencies)",
        "    + needs 1: Schema",
        "    - needs 2: API",
        "- 2: API",
    ]


def test_a_renamed_phase_is_known_by_its_content() -> None:
    new = PLAN.replace("Phase 2: API", "Phase 2: Public interface")

    found = differences(PLAN, new)

    assert changes(PLAN, new) == {"Public interface": ["renamed"]}
    assert found.pairs == {"1-schema": "1-schema", "2-public-interface": "2-api", "3-pages": "3-pages"}


def test_a_phase_renamed_renumbered_and_rewritten_a_little_is_the_same_phase() -> None:
    section = "## Phase 2: API\n\nServe the catalogue as JSON, see docs/api.md.\n\n- [ ] Write the endpoints\n\n"
    new = PLAN.replace(section, "").replace("Phase 3: Pages", "Phase 2: Pages")
    new += "\n## Phase 3: Interface\n\nServe the catalogue as JSON, see docs/api.md.\n\n- [ ] Write all endpoints\n"

    found = changes(PLAN, new)

    assert found["Interface"][0] == "renamed"
    assert {"moved", "content", "tasks"} <= set(found["Interface"]) | set(found["Pages"])
    assert "removed" not in {change for one in found.values() for change in one}


def test_another_phase_under_an_old_number_is_another_phase() -> None:
    start, end = PLAN.index("## Phase 2"), PLAN.index("## Phase 3")
    new = PLAN[:start] + "## Phase 2: Payment\n\nTake money by card.\n\n" + PLAN[end:]

    found = changes(PLAN, new)

    assert found["Payment"] == ["added"]
    assert found["API"] == ["removed"]


def test_words_that_every_phase_has_do_not_make_two_of_them_one() -> None:
    def part(number: int, title: str, task: str) -> str:
        about = "**Depends on**: Phase 1\n\n**Goal**: it is there." if number > 1 else "**Goal**: it is there."
        return f"## Phase {number}: {title}\n\n{about}\n\n- [ ] T00{number} {task}\n\n"

    shed = (
        "# Shed\n\n" + part(1, "Floor", "Dig") + part(2, "Walls", "Saw the boards") + part(3, "Roof", "Lay the tiles")
    )
    old, new = shed + part(4, "Door", "Hang it"), shed + part(4, "Garden", "Plant roses")

    assert changes(old, new) == {"Garden": ["added"], "Door": ["removed"]}


def test_swapped_phases_are_moved_not_rewritten() -> None:
    schema, api = PLAN.index("## Phase 1"), PLAN.index("## Phase 2")
    pages = PLAN.index("## Phase 3")
    new = PLAN[:schema] + PLAN[api:pages] + PLAN[schema:api] + PLAN[pages:]

    moved = [title for title, found in changes(PLAN, new).items() if "moved" in found]

    assert len(moved) == 1
    assert not any("content" in found for found in changes(PLAN, new).values())


def test_tasks_documents_title_and_overview_are_told() -> None:
    new = PLAN.replace("Load the fixtures", "Load real data").replace("docs/api.md", "docs/rest.md")
    new = new.replace("# Shop", "# Web shop").replace("What it is.", "What it will be.")

    found = differences(PLAN, new)

    assert found.title == ("Shop", "Web shop")
    assert found.overview
    assert found.phases[0].tasks_added == ("Load real data",)
    assert found.phases[0].tasks_removed == ("Load the fixtures",)
    assert Change.DOCUMENTS in found.phases[1].changes
    assert found.as_json()["phases"][0]["tasks_removed"] == ["Load the fixtures"]
    assert list(as_text(found))[:2] == ["~ title: Shop → Web shop", "~ overview"]


def test_phases_of_one_name_are_told_apart_by_their_order() -> None:
    plan = "# P\n\n## Phase 1: Test\n\none\n\n## Phase 1: Test\n\ntwo\n"

    assert not differences(plan, plan)


@given(
    st.permutations([f"## Phase {place}: Part {place}\n\nDo the thing numbered {place}.\n" for place in range(1, 7)])
)
def test_a_new_order_neither_adds_nor_removes(parts: list[str]) -> None:
    ordered = sorted(parts)
    found = differences("# P\n\n" + "\n".join(ordered), "# P\n\n" + "\n".join(parts))

    assert len(found.pairs) == 6
    assert bool([one for one in found.phases if Change.MOVED in one.changes]) == (parts != ordered)


@pytest.mark.parametrize("renamed", [0, 1])
def test_every_phase_of_a_large_plan_is_found_again(renamed: int) -> None:
    def part(place: int, word: str) -> str:
        tasks = "".join(f"- [ ] Write module_{place}_{task} in src/m{place}/t{task}.py\n" for task in range(50))
        return f"## Phase {place}: {word} {place}\n\n{tasks}\n"

    old = "# P\n\n" + "".join(part(place, "Module") for place in range(1, 201))
    new = "# P\n\n" + "".join(part(place, "Modul" if renamed else "Module") for place in range(1, 201))
    before, after = (outline_of_draft(parse(text, max_phases=1000)) for text in (old, new))

    assert len(diff(before, after).pairs) == 200
