"""A plan file that is run again amends its plan: on the issues, with nothing lost that people wrote, and never twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.intake import Submission
from bot.localhub.values import Issue
from services.coordinator.intake import by_hand
from services.domain.phase import Rules
from services.planning.draft import PhaseDraft
from services.planning.parser import parse
from services.planning.scope import DonePhases, Scope
from tests.recovery.conftest import PLAN, REPO, Away

WORDY = PLAN.replace("Schema\n", "Schema\n\nCreate the tables.\n\n- [ ] Orders\n")


def titles(away: Away) -> list[str]:
    return [f"#{issue.number} {issue.title} ({issue.state})" for issue in away.hub.repository(REPO).issues]


def issue(away: Away, number: int) -> Issue:
    return away.hub.repository(REPO).issue(number)


def children(away: Away) -> list[str]:
    return [one.title for one in away.hub.repository(REPO).sub_issues(1)]


def blockers(away: Away, number: int) -> list[int]:
    return [one.number for one in away.hub.repository(REPO).blocked_by(number)]


@pytest.mark.parametrize("text", [PLAN, WORDY])
def test_the_same_document_again_writes_nothing_and_reads_little(away: Away, text: str) -> None:
    away.run(text)
    before = len(away.hub.requests)

    away.run(text)

    requests = list(away.hub.requests)[before:]
    assert [one.method for one in requests if one.method != "GET"] == []
    assert len(requests) <= 3


def test_a_tick_that_leaves_others_open_is_no_change(away: Away) -> None:
    two = WORDY.replace("- [ ] Orders\n", "- [ ] Orders\n- [ ] Customers\n")
    away.run(two)
    before = len(away.hub.requests)

    away.run(two.replace("[ ] Orders", "[x] Orders"))

    assert [one for one in list(away.hub.requests)[before:] if one.method != "GET"] == []


def test_the_last_tick_completes_the_phase_and_closes_its_issue(away: Away) -> None:
    away.run(WORDY)
    ticked = WORDY.replace("[ ]", "[x]")

    assert away.statuses(ticked) == {"Schema": "completed", "API": "running", "Pages": "queued"}

    assert (issue(away, 2).state, issue(away, 2).state_reason) == ("closed", "completed")


def test_a_hand_that_reopens_counts_more_than_a_document_that_has_not_changed(away: Away) -> None:
    away.run(WORDY)
    ticked = WORDY.replace("[ ]", "[x]")
    away.run(ticked)
    away.hub.reopen_issue(REPO, 2, "ada")

    assert away.statuses(ticked) == {"Schema": "running", "API": "running", "Pages": "queued"}
    assert issue(away, 2).state == "open"


def test_what_is_done_from_the_start_gets_issues_that_are_closed(away: Away) -> None:
    statuses = away.statuses(PLAN.replace("Phase 1: Schema", "Phase 1: Schema ✅"))

    assert statuses == {"Schema": "completed", "API": "running", "Pages": "queued"}
    assert titles(away)[1:] == ["#2 Phase 1: Schema (closed)", "#3 Phase 2: API (open)", "#4 Phase 3: Pages (open)"]
    assert issue(away, 2).state_reason == "completed"


def test_what_is_done_may_be_left_out_and_joins_when_it_is_no_longer_done(away: Away) -> None:
    left_out, text = Scope(done=DonePhases.LEFT_OUT), PLAN.replace("Phase 1: Schema", "Phase 1: Schema ✅")
    away.run(text, scope=left_out)
    assert titles(away)[1:] == ["#2 Phase 2: API (open)", "#3 Phase 3: Pages (open)"]
    before = len(away.hub.requests)
    away.run(text, scope=left_out)
    assert [one for one in list(away.hub.requests)[before:] if one.method != "GET"] == []

    away.run(PLAN, scope=left_out)

    assert titles(away)[3:] == ["#4 Phase 1: Schema (open)"]


def test_an_added_phase_gets_its_issue_and_its_links(away: Away) -> None:
    away.run()

    away.run(PLAN.replace("## Phase 3: Pages", "## Phase 3: Search\n\n## Phase 4: Pages"))

    assert titles(away)[3:] == ["#4 Phase 4: Pages (open)", "#5 Phase 3: Search (open)"]
    assert blockers(away, 5) == [3]
    assert blockers(away, 4) == [5]
    assert "Phase 3: Search" in (issue(away, 1).body or "")


def test_a_removed_phase_is_closed_as_not_planned_with_a_comment(away: Away) -> None:
    away.run()

    statuses = away.statuses(PLAN.replace("## Phase 2: API\n\n## Phase 3: Pages", "## Phase 2: Pages"))

    assert statuses == {"Schema": "running", "Pages": "queued"}
    assert (issue(away, 3).state, issue(away, 3).state_reason) == ("closed", "not_planned")
    assert "was removed from the plan" in away.hub.repository(REPO).comments(3)[-1].body
    assert blockers(away, 4) == [2]


def test_labels_and_the_order_of_sub_issues_follow_the_document(away: Away) -> None:
    away.run()
    away.hub.edit_issue(REPO, 3, "ada", labels=("phase-2", "multi-phase-child", "urgent"))

    away.run("# Shop\n\n## Phase 1: Schema\n\n## Phase 2: Search\n\n## Phase 3: Pages\n\n## Phase 4: API\n")

    assert children(away) == ["Phase 1: Schema", "Phase 2: Search", "Phase 3: Pages", "Phase 4: API"]
    assert {label.name for label in issue(away, 3).labels} == {"phase-4", "multi-phase-child", "urgent"}
    assert {label.name for label in issue(away, 4).labels} == {"phase-3", "multi-phase-child"}
    assert {label.name for label in issue(away, 5).labels} == {"phase-2", "multi-phase-child"}


def test_phases_that_change_places_take_their_issues_along(away: Away) -> None:
    away.run()
    before = len(away.hub.requests)

    away.run("# Shop\n\n## Phase 1: Pages\n\n## Phase 2: Schema\n\n## Phase 3: API\n")

    assert children(away) == ["Phase 1: Pages", "Phase 2: Schema", "Phase 3: API"]
    moved = [one for one in list(away.hub.requests)[before:] if one.path.endswith("/sub_issues/priority")]
    assert len(moved) == 1


def test_a_renamed_phase_keeps_its_issue_and_what_people_wrote(away: Away) -> None:
    away.run(WORDY)
    edited = (issue(away, 2).body or "").replace("Create the tables.", "Create the tables.\n\nAsk Eve about names.")
    away.hub.edit_issue(REPO, 2, "ada", body=edited)

    away.run(
        WORDY.replace("Phase 1: Schema", "Phase 1: Tables").replace("- [ ] Orders", "- [ ] Orders\n- [ ] Customers")
    )

    body = issue(away, 2).body or ""
    assert issue(away, 2).title == "Phase 1: Tables"
    assert "Ask Eve about names." in body
    assert "- [ ] Customers" in body
    assert len(titles(away)) == 4


def test_the_parent_takes_a_new_title_and_overview_and_keeps_what_people_wrote(away: Away) -> None:
    overview = "# Shop\n\nWe sell shoes.\n\nOnly online.\n"
    away.run(PLAN.replace("# Shop\n", overview, 1))
    edited = (issue(away, 1).body or "").replace("Only online.", "Only online, for now.")
    away.hub.edit_issue(REPO, 1, "ada", body=edited)

    away.run(PLAN.replace("# Shop\n", overview.replace("# Shop", "# Web shop").replace("shoes", "hats"), 1))

    assert issue(away, 1).title == "[Multi-Phase] Web shop"
    assert "We sell hats.\n\nOnly online, for now." in (issue(away, 1).body or "")


def test_amending_a_second_time_changes_nothing_more(away: Away) -> None:
    away.run()
    new = "# Web shop\n\n## Phase 1: Schema\n\n## Phase 2: Search\n\nFind things.\n\n## Phase 3: Pages\n"
    away.run(new)
    before = len(away.hub.requests)

    away.run(new)

    assert [one for one in list(away.hub.requests)[before:] if one.method != "GET"] == []


def test_a_finished_plan_goes_on_with_what_is_new(away: Away) -> None:
    away.run("# Shop\n\n## Phase 1: Schema\n")
    away.hub.close_issue(REPO, 2, "ada")
    away.run("# Shop\n\n## Phase 1: Schema\n")
    assert issue(away, 1).state == "closed"

    statuses = away.statuses("# Shop\n\n## Phase 1: Schema\n\n## Phase 2: API\n")

    assert statuses == {"Schema": "completed", "API": "running"}
    assert issue(away, 1).state == "open"


def test_a_phase_done_and_no_longer_in_the_document_is_kept(away: Away) -> None:
    away.run()
    away.hub.close_issue(REPO, 2, "ada")

    statuses = away.statuses("# Shop\n\n## Phase 1: API\n\n## Phase 2: Pages\n")

    assert statuses == {"Schema": "completed", "API": "running", "Pages": "queued"}


def test_what_would_change_can_be_asked_first(away: Away) -> None:
    away.run()
    draft = parse(PLAN.replace("Phase 2: API", "Phase 2: Interface\n\nNew words."))

    with away.phasebot() as bot:
        found = bot.intake.changes(Submission(draft=draft, source="plan.md"))
        same = bot.intake.changes(Submission(draft=parse(PLAN), source="plan.md"))
        unknown = bot.intake.changes(Submission(draft=draft, source="other.md"))

    assert found
    assert {change.value for one in found.diff.phases for change in one.changes} >= {"added", "removed"}
    assert same is not None
    assert not same
    assert unknown is None


def test_new_rules_for_the_same_document_are_taken_and_no_rules_change_nothing(away: Away) -> None:
    def approved(_: PhaseDraft) -> Rules:
        return replace(by_hand(_), approval=True)

    away.run()
    with away.phasebot() as bot:
        plan = bot.intake.submit(Submission(draft=parse(PLAN), source="plan.md", rules_for=approved)).plan
        again = bot.intake.submit(Submission(draft=parse(PLAN), source="plan.md")).plan

    assert all(phase.rules.approval for phase in plan)
    assert all(phase.rules.approval for phase in again)
