"""An issue whose text is a plan, all the way round: preview, edit, publish, and what people do to it by hand."""

from __future__ import annotations

from typing import Any

import pytest

from services.planning.issue_text import FORM_LABEL

from .conftest import Place

PLAN = "Build it.\n\n## Phase 1: Setup\n\nLay the ground.\n\n## Phase 2: Pages\n\nWrite them.\n"


def test_an_issue_with_the_label_is_previewed_and_published_on_request(place: Place) -> None:
    number = place.opens(PLAN)
    preview = place.hears(number, "This is a plan of 2 phases")
    assert "| 3 | 1: Setup |" in preview
    assert "```mermaid" in preview
    assert "`/phase publish`" in preview
    assert len(place.plans()) == 1

    place.says(number, "/phase publish")

    place.until(lambda: place.plans()[0]["status"] == "running")
    assert place.plans()[0]["issue_number"] == number, "the issue itself is the parent"
    body = place.issue(number)["body"]
    assert body.startswith(PLAN.rstrip())
    place.until(lambda: "### Progress" in place.issue(number)["body"])
    assert place.issue(number)["body"].startswith(PLAN.rstrip()), "the person's text is untouched"


def test_the_issues_are_labelled_as_the_repositorys_policy_says(place: Place) -> None:
    place.pushes(".github/phasebot.yml", "version: 1\npublish: {labels: {parent: roadmap, child: step}}\n")
    number = place.opens(PLAN)
    place.hears(number, "a plan of 2 phases")
    place.says(number, "/phase publish")
    place.until(lambda: place.labels(number) == {"phasebot-plan", "roadmap"})
    place.until(lambda: place.labels(number + 2) == {"phase-2", "step"})
    assert place.issue(number)["title"] == "Site", "the title is the person's"


def test_an_edited_text_gets_its_preview_in_the_same_comment(place: Place) -> None:
    number = place.opens(PLAN)
    place.hears(number, "a plan of 2 phases")
    place.edits(number, body=PLAN + "\n## Phase 3: Release\n\nPut it online.\n")
    place.hears(number, "a plan of 3 phases")
    assert len(place.answers(number)) == 1
    assert len(place.plans()) == 1


def test_what_is_no_plan_is_offered_as_one_phase(place: Place) -> None:
    number = place.opens("Please tidy up the shed.")
    place.hears(number, "This text has no phases")
    place.says(number, "/phase publish")
    place.until(lambda: bool(place.plans()) and place.plans()[0]["status"] == "running")


def test_a_plan_that_cannot_be_used_is_explained(place: Place) -> None:
    number = place.opens("## Phase 1: A\n\nDepends on Phase 2.\n\n## Phase 2: B\n\nDepends on Phase 1.\n")
    said = place.hears(number, "cannot be published as it stands")
    assert "(`cycle`)" in said
    place.says(number, "/phase publish")
    place.edits(number, body=PLAN)
    place.hears(number, "a plan of 2 phases")
    assert len(place.plans()) == 1


def test_the_form_needs_no_label(place: Place) -> None:
    number = place.opens(f"### Why\n\n_No response_\n\n### {FORM_LABEL}\n\n{PLAN}", labels=())
    preview = place.hears(number, "a plan of 2 phases")
    assert "| 9 | 1: Setup |" in preview, "lines count as in the issue"


def test_an_edit_after_publishing_waits_to_be_taken_over(place: Place) -> None:
    number = place.opens(PLAN)
    place.hears(number, "a plan of 2 phases")
    place.says(number, "/phase publish")
    place.until(lambda: "### Progress" in place.issue(number)["body"])
    body = place.issue(number)["body"].replace("Write them.", "Write them well.")
    place.edits(number, body=body)
    place.hears(number, "The text of this plan has changed")
    place.says(number, "/phase publish")
    child = place.bot.get(f"/api/queue/{number}")["phases"][1]["issue_number"]
    place.until(lambda: "Write them well." in place.issue(child)["body"])


def test_commands_steer_from_comments(place: Place) -> None:
    number = place.opens(PLAN)
    place.hears(number, "a plan of 2 phases")
    place.says(number, "/phase publish")
    place.until(lambda: place.plans()[0]["status"] == "running")
    place.says(number, "/phase complete 1\n/phase skip 2")
    place.until(lambda: place.plans()[0]["status"] == "completed")
    place.says(number, "/phase complete 1")
    place.hears(number, "`/phase complete` changed nothing")


