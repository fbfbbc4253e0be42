"""The outline: what is a heading, a task, a row — and what only looks like one."""

from __future__ import annotations

from services.planning.markdown import read_outline
from services.planning.outline import Fence, Heading, Item, Paragraph, Row


def headings(text: str) -> list[tuple[int, int, str]]:
    return [(block.line, block.level, block.text) for block in read_outline(text).blocks if isinstance(block, Heading)]


def items(text: str) -> list[Item]:
    return [block for block in read_outline(text).blocks if isinstance(block, Item)]


def test_headings_in_fences_quotes_comments_and_lists_do_not_count() -> None:
    text = "# Real\n\n```\n# fenced\n```\n\n> # quoted\n\n<!--\n# hidden\n-->\n\n1. item\n\n   # inside\n\n    # code\n"

    assert headings(text) == [(1, 1, "Real")]


def test_lines_are_right_with_a_byte_order_mark_windows_line_ends_and_wide_characters() -> None:
    text = "\ufeff# Überblick ✅\r\n\r\n日本語の段落\r\n\r\n## Straße – 二\r\n- [x] erledigt 🎯\r\n"

    assert headings(text) == [(1, 1, "Überblick ✅"), (5, 2, "Straße – 二")]
    assert [(item.line, item.done, item.text) for item in items(text)] == [(6, True, "erledigt 🎯")]


def test_underlined_headings_count_but_a_sentence_over_a_rule_does_not() -> None:
    wrapped = "two lines of\nrunning text\n---\n"

    assert headings("Title\n=====\n\nPart\n----\n") == [(1, 1, "Title"), (4, 2, "Part")]
    assert headings(wrapped) == []
    assert isinstance(read_outline(wrapped).blocks[0], Paragraph)


def test_closing_marks_and_comments_are_no_part_of_a_heading() -> None:
    assert headings("## Phase 1: C# ##\n## Two <!-- note -->\n") == [(1, 2, "Phase 1: C#"), (2, 2, "Two")]


def test_items_know_their_depth_their_box_and_their_wrapped_text() -> None:
    text = "- [ ] one\n  goes on\n  - [x] two\n  - [-] three\n    1) [ ]* four\n- plain\n"

    assert [(item.depth, item.box, item.number, item.text) for item in items(text)] == [
        (0, " ", "", "one goes on"),
        (1, "x", "", "two"),
        (1, "-", "", "three"),
        (2, " ", "1", "four"),
        (0, "", "", "plain"),
    ]


def test_a_mark_in_brackets_is_no_checkbox() -> None:
    assert [item.box for item in items("- [P] parallel\n- [US1] story\n- [link](x.md)\n")] == ["", "", ""]


def test_tasks_indented_too_far_are_still_tasks() -> None:
    assert [item.text for item in items("Steps:\n\n    - [ ] deep\n    - [x] deeper\n")] == ["deep", "deeper"]


def test_rows_belong_to_their_table_and_keep_escaped_bars() -> None:
    rows = [block for block in read_outline("| a | b |\n|---|---|\n| 1 | x \\| y |\n").blocks if isinstance(block, Row)]

    assert [(row.line, row.is_head, row.cells) for row in rows] == [(1, True, ("a", "b")), (3, False, ("1", "x | y"))]


def test_front_matter_is_set_apart_and_lines_still_count_from_the_top() -> None:
    outline = read_outline("---\ntitle: A plan\n---\n\n# Heading\n")

    assert outline.front_matter == "title: A plan"
    assert headings("---\ntitle: A plan\n---\n\n# Heading\n") == [(5, 1, "Heading")]


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert headings("---\n\nsome text\n\n---\n\n# Heading\n") == [(7, 1, "Heading")]


def test_fences_keep_their_word_and_their_text() -> None:
    fences = [block for block in read_outline("```mermaid\nA --> B\n```\n").blocks if isinstance(block, Fence)]

    assert [(fence.line, fence.info, fence.text) for fence in fences] == [(1, "mermaid", "A --> B")]


def test_sections_end_where_the_next_of_their_level_begins() -> None:
    sections = read_outline("# A\n## B\ntext\n### C\n## D\n").sections

    assert [(one.heading.text, one.end_line, one.parent) for one in sections] == [
        ("A", 5, None),
        ("B", 4, 0),
        ("C", 4, 1),
        ("D", 5, 0),
    ]
