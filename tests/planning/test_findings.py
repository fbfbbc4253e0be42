"""What lint says about a plan: all of it at once, each with its line."""

from __future__ import annotations

import json

import jsonschema
import pytest

from services.domain.findings import Severity
from services.planning.columns import column_of
from services.planning.parser import parse
from services.planning.rules import BY_CODE, RULES, as_markdown
from services.planning.sarif import as_sarif
from services.planning.schema import plan_schema
from tests.planning.plans import KIRO, SPEC_KIT, phased


def codes(text: str, *, max_phases: int = 20) -> list[tuple[str, int]]:
    return [(finding.code, finding.line) for finding in parse(text, max_phases=max_phases).findings]


def test_a_circle_is_an_error_that_names_its_phases() -> None:
    plan = phased(
        "A", "B", "C", after="## Dependencies\n\n- Phase 1 depends on Phase 2\n- Phase 2 depends on Phase 1\n"
    )

    (error,) = [finding for finding in plan.findings if finding.severity is Severity.ERROR]
    assert (error.code, error.message) == ("cycle", "these phases wait for one another: 1 A → 2 B → 1 A")


def test_everything_is_said_at_once_in_the_order_of_the_document() -> None:
    text = (
        "# P\n\n## Phase 1: A ✅\n\n- [ ] T1 open\n\n## Phase 1: Again\n\n- [ ] T1 twice\n\n## Phase 4: D\n\nsee ../x.md\n"
        "**Depends on**: Phase 9\n\n## Phase 5: E\n"
    )

    assert codes(text) == [
        ("done_but_open", 3),
        ("duplicate_number", 7),
        ("duplicate_task", 9),
        ("number_gap", 11),
        ("path_refused", 13),
        ("unknown_reference", 14),
        ("empty_phase", 16),
    ]


def test_more_phases_than_allowed_is_an_error_at_the_first_one_too_many() -> None:
    text = "".join(f"## Phase {n}: P{n}\n- [ ] x\n" for n in range(1, 5))

    assert codes(text, max_phases=3) == [("too_many_phases", 7)]
    assert codes(text, max_phases=4) == []


def test_texts_too_long_for_an_issue_are_told() -> None:
    text = f"# P\n\n## Phase 1: {'long ' * 60}\n\n- [ ] x\n\n{'word ' * 13_000}\n"

    assert [code for code, _ in codes(text)] == ["long_title", "oversize_phase"]


def test_a_dependency_on_a_later_phase_is_noted() -> None:
    plan = phased("A", "B", after="## Dependencies\n\n- Phase 1 depends on Phase 2\n")

    assert [finding.code for finding in plan.findings] == ["later_dependency"]


def test_an_uncertain_reading_says_so() -> None:
    text = "# Notes\n\n- [ ] 1. one\n- [ ] 2. two\n"

    plan = parse(text)

    assert plan.confidence < 0.6
    assert [finding.code for finding in plan.findings] == ["low_confidence"]


def test_every_rule_is_in_the_table_once() -> None:
    assert len(BY_CODE) == len(RULES)
    assert as_markdown().count("\n") == len(RULES) + 2


def test_what_parse_prints_keeps_to_its_schema() -> None:
    validator = jsonschema.Draft202012Validator(plan_schema())
    validator.check_schema(plan_schema())

    for text in ("", SPEC_KIT, KIRO, "# P\n\n## Phase 1: A ✅\n\n- [ ] T1 open ../x.md\n"):
        validator.validate(json.loads(json.dumps(parse(text).as_json())))


def test_findings_become_sarif_results_at_their_lines() -> None:
    findings = parse("# P\n\n## Phase 1: A\n- [ ] x\n\n## Phase 3: C\n- [ ] x\n").findings

    run = as_sarif(findings, name="plans/p.md", version="1.0")["runs"][0]

    (result,) = run["results"]
    location = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], result["level"]) == ("number_gap", "note")
    assert location == {"artifactLocation": {"uri": "plans/p.md"}, "region": {"startLine": 6, "startColumn": 10}}
    assert result["ruleId"] in [rule["id"] for rule in run["tool"]["driver"]["rules"]]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("## Phase 1: A\n- [ ] T1 a\n  - [ ] **T1**: b\n", "duplicate_task", (3, 11)),
        ("## Phase 1: A\n- [ ] a\n\n## Phase 2: B\n\nDepends on Phase 1 and Phase 9.\n", "unknown_reference", (6, 30)),
        ("## Phase 1: A\n- [ ] a\n\n## Phase 12: größer\n- [ ] b\n", "number_gap", (4, 10)),
        ("## Phase 1: A\n- [ ] 日本 see ../y.md\n", "path_refused", (2, 14)),
        ("# P\r\n\r\n## Phase 1: A\r\n- [ ] a\r\n\r\n## Phase 2: B\r\n", "empty_phase", (6, 4)),
        (
            "## Phase 1: Shop\n- [ ] a\n## Phase 2: Store\n- [ ] b\n## Dependencies\n- Shop depends on Store\n",
            "later_dependency",
            (6, 19),
        ),
        ("\ufeff- [x] no plan at all\n", "no_phases", (1, 1)),
    ],
)
def test_a_finding_says_where_in_its_line(text: str, code: str, place: tuple[int, int]) -> None:
    found = {one.code: (one.line, one.column) for one in parse(text).findings}

    assert found.get(code, ()) == place


def test_a_column_finds_whole_words_or_else_the_text_behind_the_marks() -> None:
    assert column_of("- **Phase 12**: after Phase 2", "2") == 29
    assert column_of("  > ## Phase 12", "2", None, "3") == 8
    assert column_of("Phase2", "") == 1
    assert column_of("---", "2") == 1
