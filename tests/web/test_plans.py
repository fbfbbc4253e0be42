"""Plans over HTTP: upload, look, order."""

from __future__ import annotations

import pytest

from .conftest import PLAN, Bot, error_of, ok

POLICY = """version: 1
phases:
  - match: Setup
    executor: local
    operations: [{tool: command, run: "true"}]
"""


def test_an_uploaded_plan_is_answered_with_its_phases_in_order(bot: Bot) -> None:
    answer = bot.http.post("/api/plans", content=PLAN)

    assert answer.status_code == 201
    plan = answer.json()["plan"]
    assert plan["title"] == "Site"
    assert plan["overview"] == "Build the site."
    assert [(one["phase_number"], one["phase_data"]["title"]) for one in plan["phases"]] == [
        (1, "Setup"),
        (2, "Pages"),
        (3, "Release"),
    ]
    assert plan["phases"][0]["phase_data"]["external_docs"] == ["docs/ground.md"]
    assert [one["depends_on_phases"] for one in plan["phases"]] == [[], [1], [2]]


def test_without_a_policy_the_first_phase_waits_for_a_person(bot: Bot) -> None:
    plan = bot.upload()

    assert [phase["status"] for phase in plan["phases"]] == ["running", "queued", "queued"]
    assert plan["status"] == "running"


def test_a_plan_that_is_not_to_start_stays_planned_until_it_is_started(bot: Bot) -> None:
    plan = bot.upload(start=False)
    assert plan["status"] == "planned"
    assert plan["phases"][0]["reason"]["code"] == "not_started"

    started = bot.post(f"/api/plans/{plan['id']}/start")

    assert started["phases"][0]["status"] == "running"


def test_a_form_brings_the_plan_and_its_policy(bot: Bot) -> None:
    files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", POLICY)}

    uploaded = ok(bot.http.post("/api/plans", files=files))

    first = uploaded["plan"]["phases"][0]["queue_id"]
    bot.wait_until(lambda: bot.get(f"/api/phases/{first}")["status"] == "completed")
    assert bot.get(f"/api/phases/{first}")["executor"] == "local"


def test_a_policy_that_matches_no_phase_says_so(bot: Bot) -> None:
    files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", POLICY.replace("Setup", "Setpu"))}

    uploaded = ok(bot.http.post("/api/plans", files=files))

    assert [finding["code"] for finding in uploaded["policy_findings"]] == ["policy_no_such_phase"]


def test_every_problem_of_a_policy_is_in_the_answer_and_nothing_is_stored(bot: Bot) -> None:
    files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", "version: 1\nphasse: []\nlimits: {running: no}\n")}

    error = error_of(bot.http.post("/api/plans", files=files), 422)

    assert error["type"] == "policy_invalid"
    assert len(error["details"]["findings"]) == 2
    assert bot.get("/api/plans")["plans"] == []


def test_the_same_document_again_is_the_same_plan(bot: Bot) -> None:
    first = bot.upload()

    answer = bot.http.post("/api/plans", content=PLAN)

    assert answer.status_code == 200
    assert answer.json()["resumed"]
    assert answer.json()["plan"]["id"] == first["id"]


def test_the_same_document_becomes_a_new_plan_where_that_is_asked_for(bot: Bot) -> None:
    first = bot.upload()

    assert bot.upload(again=True)["id"] != first["id"]
    assert len(bot.get("/api/plans")["plans"]) == 2


def test_a_circle_is_refused_with_the_finding(bot: Bot) -> None:
    text = "# X\n\n## Phase 1: A\n\n**Depends on**: Phase 2\n\n## Phase 2: B\n\n**Depends on**: Phase 1\n"

    error = error_of(bot.http.post("/api/plans", content=text), 422)

    assert error["type"] == "plan_invalid"
    (cycle,) = [one for one in error["details"]["findings"] if one["severity"] == "error"]
    assert (cycle["code"], cycle["line"]) == ("cycle", 3)
    assert bot.get("/api/plans")["plans"] == []


def test_a_document_without_phases_is_refused_with_the_way_out(bot: Bot) -> None:
    error = error_of(bot.http.post("/api/plans", content="Just do it."), 422)

    assert error["type"] == "plan_invalid"
    assert "single" in error["message"]


def test_a_document_without_phases_can_be_taken_as_one(bot: Bot) -> None:
    assert len(bot.upload("# Mend the login\n\nIt is broken.", single=True)["phases"]) == 1


@pytest.mark.parametrize("body", [b"# Plan\0", b"# Plan \xff"], ids=["binary", "not UTF-8"])
def test_what_is_no_text_is_refused(bot: Bot, body: bytes) -> None:
    assert error_of(bot.http.post("/api/plans", content=body), 422)["type"] == "plan_unreadable"


def test_a_plan_over_5_mb_is_refused(bot: Bot) -> None:
    error = error_of(bot.http.post("/api/plans", content=b"x" * (5 * 1024 * 1024 + 1)), 413)

    assert error["type"] == "too_large"
    assert error["details"] == {"limit": 5 * 1024 * 1024}


def test_a_file_over_5_mb_in_a_form_is_refused(bot: Bot) -> None:
    files = {"plan": ("big.md", b"x" * (5 * 1024 * 1024 + 1))}

    assert error_of(bot.http.post("/api/plans", files=files), 413)["type"] == "too_large"