def test_a_plan_that_is_linked_is_read_from_this_repository(place: Place) -> None:
    place.pushes("docs/plan.md", f"# Site\n\n{PLAN}")
    number = place.opens(f"{place.project}:docs/plan.md")
    assert "| 5 | 1: Setup |" in place.hears(number, "a plan of 2 phases")


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("{project}:docs/none.md", "there is no"),
        ("acme/secret:plan.md", "only files of this very repository are read"),
        ("[plan.md](https://example.org/plan.md)", "over https alone"),
    ],
)
def test_a_link_that_leads_nowhere_is_explained(place: Place, link: str, said: str) -> None:
    number = place.opens(link.format(project=place.project))
    assert said in place.hears(number, "The plan that this issue links cannot be read")
    assert place.plans() == []


def test_a_ticked_box_runs_a_phase_again_and_is_put_back(place: Place) -> None:
    phase = '{match: Setup, executor: local, operations: [{tool: command, run: "false"}]}'
    place.pushes(".github/phasebot.yml", f"version: 1\nphases: [{phase}]\n")
    number = place.opens(PLAN)
    place.hears(number, "a plan of 2 phases")
    place.says(number, "/phase publish")
    place.hears(number, "published as it was previewed")
    place.hears(number, "1 phase is blocked")
    child = place.bot.get(f"/api/queue/{number}")["phases"][0]["issue_number"]
    notice = place.hears(child, "failed on attempt 1")
    comments = place.api.get(f"/repos/{place.project}/issues/{child}/comments").json()
    (id,) = (one["id"] for one in comments if one["body"] == notice)

    ticked = notice.replace("- [ ] `/phase retry`", "- [x] `/phase retry`")
    place.api.patch(f"/repos/{place.project}/issues/comments/{id}", json={"body": ticked})

    place.hears(child, "failed on attempt 2")
    place.hears(child, "asked for `/phase retry` for **Phase 1")
    place.until(lambda: notice in place.answers(child))
    assert len([one for one in place.answers(number) if "is blocked" in one]) == 1, "it is no news on the parent"


# ---------------------------------------------------------------- pushed files

POLICY = 'version: 1\nplans: ["plans/*.md"]\npublish: {auto: true}\n'


def test_a_pushed_file_becomes_a_plan_and_is_amended(place: Place) -> None:
    place.pushes(".github/phasebot.yml", POLICY)
    place.pushes("plans/site.md", f"# Site\n\n{PLAN}")
    place.pushes("notes/other.md", f"# Other\n\n{PLAN}")
    place.until(lambda: [one["status"] for one in place.plans()] == ["running"])
    number = place.plans()[0]["issue_number"]
    place.pushes("plans/site.md", f"# Site\n\n{PLAN}\n## Phase 3: Release\n\nPut it online.\n")
    place.until(lambda: len(place.bot.get(f"/api/queue/{number}")["phases"]) == 3)


def test_a_pushed_policy_that_allows_more_lets_a_plan_go_on(place: Place) -> None:
    def allows(tokens: int) -> None:
        budgets = f"budgets: {{mode: strict, plan: {{tokens: {tokens}}}}}\n"
        place.pushes(
            ".github/phasebot.yml", f'{POLICY}{budgets}phases: [{{match: "*", operations: [{{tool: noop}}]}}]\n'
        )

    def reasons() -> list[Any]:
        items = place.bot.get("/api/queue")["phases"]
        return [one["reason"]["code"] for one in items if one["reason"]]

    allows(0)
    place.pushes("plans/site.md", f"# Site\n\n{PLAN}")
    place.until(lambda: "budget_exhausted" in reasons())
    allows(1)
    place.until(lambda: [one["status"] for one in place.plans()] == ["completed"])


def test_a_broken_policy_is_said_once_and_never_replaces_the_last_good_one(place: Place) -> None:
    place.pushes(".github/phasebot.yml", POLICY)
    place.pushes("plans/site.md", f"# Site\n\n{PLAN}")
    place.until(lambda: [one["status"] for one in place.plans()] == ["running"])
    number = place.plans()[0]["issue_number"]
    place.pushes(".github/phasebot.yml", "version: 1\nplanz: []\n")
    said = place.hears(number, "has problems")
    assert "The last one that was right still counts." in said
    assert "line 2" in said
    place.pushes("plans/more.md", f"# More\n\n{PLAN}")
    place.until(lambda: len(place.plans()) == 2)


