"""Pages: what they say about plans and phases, to whom, and that they never hold more than text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.bootstrap import Phasebot
from bot.web.console import words
from services.domain.access import Role

from .conftest import HTML, PLAN, Reader

Upload = Callable[..., dict[str, Any]]


def test_without_a_plan_the_first_page_shows_how_to_begin(operator: Reader) -> None:
    assert "Start here" in operator.open("/")


def test_the_first_page_shows_what_runs_and_the_newest_plans(operator: Reader, upload: Upload) -> None:
    upload()
    operator.open("/")

    assert "Nothing needs you" in operator.text
    assert "1: Setup" in operator.text
    assert "A person works on it" in operator.text
    assert "0 of 3 phases done" in operator.text


def test_the_queue_says_why_each_phase_waits(operator: Reader, upload: Upload) -> None:
    upload()
    operator.open("/queue")

    assert "Waits for 1: Setup" in operator.text
    assert operator.html.count("data-row") == 3


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?show=running", ["1: Setup"]),
        ("?show=waiting", ["2: Pages", "3: Release"]),
        ("?q=PAGES", ["2: Pages"]),
        ("?q=100%25", []),
        ("?q=_", []),
        ("?show=done", []),
        ("?sort=title", ["2: Pages", "3: Release", "1: Setup"]),
        ("?project=acme/site", ["1: Setup", "2: Pages", "3: Release"]),
        ("?project=acme/other", []),
        ("?show=nonsense&sort=nonsense&view=nonsense", ["1: Setup", "2: Pages", "3: Release"]),
        ("?page=7", []),
    ],
)
def test_the_queue_is_filtered_sorted_and_searched(
    operator: Reader, upload: Upload, query: str, shown: list[str]
) -> None:
    upload()
    rows = operator.open(f"/queue{query}").split("data-row")[1:]

    assert [row.split("</a>")[0].rpartition(">")[2] for row in rows] == shown


def test_the_queue_can_be_read_in_columns(operator: Reader, upload: Upload) -> None:
    upload()
    operator.open("/queue?view=columns")

    assert operator.html.count('class="column"') == 6
    assert "2: Pages" in operator.text


def test_the_queue_goes_on_over_pages(operator: Reader, upload: Upload) -> None:
    for n in range(18):
        upload(PLAN.replace("# Site", f"# Site {n}"))
    operator.open("/queue")
    assert operator.html.count("data-row") == 50
    assert "Page 1 of 2" in operator.text

    operator.open("/queue?page=2")
    assert operator.html.count("data-row") == 4


def test_a_plan_shows_graph_phases_timeline_and_events(operator: Reader, upload: Upload) -> None:
    plan = upload()
    operator.open(f"/plans/{plan['id']}")

    assert operator.html.count('class="node ') == 3
    assert "Critical path: 1: Setup → 2: Pages → 3: Release" in operator.text
    assert 'class="attempt f-running"' in operator.html
    assert "Phase running 1: Setup" in operator.text
    assert "No notices yet" in operator.text


def test_a_phase_shows_what_is_to_be_done_and_what_it_waits_for(operator: Reader, upload: Upload) -> None:
    plan = upload()
    operator.open(f"/phases/{plan['phases'][0]['queue_id']}")
    assert "Lay the ground" in operator.text
    assert "docs/ground.md" in operator.text
    assert "0 of 1 ticked" in operator.text

    operator.open(f"/phases/{plan['phases'][1]['queue_id']}")
    assert "Why it waits: Waits for 1: Setup" in operator.text
    assert "Not attempted yet" in operator.text


def test_the_audit_trail_is_shown_filtered_and_exported(operator: Reader, upload: Upload, api: httpx.Client) -> None:
    plan = upload()
    api.post(f"/api/plans/{plan['id']}/pause")
    operator.open("/activity?by=operator")

    assert "by operator" in operator.text
    assert "/api/events/export?format=csv&amp;by=operator" in operator.html
    assert "Nothing happened" in operator.open("/activity?by=nobody")


def test_only_the_plans_of_ones_own_projects_are_shown(reader: Callable[..., Reader], upload: Upload) -> None:
    plan = upload()
    other = reader(Role.ADMIN, "acme/other")

    for path in ("/", "/queue", "/plans", "/activity"):
        assert "1: Setup" not in other.open(path), path
        assert "acme/site" not in other.html, path
    other.open(f"/plans/{plan['id']}", 404)
    other.open(f"/phases/{plan['phases'][0]['queue_id']}", 404)


NASTY = "<script>alert(1)</script>"


def test_what_people_write_stays_text_everywhere(operator: Reader, phasebot: Phasebot, upload: Upload) -> None:
    text = (
        f"# {NASTY}\n\n{NASTY} <img src=x onerror=alert(1)>\n\n"
        f"## Phase 1: {NASTY} \"'\n\n{NASTY}\n\n- [ ] {NASTY}\n\n## Phase 2: B\n\nDo.\n"
    )
    plan = upload(text)
    phase = plan["phases"][0]["queue_id"]

    for path in ("/", "/queue", f"/queue?q={NASTY}", "/plans", f"/plans/{plan['id']}", f"/phases/{phase}"):
        html = operator.open(path)
        assert "alert(1)" in html, path
        assert "<script>" not in html, path
        assert "<img src=x" not in html, path
    assert "onerror" not in operator.open(f"/sign-in?next=/{NASTY}<img onerror=x>").replace("onerror=x&gt;", "")


def test_errors_are_pages_for_people_and_envelopes_for_programs(operator: Reader) -> None:
    html = operator.open("/plans/nothing", 404)
    assert "There is nothing here" in html
    assert "there is no plan nothing" in html.lower()

    assert operator.http.get("/plans/nothing").json()["error"]["type"] == "not_found"
    assert operator.http.get("/api/plans/nothing", headers=HTML).json()["error"]["type"] == "not_found"


def test_the_theme_is_kept_in_a_cookie(operator: Reader) -> None:
    operator.open("/queue")
    operator.send("/theme", theme="toggle", back="/queue")
    assert 'data-theme="dark"' in operator.html

    operator.send("/theme", theme="light", back="/queue")
    assert 'data-theme="light"' in operator.html


def test_assets_are_kept_for_ever_by_their_hash(operator: Reader) -> None:
    html = operator.open("/queue")
    style = html.split('rel="stylesheet" href="')[1].split('"')[0]

    answer = operator.http.get(style)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in operator.http.get("/static/old/style.css").headers["cache-control"]
    assert operator.http.get("/static/x/..%2f..%2fapp.py").status_code == 404
    assert operator.http.get("/static/x/style.html").status_code == 404


def test_no_page_holds_a_script_a_style_or_an_address_elsewhere(operator: Reader, upload: Upload) -> None:
    plan = upload()
    for path in ("/", "/queue", f"/plans/{plan['id']}", f"/phases/{plan['phases'][0]['queue_id']}"):
        html = operator.open(path)
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<script>" not in html
        assert "http://" not in html.replace("http://127.0.0.1", "")


def test_the_first_page_is_small(operator: Reader, upload: Upload) -> None:
    for n in range(20):
        upload(PLAN.replace("# Site", f"# Site {n}"))
    total = 0
    for path in ("/queue", *[part.split('"')[0] for part in operator.open("/queue").split('="/static/')[1:]]):
        url = path if path.startswith("/queue") else f"/static/{path}"
        answer = operator.http.get(url, headers={**HTML, "accept-encoding": "gzip"})
        total += int(answer.headers["content-length"])

    assert total < 60_000


def test_the_audit_trail_names_plans_and_phases(operator: Reader, upload: Upload) -> None:
    upload()
    operator.open("/activity")

    assert "1: Setup" in operator.text
    assert ">Site</a>" in operator.html


def test_what_stands_between_backticks_is_code() -> None:
    assert words.ticks("write `<b>` or `x`") == "write <code>&lt;b&gt;</code> or <code>x</code>"
