"""Progress is written back into the document by the smallest edits, and nothing else in it changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planning.diff import diff
from services.planning.outlines import outline_of_draft
from services.planning.parser import parse
from services.planning.writeback import ticks, written_back
from tests.planning.plans import SPEC_KIT

PLAN = """\
# Shop

## Phase 1: Schema

- [ ] Create the tables
  - [ ] and their indexes
* [x] Decide on names

```md
- [ ] an example of a task
```

> - [ ] quoted

## Phase 2: API

1. [ ] Write the endpoints
"""


def done(text: str, *keys: str) -> str:
    """The document after these phases (all of them without keys) are finished."""
    draft = parse(text)
    return written_back(text, ticks(text, draft, keys or [phase.key for phase in draft.phases]))


def test_the_boxes_of_a_finished_phase_are_ticked() -> None:
    expected = PLAN.replace("- [ ] Create", "- [x] Create").replace("- [ ] and", "- [x] and")

    assert done(PLAN, "1-schema") == expected


def test_other_phases_code_and_quotes_are_left_alone() -> None:
    text = done(PLAN)

    assert "- [ ] an example" in text
    assert "> - [ ] quoted" in text
    assert "1. [x] Write the endpoints" in text


def test_what_is_done_already_needs_no_edit() -> None:
    once = done(PLAN)

    assert ticks(once, parse(once), ["1-schema", "2-api"]) == ()
    assert ticks(PLAN, parse(PLAN), []) == ()


def test_each_edit_is_told_with_its_line() -> None:
    first = ticks(PLAN, parse(PLAN), ["1-schema"])[0]

    assert (first.line, first.before, first.after) == (5, "- [ ] Create the tables\n", "- [x] Create the tables\n")


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_ends_and_the_byte_order_mark_are_kept(line_end: str, start: str) -> None:
    text = start + PLAN.replace("\n", line_end)

    assert done(text) == start + done(PLAN).replace("\n", line_end)


def test_a_document_that_signs_its_headings_gets_the_sign_it_uses() -> None:
    text = "# P\n\n## Phase 1: One ✔️\n\n## Phase 2: Two ⏳\n\n## Phase 3: Three\n\n## Phase 4: Four  \n"

    assert done(text, "2-two", "3-three") == text.replace("Two ⏳", "Two ✔️").replace("Three\n", "Three ✔️\n")


def test_a_document_without_signs_gets_none() -> None:
    text = "# P\n\n## Phase 1: One\n\nDo it.\n\n## Phase 2: Two\n"

    assert done(text) == text


def test_a_box_in_a_heading_is_ticked() -> None:
    assert done("# P\n\n## [ ] Phase 1: One\n\n## [ ] Phase 2: Two\n").count("[x]") == 2


def test_a_nested_list_is_ticked_with_its_phase() -> None:
    text = "# Plan\n\n- [ ] 1. Set up\n  - [ ] 1.1 Make it\n- [ ] 2. Build\n  - [ ] 2.1 Do it\n- [ ] 3. Ship\n"
    draft = parse(text)

    found = written_back(text, ticks(text, draft, [draft.phases[0].key]))

    assert found == text.replace("[ ] 1. Set", "[x] 1. Set").replace("[ ] 1.1", "[x] 1.1")


@pytest.mark.parametrize("text", [PLAN, SPEC_KIT])
def test_the_document_still_says_the_same_plan_with_all_of_it_done(text: str) -> None:
    before, after = parse(text), parse(done(text))

    assert not diff(outline_of_draft(before), outline_of_draft(after))
    assert all(phase.done for phase in after.phases if phase.tasks)


@given(st.text(alphabet=st.sampled_from("#-[] x\r\n*1.>`Phase2:✅⏳\ufeffé"), max_size=200))
def test_whatever_is_written_only_boxes_and_signs_change(text: str) -> None:
    changed = done(f"## Phase 1: A\n{text}\n## Phase 2: B\n- [ ] b\n")

    def bare(words: str) -> str:
        return "".join(one for one in words if one not in "x ✅⏳✔☑🏁")

    assert bare(changed) == bare(f"## Phase 1: A\n{text}\n## Phase 2: B\n- [ ] b\n")
