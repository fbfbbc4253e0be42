"""`deliver: pull_request`: one pull request when all is done, its merge completes the plan, and whatever else may happen.

Each story is told twice: with webhooks, and without any, when the bot finds out by looking.
"""

from __future__ import annotations

from dataclasses import replace

from bot.localhub.faults import Fault
from bot.workspaces.delivery import branch_of
from services.domain.messages import ReopenPhase
from services.domain.phase import MANUAL, Rules
from tests.localhub.conftest import REPO
from tests.localhub.git import git

from .conftest import Merging, writing

WORK = {"Schema": writing("schema.sql", "tables"), "Pages": writing("pages.html", "html")}


def test_the_results_are_merged_by_a_person_and_that_completes_the_plan(merging: Merging) -> None:
    merging.stage.submits(WORK)

    pull = merging.opened()

    assert [one.number for one in merging.pulls()] == [pull.number]
    assert (pull.title, pull.user.login) == ("Site", "phasebot[bot]")
    assert pull.pull is not None
    assert (pull.pull.head, pull.pull.base) == (merging.pull.branch, "main")
    body = pull.body or ""
    for phase in merging.stage.plan:
        assert phase.issue is not None
        assert f"- Phase {phase.name} (#{phase.issue.number})" in body
    assert f"#{merging.parent().number}" in body
    merging.stage.wait_until(lambda: "waits for the merge of" in "".join(merging.comments()))
    assert merging.parent().is_open

    merging.hub.merge_pull(REPO, pull.number, "ada")
    merging.stage.tell()

    merging.stage.wait_until(lambda: merging.pull.state == "merged")
    merging.stage.wait_until(lambda: not merging.parent().is_open)
    assert merging.clone.fetched("main", "schema.sql") == "tables"
    assert merging.clone.fetched("main", "pages.html") == "html"
    assert merging.api()["status"] == "completed"
    merging.stage.wait_until(lambda: "**completed**" in "".join(merging.comments()))


def test_it_is_seen_in_the_api_and_on_the_page_of_the_plan(merging: Merging) -> None:
    merging.stage.submits(WORK)
    pull = merging.opened()

    plan = merging.api()
    assert (plan["status"], plan["pull"]["number"], plan["pull"]["state"]) == ("running", pull.number, "open")
    assert plan["pull"]["words"] == f"waits for the merge of #{pull.number}"
    assert plan["pull"]["url"].endswith(f"/{REPO}/pull/{pull.number}")
    assert "complete" in plan["orders"]
    page = merging.page()
    assert f"waits for the merge of #{pull.number}" in page
    assert plan["pull"]["url"] in page


def test_a_lost_reply_opens_no_second_one(merging: Merging) -> None:
    merging.hub.faults.add("POST", f"/repos/{REPO}/pulls", Fault.LOST_REPLY)
    merging.stage.submits(WORK)

    merging.opened()

    assert len(merging.pulls()) == 1


def test_one_that_a_person_has_opened_already_is_taken_over(merging: Merging) -> None:
    merging.stage.submits({"Schema": WORK["Schema"], "Review": Rules(executor=MANUAL), "Pages": WORK["Pages"]})
    merging.stage.wait_until(lambda: merging.stage.phase("Review").status == "running")
    theirs = merging.open_by_hand("wes", branch_of(merging.stage.plan.title, merging.stage.id))

    issue = merging.stage.phase("Review").issue
    assert issue is not None
    merging.hub.close_issue(REPO, issue.number, "ada")
    merging.stage.tell()

    assert merging.opened().number == theirs.number
    assert len(merging.pulls()) == 1


