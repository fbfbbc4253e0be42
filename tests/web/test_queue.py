"""The queue over HTTP."""

from __future__ import annotations

from typing import Any

from services.domain.messages import IssueCreated
from services.domain.phase import IssueRef

from .conftest import PLAN, Bot, error_of


def with_issues(bot: Bot, first: int, **options: Any) -> str:
    """A plan whose parent issue has this number, and its phases the ones after it."""
    plan = bot.upload(**options)
    phases = bot.phasebot.store.views.plan(plan["id"]).view.plan
    keys = [None, *(phase.key for phase in phases)]
    for number, key in enumerate(keys, start=first):
        issue = IssueRef(number=number, id=1000 + number)
        bot.phasebot.order(IssueCreated(plan=plan["id"], cause=f"{plan['id']}/{key}", phase=key, issue=issue))
    return str(plan["id"])


def test_a_queue_item_has_exactly_the_documented_fields(bot: Bot) -> None:
    with_issues(bot, 12)

    item = bot.get("/api/queue")["phases"][1]

    assert item.pop("created_at") <= item.pop("updated_at")
    assert item.pop("queue_id").endswith(".2")
    assert item == {
        "parent_issue": 12,
        "phase_number": 2,
        "issue_number": 14,
        "status": "queued",
        "depends_on_phases": [1],
        "phase_data": {"title": "Pages", "content": "Write the pages.", "external_docs": []},
        "error_message": None,
        "reason": {
            "code": "waiting_for_dependency",
            "words": "waits for 1: Setup",
            "phases": [1],
            "until": None,
            "what": "",
            "facts": {},
        },
    }


def test_the_queue_of_a_parent_issue_has_its_phases_only(bot: Bot) -> None:
    with_issues(bot, 12)
    with_issues(bot, 20, again=True)

    phases = bot.get("/api/queue/20")["phases"]

    assert [(one["parent_issue"], one["issue_number"]) for one in phases] == [(20, 21), (20, 22), (20, 23)]


def test_the_same_number_in_two_repositories_is_told_apart_by_project(bot: Bot) -> None:
    with_issues(bot, 12, project="acme/site")
    with_issues(bot, 12, project="acme/shop")

    assert len(bot.get("/api/queue/12")["phases"]) == 6
    assert len(bot.get("/api/queue/12", project="acme/shop")["phases"]) == 3


def test_a_parent_issue_of_no_plan_is_not_found(bot: Bot) -> None:
    assert error_of(bot.http.get("/api/queue/4711"), 404)["type"] == "not_found"


def test_a_parent_issue_that_is_no_number_is_refused(bot: Bot) -> None:
    for wrong in ("twelve", "0", "99999999999999999999"):
        assert error_of(bot.http.get(f"/api/queue/{wrong}"), 422)["details"][0]["where"] == "path.parent_issue"


def test_the_queue_is_filtered_by_status_and_cut_by_limit(bot: Bot) -> None:
    bot.upload()

    assert [one["phase_number"] for one in bot.get("/api/queue", status="queued")["phases"]] == [2, 3]
    assert len(bot.get("/api/queue", limit=1)["phases"]) == 1
    error_of(bot.http.get("/api/queue", params={"status": "asleep"}), 422)


def test_an_empty_queue_is_an_empty_list(bot: Bot) -> None:
    assert bot.get("/api/queue") == {"phases": [], "next": None}


def test_text_that_looks_like_markup_is_given_back_as_it_was(bot: Bot) -> None:
    bot.upload(PLAN.replace("Write the pages.", "<script>alert(1)</script>"))

    assert "<script>alert(1)</script>" in bot.get("/api/queue")["phases"][1]["phase_data"]["content"]
