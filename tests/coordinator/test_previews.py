"""What is said of a plan in an issue: what it is, where it goes wrong, what has changed, and how to go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.coordinator import previews
from services.coordinator.intake import Origin, by_hand, plan_from
from services.coordinator.new_version import new_version
from services.domain.errors import PolicyInvalid
from services.domain.plan import Plan
from services.planning.draft import PlanDraft
from services.planning.issue_text import digest, is_form, only_link, plan_text
from services.planning.parser import parse, parse_single
from services.planning.policy import read_policy
from services.publishing.pace import Pace
from services.publishing.text import LIMIT, length
from tests.plans import NOW

TEXT = "Intro.\n\n## Phase 1: Setup\n\n- [ ] folders\n\n## Phase 2: Pages\n\nWrite them.\n"


def made(draft: PlanDraft) -> Plan:
    return plan_from(replace(draft, title="Site"), by_hand, Origin("ada/site", "issues/1", NOW), id="plan")[0]


def shown(text: str) -> str:
    draft = parse(text)
    return previews.preview(previews.Shown(draft=draft, plan=made(draft), pace=Pace(timedelta(seconds=1))))


def test_a_preview_shows_each_phase_with_its_line_and_what_it_needs() -> None:
    said = shown(TEXT)
    assert said.startswith("**This is a plan of 2 phases**, as phasebot reads it. Nothing has been created yet.")
    assert "| 3 | 1: Setup | 1 | – |\n| 7 | 2: Pages | – | 1 |" in said
    assert "```mermaid" in said
    assert "`/phase publish` creates the issues and begins" in said


def test_a_preview_of_a_large_plan_fits_into_a_comment() -> None:
    text = "\n\n".join(f"## Phase {number}: {'x' * 200}\n\nDepends on Phase 99.\n" for number in range(1, 1000))
    draft = parse(text, max_phases=1000)
    assert length(previews.preview(previews.Shown(draft=draft, plan=made(draft), pace=Pace()))) < LIMIT


def test_what_keeps_a_plan_from_being_published_is_said_with_its_line() -> None:
    said = previews.unusable(parse("## Phase 1: A\n\nDepends on Phase 2.\n\n## Phase 2: B\n\nDepends on Phase 1.\n"))
    assert "- ❌ line 1: these phases wait for one another: 1 A → 2 B → 1 A." in said
    assert "(`cycle`)" in said


def test_what_an_edit_changes_is_said_phase_by_phase() -> None:
    origin = Origin("ada/site", "issues/1", NOW)
    old = plan_from(replace(parse(TEXT), title="Site"), by_hand, origin, id="plan")
    edited = TEXT.replace("Write them.", "Write them well.") + "\n## Phase 3: Release\n\nGo.\n"
    new = plan_from(replace(parse(edited), title="Site"), by_hand, origin, id="new")
    said = previews.changed(new_version(*old, *new).diff)
    assert "- **2: Pages**: other text\n- **3: Release**: added" in said
    assert "`/phase publish` takes this over" in said


@pytest.mark.parametrize(("has_older", "words"), [(True, "The last one that was right"), (False, "people do all work")])
def test_a_policy_that_cannot_be_used_is_told_of_with_its_lines(has_older: bool, words: str) -> None:
    with pytest.raises(PolicyInvalid) as broken:
        read_policy("version: 1\nplanz: []\n", tools={}, executors=())
    said = previews.policy_broken(broken.value, "0123456789abcdef", has_older=has_older)
    assert words in said
    assert "- ❌ line 2: there is no key `planz` here. Did you mean `plans`? (`policy_unknown_key`)" in said
    assert said.endswith("Seen at `0123456789ab`.")


# ---------------------------------------------------------------- the plan in a body

FORM = f"### Why\r\n\r\nBecause.\r\n\r\n### Plan for phasebot\r\n\r\n{TEXT}"
BEGIN, END = "<!-- phasebot:begin plan=p of= sig=0 -->", "<!-- phasebot:end plan=p of= sig=0 -->"


def test_lines_are_those_of_the_body() -> None:
    assert is_form(FORM)
    assert not is_form(TEXT)
    assert plan_text(FORM).split("\n")[8] == "## Phase 1: Setup"
    assert "Because." not in plan_text(FORM)


def test_a_fence_around_the_whole_is_no_code() -> None:
    assert [phase.title for phase in parse(plan_text(f"```markdown\n{TEXT}```\n")).phases] == ["Setup", "Pages"]
    two = f"```\n{TEXT}```\n\n```\nmore\n```\n"
    assert plan_text(two) == two.rstrip()


def test_what_we_wrote_ourselves_is_no_part_of_the_plan() -> None:
    body = f"{TEXT}\n\n{BEGIN}\n\n### Progress\n\n## Phase 9: Not this\n\n{END}"
    assert plan_text(body) == TEXT.rstrip()
    assert digest("Site", plan_text(body)) == digest("Site", plan_text(TEXT))
    assert digest("Site", plan_text(body)) != digest("Other", plan_text(TEXT))


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("[plan.md](https://github.com/a/b/files/1/plan.md)\n", "https://github.com/a/b/files/1/plan.md"),
        ("<https://github.com/a/b/blob/main/plan.md>", "https://github.com/a/b/blob/main/plan.md"),
        ("See [plan.md](https://x)", "See [plan.md](https://x)"),
    ],
)
def test_only_a_link_that_stands_alone_is_followed(text: str, link: str) -> None:
    assert only_link(text) == link


def test_a_text_without_phases_is_offered_as_one() -> None:
    draft = parse_single("Tidy up.")
    said = previews.preview(previews.Shown(draft=draft, plan=made(draft), pace=Pace(), single=True))
    assert said.startswith("**This text has no phases.**")
    assert "`/phase publish` makes it one phase and begins" in said
