"""The parser's edges: bytes, titles, keys, content, and documents taken as one phase."""

from __future__ import annotations

import pytest

from services.domain.errors import PlanUnreadable
from services.planning.parser import MAX_BYTES, decode, parse, parse_single
from tests.planning.plans import SPEC_KIT


def test_text_is_decoded_without_its_byte_order_mark() -> None:
    assert decode("\ufeff# Plan ✅\r\n".encode(), name="plan.md") == "# Plan ✅\r\n"


@pytest.mark.parametrize(
    ("data", "where", "message"),
    [
        (b"a\n\xff\xfe", "plan.md:2", "byte 3 is not UTF-8"),
        (b"PK\x03\x04\0\0", "plan.md", "this is a binary file, not a text"),
        (b"x" * (MAX_BYTES + 1), "plan.md", "the file has more than the 5,242,880 bytes that a plan may have"),
    ],
)
def test_bytes_that_are_no_plan_name_place_and_fix(data: bytes, where: str, message: str) -> None:
    with pytest.raises(PlanUnreadable) as caught:
        decode(data, name="plan.md")

    assert (caught.value.where, caught.value.message) == (where, message)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("# Tasks: Sync\n", "", "Sync"),
        ("# Implementation Plan: **Sync** 🚀\n", "", "Sync"),
        ("# Tasks — 001 Core\n", "", "001 Core"),
        ("# Phase II Technical Plan: Tools\n", "", "Phase II Technical Plan: Tools"),
        ("---\ntitle: 'From above'\n---\n# Other\n", "", "From above"),
        ("# Implementation Plan\n", ".kiro/specs/login/tasks.md", "login"),
        ("## 1. First\n\n## 2. Second\n", "specs/login/tasks.md", "login"),
        ("## The roadmap\n\n### Milestone 1\n", "roadmap.md", "The roadmap"),
        ("text\n", "notes.md", "notes"),
        ("", "", "Plan"),
    ],
)
def test_the_title_is_what_a_person_would_call_the_plan(text: str, name: str, title: str) -> None:
    assert parse(text, name=name).title == title


def test_keys_are_made_of_number_and_title_and_are_unique() -> None:
    text = "## Phase 1: Set up\n- a\n\n## Phase 2: 日本\n- a\n\n## Phase 3: Set up\n- a\n\n## Phase 3: Set-up\n- b\n"

    assert [phase.key for phase in parse(text).phases] == ["1-set-up", "2", "3-set-up", "3-set-up-2"]


def test_content_is_the_markdown_of_the_phase_without_its_heading() -> None:
    plan = parse("# P\n\nWhy.\n\n## Phase 1: A\n\nText *here*.\n\n- [ ] x\n\n## Phase 2: B\n\n- [ ] y\n")

    first = plan.phases[0]
    assert (first.content, first.line, first.end_line) == ("Text *here*.\n\n- [ ] x", 5, 10)
    assert plan.overview == "Why."


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert parse("\ufeff" + SPEC_KIT.replace("\n", "\r\n")) == parse(SPEC_KIT)


def test_a_document_can_be_taken_as_one_phase() -> None:
    plan = parse_single("# Small change\n\nDo it.\n\n- [ ] a\n- [x] b\n")

    (phase,) = plan.phases
    assert (plan.has_phases, plan.title, phase.title, len(phase.tasks)) == (True, "Small change", "Small change", 2)
    assert phase.content.startswith("# Small change")
    assert plan.findings == ()


def test_labels_name_the_kind_and_the_stories() -> None:
    assert parse(SPEC_KIT).phases[2].labels == ("phase", "us1")


def test_the_label_of_an_empty_field_goes_with_its_answer() -> None:
    form = "### Plan\n\n## Phase 1: A\n\na\n\n## Phase 2: B\n\nb\n\n### Notes\n\n_No response_\n\n### Link\n\nnone\n"

    assert [phase.content for phase in parse(form.replace("\n", "\r\n")).phases] == ["a", "b"]


def test_only_lines_that_are_empty_answers_are_left_out() -> None:
    plan = parse("## Phase 1: A\n\n_No response_\nWrite `_No response_` if so, see ../a.md\n\n## Phase 2: B\n\nb\n")

    assert plan.phases[0].content == "Write `_No response_` if so, see ../a.md"
    assert [(one.code, one.line) for one in plan.findings] == [("path_refused", 4)]


_FORM = (
    "### Title\n\nShop\n\n### Plan\n\n## Phase 1: A\n\n{a}\n\n## Phase 2: B\n\n{b}\n\n"
    "### Where\n\nhere\n\n### Notes\n\n- [x] I agree\n"
)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_field_behind_the_plan_is_no_part_of_its_last_phase(line_end: str) -> None:
    plan = parse(_FORM.format(a="- [ ] a", b="- [ ] b").replace("\n", line_end))

    assert [(phase.content, phase.end_line, phase.done) for phase in plan.phases] == [
        ("- [ ] a", 10, False),
        ("- [ ] b", 14, False),
    ]


def test_headings_within_phases_are_no_fields_but_labels_that_forms_have_are() -> None:
    plan = parse(_FORM.format(a="### Tasks\n\n- [ ] a", b="### Tasks\n\n- [ ] b"))

    assert plan.phases[1].content == "### Tasks\n\n- [ ] b\n\n### Where\n\nhere"


def test_a_heading_over_tasks_stays_in_its_phase() -> None:
    plan = parse(_FORM.format(a="- [ ] a", b="### Deploy\n\n- [ ] b"))

    assert plan.phases[1].content == "### Deploy\n\n- [ ] b"


def test_what_is_no_form_keeps_the_headings_of_its_last_phase() -> None:
    plan = parse("# Shop\n\n" + _FORM.format(a="- [ ] a", b="- [ ] b"))

    assert plan.phases[1].content.endswith("- [x] I agree")