def test_closed_without_a_merge_it_is_told_and_reopened_by_a_word(merging: Merging) -> None:
    merging.stage.submits(WORK)
    pull = merging.opened()

    merging.hub.edit_pull(REPO, pull.number, "ada", state="closed")
    merging.stage.tell()
    merging.stage.wait_until(lambda: merging.pull.state == "closed")
    merging.stage.wait_until(lambda: any("was closed without a merge" in one for one in merging.comments()))
    assert merging.api()["status"] == "blocked"

    merging.hub.comment(REPO, merging.parent().number, "ada", "/phase reopen")
    merging.stage.tell()

    assert merging.opened().number == pull.number
    assert merging.hub.repository(REPO).issue(pull.number).is_open


def test_closed_without_a_merge_another_one_is_opened_or_the_plan_completed(merging: Merging) -> None:
    merging.stage.submits(WORK)
    first = merging.opened()
    merging.hub.edit_pull(REPO, first.number, "ada", state="closed")
    merging.stage.tell()
    merging.stage.wait_until(lambda: merging.pull.state == "closed")

    assert merging.order("retry").status_code == 200
    second = merging.opened()
    assert second.number != first.number
    assert merging.order("complete").json()["status"] == "completed"
    merging.stage.wait_until(lambda: not merging.parent().is_open)


def test_a_phase_done_again_moves_the_branch_and_the_pull_request_with_it(merging: Merging) -> None:
    merging.stage.submits({"Schema": WORK["Schema"], "Pages": writing("pages.html", "$(date +%s.%N)")})
    pull = merging.opened()
    assert pull.pull is not None
    before, phase = pull.pull.head_sha, merging.stage.phase("Pages")

    merging.stage.phasebot.order(ReopenPhase(plan=merging.stage.id, phase=phase.key, cause="again", by="ada"))
    merging.stage.wait_until(lambda: merging.stage.phase("Pages").attempts == 2)
    merging.stage.wait_until(lambda: merging.stage.phase("Pages").status == "completed")
    merging.stage.tell()

    after = merging.hub.repository(REPO).issue(pull.number)
    assert after.pull is not None
    assert after.pull.head_sha == git(merging.clone.folder, "rev-parse", merging.pull.branch) != before
    merging.hub.merge_pull(REPO, pull.number, "ada")
    merging.stage.tell()
    merging.stage.wait_until(lambda: merging.pull.state == "merged")


def test_a_branch_that_could_not_be_pushed_is_a_reason_in_words(merging: Merging) -> None:
    git(merging.clone.folder, "remote", "set-url", "origin", "http://127.0.0.1:1/nowhere.git")
    merging.stage.submits(WORK)

    merging.stage.wait_until(lambda: merging.stage.plan.pull is not None and merging.pull.state == "closed")

    [notice] = [one for one in merging.comments() if "All phases are decided, but" in one]
    why = f"The repository of {REPO} has no branch {merging.pull.branch}: it was not pushed to origin: "
    assert merging.api()["pull"]["why"].startswith(why)
    assert "it was not pushed to origin: " in notice


def test_a_base_of_the_policy_is_merged_into(merging: Merging) -> None:
    merging.clone.pushes("next", "next.md", "next")
    git(merging.clone.folder, "switch", "--quiet", "main")
    merging.stage.submits({"Schema": replace(WORK["Schema"], base="next")})

    pull = merging.opened().pull

    assert pull is not None
    assert pull.base == "next"


def test_what_the_pull_request_says_is_echoed_safely(merging: Merging) -> None:
    title = "Ask @all, fixes #1"
    merging.stage.submits({title: WORK["Schema"]})

    body = merging.opened().body or ""

    assert "@all" not in body
    assert "fixes #1" not in body


def test_without_a_remote_the_branch_is_all_and_the_plan_complete(merging: Merging) -> None:
    git(merging.clone.folder, "remote", "remove", "origin")
    merging.stage.submits(WORK)

    merging.stage.wait_until(lambda: merging.api()["status"] == "completed")

    assert merging.stage.plan.pull is None
    [branch] = git(merging.clone.folder, "branch", "--list", "--format=%(refname:short)", "phasebot/*").split()
    assert git(merging.clone.folder, "show", f"{branch}:pages.html") == "html"