def test_a_plan_without_a_title_is_called_like_its_file_without_what_cannot_be_shown(bot: Bot) -> None:
    head = '--x\r\nContent-Disposition: form-data; name="plan"; filename="my\x07 \u202esite.md"\r\n\r\n'
    body = f"{head}{PLAN.replace('# Site', 'Once.')}\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    assert ok(bot.http.post("/api/plans", content=body, headers=headers))["plan"]["title"] == "my site"


def test_a_form_without_a_plan_is_refused(bot: Bot) -> None:
    error = error_of(bot.http.post("/api/plans", files={"other": ("x.md", "x")}), 400)

    assert error["type"] == "form_invalid"


def test_a_form_that_is_none_is_refused(bot: Bot) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    for content in (b"nothing like a form", b""):
        assert error_of(bot.http.post("/api/plans", content=content, headers=headers), 400)["type"] == "form_invalid"


def test_a_form_without_a_boundary_is_refused(bot: Bot) -> None:
    headers = {"Content-Type": "multipart/form-data"}

    assert error_of(bot.http.post("/api/plans", content=b"x", headers=headers), 400)["type"] == "form_invalid"


def test_json_is_sent_to_where_it_belongs(bot: Bot) -> None:
    error = error_of(bot.http.post("/api/plans", json={"plan": PLAN}), 415)

    assert "/api/request" in error["message"]


def test_options_that_are_unknown_or_wrong_are_named(bot: Bot) -> None:
    answer = bot.http.post("/api/plans", content=PLAN, params={"project": "no-slash", "colour": "red"})

    error = error_of(answer, 422)
    assert {one["where"] for one in error["details"]} == {"query.project", "query.colour"}


def test_a_plan_that_is_not_there_is_not_found(bot: Bot) -> None:
    assert error_of(bot.http.get("/api/plans/nothing"), 404)["type"] == "not_found"
    assert error_of(bot.http.post("/api/plans/nothing/start"), 404)["type"] == "not_found"


def test_plans_are_listed_newest_first_and_by_project(bot: Bot) -> None:
    bot.upload(project="acme/site")
    bot.upload(PLAN.replace("Site", "Shop"), project="acme/shop")

    assert [plan["title"] for plan in bot.get("/api/plans")["plans"]] == ["Shop", "Site"]
    (plan,) = bot.get("/api/plans", project="acme/site")["plans"]
    assert plan["counts"] == {"running": 1, "queued": 2}


def test_a_paused_plan_starts_nothing_until_it_is_resumed(bot: Bot) -> None:
    plan = bot.upload()
    bot.post(f"/api/plans/{plan['id']}/pause")
    paused = bot.post(f"/api/phases/{plan['phases'][0]['queue_id']}/complete")
    assert paused["status"] == "completed"
    assert bot.get(f"/api/phases/{plan['phases'][1]['queue_id']}")["reason"]["code"] == "plan_paused"

    resumed = bot.post(f"/api/plans/{plan['id']}/resume")

    assert [phase["status"] for phase in resumed["phases"]] == ["completed", "running", "queued"]


def test_a_cancelled_plan_gives_everything_up(bot: Bot) -> None:
    plan = bot.upload()

    cancelled = bot.post(f"/api/plans/{plan['id']}/cancel")

    assert {phase["status"] for phase in cancelled["phases"]} == {"cancelled"}


def test_an_order_that_does_not_fit_is_refused_in_words(bot: Bot) -> None:
    plan = bot.upload()

    error = error_of(bot.http.post(f"/api/plans/{plan['id']}/resume"), 409)

    assert (error["type"], error["message"]) == ("order_refused", "a plan that is active cannot be resumed")


def test_an_order_meant_for_an_older_version_is_refused_with_the_present_one(bot: Bot) -> None:
    plan = bot.upload()

    error = error_of(bot.http.post(f"/api/plans/{plan['id']}/pause", json={"version": plan["version"] - 1}), 409)

    assert error["type"] == "stale_version"
    assert error["details"] == {"version": plan["version"]}
    assert bot.post(f"/api/plans/{plan['id']}/pause", {"version": plan["version"]})["status"] == "paused"


def test_several_files_are_several_plans(bot: Bot) -> None:
    other = PLAN.replace("# Site", "# Shop")
    files = [("plan", ("site.md", PLAN)), ("plan", ("shop.md", other)), ("policy", ("phasebot.yml", POLICY))]

    uploads = ok(bot.http.post("/api/plans", files=files))["uploads"]

    assert [one["plan"]["title"] for one in uploads] == ["Site", "Shop"]
    assert {bot.get(f"/api/phases/{one['plan']['phases'][0]['queue_id']}")["executor"] for one in uploads} == {"local"}


def test_of_several_files_none_becomes_a_plan_if_one_cannot(bot: Bot) -> None:
    files = [("plan", ("site.md", PLAN)), ("plan", ("bad.md", "Nothing like a plan."))]

    assert error_of(bot.http.post("/api/plans", files=files), 422)["type"] == "plan_invalid"
    assert bot.get("/api/plans")["plans"] == []


def test_more_files_than_are_taken_are_refused(bot: Bot) -> None:
    files = [("plan", (f"{n}.md", PLAN)) for n in range(40)]

    assert error_of(bot.http.post("/api/plans", files=files), 400)["type"] == "form_invalid"
