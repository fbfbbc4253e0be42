"""Requests: several phases are published at once, a single one is previewed and confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.web.auth import Access

from .conftest import PLAN, TOKEN, Bot, error_of, running_bot, served

PHASES: list[dict[str, Any]] = [
    {"number": 1, "title": "Setup", "content": "Lay the ground.\n\n- [ ] T001 Make folders"},
    {"number": 2, "title": "Pages", "content": "See docs/style.md.", "externalDocs": ["docs/pages.md"]},
    {"number": 3, "title": "Release", "content": "Put it online.", "dependsOn": [1]},
]


def test_several_phases_are_published_at_once(bot: Bot) -> None:
    answer = bot.post("/api/request", {"text": "Build the site.", "phases": PHASES})

    assert answer["is_multi_phase"]
    assert answer["preview"] is None
    assert answer["parent_issue_number"] is None
    assert [(one["phase_number"], one["issue_number"]) for one in answer["child_issues"]] == [
        (1, None),
        (2, None),
        (3, None),
    ]
    queue = bot.get("/api/queue")["phases"]
    assert [one["queue_id"] for one in queue] == [one["queue_id"] for one in answer["child_issues"]]
    assert [one["status"] for one in queue] == ["running", "queued", "queued"]


def test_phases_keep_what_was_said_of_them(bot: Bot) -> None:
    answer = bot.post("/api/request", {"title": "Site", "text": "Build the site.", "phases": PHASES})

    plan = bot.get(f"/api/plans/{answer['plan_id']}")
    assert (plan["title"], plan["overview"]) == ("Site", "Build the site.")
    assert [one["depends_on_phases"] for one in plan["phases"]] == [[], [1], [1]]
    assert plan["phases"][1]["phase_data"] == {
        "title": "Pages",
        "content": "See docs/style.md.",
        "external_docs": ["docs/pages.md", "docs/style.md"],
    }


def test_phases_are_put_in_the_order_of_their_numbers(bot: Bot) -> None:
    answer = bot.post("/api/request", {"phases": [PHASES[1], PHASES[0]]})

    titles = [one["phase_data"]["title"] for one in bot.get(f"/api/plans/{answer['plan_id']}")["phases"]]
    assert titles == ["Setup", "Pages"]


def test_a_text_with_several_phases_is_published_at_once(bot: Bot) -> None:
    answer = bot.post("/api/request", {"text": PLAN})

    assert answer["is_multi_phase"]
    assert len(answer["child_issues"]) == 3


@pytest.mark.parametrize(
    "wanted",
    [{"text": "Mend the login page.\n\nIt forgets me."}, {"text": "## Phase 1: Mend\n\nIt.\n"}, {"phases": PHASES[:1]}],
    ids=["words", "Markdown", "a phase"],
)
def test_a_single_phase_is_previewed_and_begins_when_it_is_confirmed(bot: Bot, wanted: Any) -> None:
    asked = bot.post("/api/request", wanted)
    assert not asked["is_multi_phase"]
    assert (asked["plan_id"], asked["child_issues"]) == (None, [])
    assert bot.get("/api/plans")["plans"] == []
    assert bot.get(f"/api/preview/{asked['preview']['id']}") == asked["preview"]

    confirmed = bot.post(f"/api/confirm/{asked['preview']['id']}")

    (phase,) = bot.get("/api/queue")["phases"]
    assert (phase["queue_id"].split(".")[0], phase["status"]) == (confirmed["plan_id"], "running")
    assert phase["phase_data"]["content"] == asked["preview"]["content"]


def test_words_are_called_by_their_first_line(bot: Bot) -> None:
    preview = bot.post("/api/request", {"text": "Mend the login page.\n\nIt forgets me."})["preview"]

    assert preview["title"] == "Mend the login page."
    assert "It forgets me." in preview["content"]


def test_a_long_first_line_is_cut_between_words(bot: Bot) -> None:
    preview = bot.post("/api/request", {"text": "Mend " + "the page " * 40})["preview"]

    assert len(preview["title"]) <= 82
    assert preview["title"].endswith((" the …", " page …"))


def test_what_is_confirmed_cannot_be_confirmed_again_and_is_no_preview_any_more(bot: Bot) -> None:
    id = bot.post("/api/request", {"text": "Mend it."})["preview"]["id"]
    bot.post(f"/api/confirm/{id}")

    assert error_of(bot.http.post(f"/api/confirm/{id}"), 409)["type"] == "confirmed_already"
    assert error_of(bot.http.get(f"/api/preview/{id}"), 404)["type"] == "not_found"


def test_a_preview_that_is_not_there_is_not_found(bot: Bot) -> None:
    error_of(bot.http.get("/api/preview/nothing"), 404)
    error_of(bot.http.post("/api/confirm/nothing"), 404)


def test_a_preview_survives_a_restart(tmp_path: Path) -> None:
    with (
        running_bot(tmp_path) as first,
        served(first, Access(TOKEN, local_only=True)) as url,
        Bot(first, url).http as http,
    ):
        preview = http.post("/api/request", json={"text": "Mend it."}).json()["preview"]

    with running_bot(tmp_path) as second, served(second, Access(TOKEN, local_only=True)) as url:
        bot = Bot(second, url)
        with bot.http:
            assert bot.get(f"/api/preview/{preview['id']}") == preview
            bot.post(f"/api/confirm/{preview['id']}")
            assert bot.get("/api/queue")["phases"][0]["status"] == "running"


def test_the_same_request_twice_is_two_requests(bot: Bot) -> None:
    first = bot.post("/api/request", {"text": "Mend it."})
    second = bot.post("/api/request", {"text": "Mend it."})

    assert first["preview"]["id"] != second["preview"]["id"]


@pytest.mark.parametrize(
    ("phases", "code"),
    [
        ([PHASES[0], PHASES[1] | {"dependsOn": [9]}], "unknown_reference"),
        ([PHASES[0] | {"dependsOn": [2]}, PHASES[1]], "cycle"),
        ([PHASES[0], PHASES[1] | {"number": 1}], "duplicate_number"),
        ([{"number": number, "title": f"T{number}", "content": "x"} for number in range(1, 22)], "too_many_phases"),
    ],
    ids=["unknown", "circle", "twice", "many"],
)
def test_phases_that_cannot_be_a_plan_are_refused_with_the_finding(bot: Bot, phases: Any, code: str) -> None:
    error = error_of(bot.http.post("/api/request", json={"phases": phases}), 422)

    assert error["type"] == "plan_invalid"
    assert code in [one["code"] for one in error["details"]["findings"] if one["severity"] == "error"]
    assert bot.get("/api/plans")["plans"] == []


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ({}, "body"),
        ({"text": " \n"}, "body"),
        ({"text": 5}, "body.text"),
        ({"text": "x", "colour": "red"}, "body.colour"),
        ({"phases": [{"title": "A"}]}, "body.phases.0.number"),
        ({"phases": [{"number": 1, "title": ""}]}, "body.phases.0.title"),
        ({"phases": [PHASES[0] | {"externalDocs": ["../secret.md"]}]}, "body.phases.0.externalDocs.0"),
        ({"phases": [PHASES[0] | {"externalDocs": ["/etc/passwd"]}]}, "body.phases.0.externalDocs.0"),
        ({"phases": [PHASES[0] | {"externalDocs": ["https://example.org/x.md"]}]}, "body.phases.0.externalDocs.0"),
        ({"text": "a\0b"}, "body.text"),
        ({"phases": [PHASES[0] | {"title": "a\0b"}]}, "body.phases.0.title"),
        ({"phases": [PHASES[0] | {"content": "a\0b"}]}, "body.phases.0.content"),
        ({"text": "x", "project": "no-slash"}, "body.project"),
        ([], "body"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_the_place(bot: Bot, wanted: Any, where: str) -> None:
    error = error_of(bot.http.post("/api/request", json=wanted), 422)

    assert error["type"] == "request_invalid"
    assert [one["where"] for one in error["details"]] == [where]


@pytest.mark.parametrize("body", ["{", '{"text": "\\ud800"}', "[" * 100_000], ids=["cut", "surrogate", "nested"])
def test_what_is_no_json_is_refused(bot: Bot, body: str) -> None:
    answer = bot.http.post("/api/request", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422)
    error_of(answer, answer.status_code)
