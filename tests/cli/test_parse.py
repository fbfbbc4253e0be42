"""`phasebot parse` and `phasebot lint`, as processes."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.cli.process import Phasebot
from tests.cli.samples import CHAIN, CYCLE, PROSE, many


def test_a_plan_is_shown_with_its_phases_and_what_they_need(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)

    shown = phasebot("parse", "plan.md")

    assert shown.code == 0
    assert shown.out.startswith("Build a shed\n3 phases")
    assert "2: Walls  line 7\n  needs 1 (stated in line 9)\n  1 task\n" in shown.out
    assert shown.err == ""


def test_the_json_is_the_whole_draft_and_fits_the_schema_that_is_printed(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)

    draft = json.loads(phasebot("parse", "plan.md", "--json").out)
    schema = json.loads(phasebot("parse", "--schema").out)

    assert [phase["title"] for phase in draft["phases"]] == ["Foundation", "Walls", "Roof"]
    jsonschema.validate(draft, schema)


def test_a_plan_may_come_from_stdin(phasebot: Phasebot) -> None:
    shown = phasebot("parse", "-", given=CHAIN.encode())

    assert shown.code == 0
    assert "3: Roof" in shown.out


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)
    phasebot.write("windows-plan.md", b"\xef\xbb\xbf" + CHAIN.replace("\n", "\r\n").encode())

    assert phasebot("parse", "windows-plan.md").out == phasebot("parse", "plan.md").out


def test_a_document_without_phases_is_no_error_for_parse(phasebot: Phasebot) -> None:
    phasebot.write("notes.md", PROSE)

    shown = phasebot("parse", "notes.md")

    assert shown.code == 0
    assert "No phases found." in shown.out


def test_the_whole_document_may_be_taken_as_one_phase(phasebot: Phasebot) -> None:
    phasebot.write("notes.md", PROSE)

    draft = json.loads(phasebot("parse", "notes.md", "--single", "--json").out)

    assert [phase["title"] for phase in draft["phases"]] == ["Notes"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# Plan\n\0\n", "plan.md: this is a binary file, not a text"),
        (b"# Plan\n\xff\xfe\n", "plan.md:2: byte 8 is not UTF-8"),
        (b"a" * (5 * 1024 * 1024 + 1), "plan.md: the file has "),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(phasebot: Phasebot, content: bytes, message: str) -> None:
    phasebot.write("plan.md", content)

    refused = phasebot("parse", "plan.md")

    assert refused.code == 2
    assert refused.err.startswith(f"error: {message}")
    assert refused.out == ""


def test_a_file_that_is_not_there_is_named(phasebot: Phasebot) -> None:
    refused = phasebot("parse", "nowhere.md")

    assert refused.code == 2
    assert refused.err == "error: nowhere.md: there is no such file\n  Check the path of the plan.\n"


def test_a_folder_is_no_plan(phasebot: Phasebot) -> None:
    assert phasebot("parse", ".").err.startswith("error: .: this is a folder\n")


def test_parse_without_a_plan_says_what_is_missing(phasebot: Phasebot) -> None:
    refused = phasebot("parse")

    assert refused.code == 2
    assert refused.err == "error: name a plan: a Markdown file, or - for stdin\n  See: phasebot parse --help\n"


def test_lint_names_file_line_and_code_and_fails_on_errors(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CYCLE)

    found = phasebot("lint", "plan.md")

    assert found.code == 1
    assert "error: these phases wait for one another" in found.out
    assert found.out.startswith("plan.md:")
    assert "[cycle]" in found.out


def test_lint_is_content_with_a_plan_that_can_be_used(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)

    found = phasebot("lint", "plan.md")

    assert (found.code, found.out) == (0, "✓ plan.md: nothing to complain about\n")


def test_lint_speaks_sarif_and_json(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CYCLE)

    sarif = json.loads(phasebot("lint", "plan.md", "--format", "sarif").out)
    plain = json.loads(phasebot("lint", "plan.md", "--format", "json").out)

    (run,) = sarif["runs"]
    assert [result["ruleId"] for result in run["results"]] == [finding["code"] for finding in plain["findings"]]
    assert "cycle" in {finding["code"] for finding in plain["findings"]}


def test_a_closed_pipe_is_no_crash(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", many(20))

    with phasebot.start("parse", "plan.md", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()

        assert process.stderr.read() == ""
        assert process.wait(30) == 1