def test_a_pushed_file_that_cannot_be_a_plan_is_told_where_people_look(place: Place) -> None:
    place.pushes(".github/phasebot.yml", POLICY)
    place.pushes("plans/site.md", f"# Site\n\n{PLAN}")
    place.until(lambda: [one["status"] for one in place.plans()] == ["running"])
    number = place.plans()[0]["issue_number"]

    place.pushes(
        "plans/site.md", "# Site\n\n## Phase 1: A\n\nDepends on Phase 2.\n\n## Phase 2: B\n\nDepends on Phase 1.\n"
    )

    said = place.hears(number, "cannot be used as a plan")
    assert "`plans/site.md`" in said
    assert "cycle" in said
    assert len(place.bot.get(f"/api/queue/{number}")["phases"]) == 2, "the plan stays as it was"


CYCLE = "# Site\n\n## Phase 1: A\n\nDepends on Phase 2.\n\n## Phase 2: B\n\nDepends on Phase 1.\n"


def test_without_a_plan_to_tell_it_on_the_commit_is_commented_on_once_for_each_content(place: Place) -> None:
    place.pushes(".github/phasebot.yml", POLICY)
    place.pushes("plans/site.md", CYCLE)
    bad = place.commit("plans/site.md")
    place.until(lambda: len(place.comments_on(bad)) == 1)
    (said,) = place.comments_on(bad)
    assert "`plans/site.md` cannot be used as a plan" in said
    assert "[cycle]" in said
    assert bad[:12] in said

    place.pushes("README.md", "x")
    place.hears_of_push(bad, "plans/site.md")
    place.pushes("plans/site.md", CYCLE + "\n")

    other = place.commit("plans/site.md")
    place.until(lambda: len(place.comments_on(other)) == 1)
    assert place.comments_on(bad) == [said]
    assert place.comments_on(place.commit("README.md")) == []
    assert place.plans() == []


def test_a_broken_policy_is_told_on_its_commit_where_there_is_no_plan(place: Place) -> None:
    place.pushes(".github/phasebot.yml", "version: 1\nplanz: []\n")
    commit = place.commit(".github/phasebot.yml")

    place.until(lambda: len(place.comments_on(commit)) == 1)

    (said,) = place.comments_on(commit)
    assert "has problems" in said
    assert "line 2" in said
    assert "people do all work" in said


def test_a_pushed_file_waits_for_its_start_unless_the_policy_publishes(place: Place) -> None:
    place.pushes(".github/phasebot.yml", 'version: 1\nplans: ["plans/*.md"]\n')
    place.pushes("plans/site.md", f"# Site\n\n{PLAN}")
    place.until(lambda: [one["status"] for one in place.plans()] == ["planned"])
    assert place.plans()[0]["issue_number"] is None


def test_an_issue_is_published_at_once_only_where_the_policy_says_so(place: Place) -> None:
    place.pushes(".github/phasebot.yml", "version: 1\npublish: {auto: true}\n")
    place.opens(PLAN)
    place.until(lambda: [one["status"] for one in place.plans()] == ["running"])


# ---------------------------------------------------------------- bursts


def test_many_edits_at_once_make_one_preview_of_the_last_text(place: Place) -> None:
    number = place.opens(PLAN)
    place.hears(number, "a plan of 2 phases")
    more = PLAN + "\n## Phase 3: Release\n\nPut it online.\n"
    place.edits(number, body=more)
    place.hears(number, "a plan of 3 phases")
    (written,) = place.comments(number)
    told = {
        "action": "edited",
        "issue": place.issue(number),
        "changes": {"body": {"from": PLAN}},
        "repository": {"full_name": place.project},
        "sender": {"login": "ada", "type": "User"},
    }
    moments = [f"2026-01-01T10:00:{second:02d}Z" for second in range(40)]

    place.hears_of("issues", [{**told, "issue": {**told["issue"], "updated_at": at}} for at in moments])

    assert place.comments(number) == [written], "neither another one, nor this one written again"
    assert len(place.plans()) == 1


def test_many_pushes_at_once_are_one_plan_and_one_remark(place: Place) -> None:
    place.pushes(".github/phasebot.yml", POLICY)
    place.pushes("plans/bad.md", CYCLE)
    bad = place.commit("plans/bad.md")
    place.until(lambda: len(place.comments_on(bad)) == 1)
    place.pushes("plans/site.md", f"# Site\n\n{PLAN}")
    good = place.commit("plans/site.md")
    place.until(lambda: [one["status"] for one in place.plans()] == ["running"])
    number = place.plans()[0]["issue_number"]
    said = place.answers(number)

    place.hears_of("push", [place.push(bad, "plans/bad.md"), place.push(good, "plans/site.md")] * 20)

    assert len(place.comments_on(bad)) == 1
    assert place.answers(number) == said
    assert len(place.plans()) == 1
