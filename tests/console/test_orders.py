"""Orders from pages: the same messages as comments, for those who may, with what they say in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from bot.bootstrap import Phasebot
from services.domain.access import Role
from tests.web.conftest import Bot

from .conftest import HTML, PLAN, Reader

Upload = Callable[..., dict[str, Any]]


def test_a_phase_is_completed_and_the_next_one_begins(operator: Reader, upload: Upload) -> None:
    first, second, _ = upload()["phases"]
    page = f"/phases/{first['queue_id']}"
    operator.open(page)

    operator.send(f"{page}/order", verb="complete", back=page)

    assert "1: Setup counts as done." in operator.text
    operator.open(f"/phases/{second['queue_id']}")
    assert "running" in operator.text
    operator.open(page)
    assert "counts as done." not in operator.text, "it is said once"


def test_a_plan_is_paused_and_goes_on(operator: Reader, upload: Upload) -> None:
    plan = upload()["id"]
    operator.open(f"/plans/{plan}")

    operator.send(f"/plans/{plan}/order", verb="pause")
    assert "Site is paused" in operator.text
    operator.send(f"/plans/{plan}/order", verb="resume")
    assert "Site goes on." in operator.text


def test_an_order_that_was_meant_for_an_older_plan_is_refused_in_words(operator: Reader, upload: Upload) -> None:
    plan = upload()
    operator.open(f"/plans/{plan['id']}")
    operator.send(f"/plans/{plan['id']}/order", verb="pause", version=plan["version"])

    operator.send(f"/plans/{plan['id']}/order", verb="cancel", version=plan["version"])

    assert "look at it again" in operator.text


def test_an_order_that_does_not_fit_any_more_says_so(operator: Reader, upload: Upload) -> None:
    phase = upload()["phases"][0]["queue_id"]
    operator.open(f"/phases/{phase}")

    operator.send(f"/phases/{phase}/order", verb="retry")

    assert "1: Setup is running by now: retry does not fit any more" in operator.text


def test_priorities_are_set_and_nonsense_is_refused(operator: Reader, upload: Upload) -> None:
    phase = upload()["phases"][1]["queue_id"]
    operator.open(f"/phases/{phase}")

    operator.send(f"/phases/{phase}/order", verb="priority", argument="20")
    assert "high priority" in operator.text
    operator.send(f"/phases/{phase}/order", verb="priority", argument="soon")
    assert "`soon` is no priority" in operator.text
    operator.send(f"/phases/{phase}/order", status=400, verb="explode")


def test_several_phases_are_skipped_at_once(operator: Reader, upload: Upload) -> None:
    phases = [one["queue_id"] for one in upload()["phases"]]
    operator.open("/queue")

    operator.send("/queue/order", verb="skip", phase=phases[1:])
    assert "Skip: all 2 phases." in operator.text
    operator.send("/queue/order", verb="retry", phase=phases)
    assert "2 of 3 phases: retry. It did not fit Setup." in operator.text
    operator.send("/queue/order", verb="retry")
    assert "No phase was ticked." in operator.text


def test_a_viewer_sees_no_buttons_and_gets_403(reader: Callable[..., Reader], upload: Upload) -> None:
    plan = upload()
    phase = plan["phases"][0]["queue_id"]
    viewer = reader(Role.VIEWER)

    for path in ("/", "/queue", f"/plans/{plan['id']}", f"/phases/{phase}"):
        html = viewer.open(path)
        assert 'name="verb"' not in html, path
        assert "New plan" not in html, path
    for path in (f"/plans/{plan['id']}/order", f"/phases/{phase}/order", "/queue/order"):
        assert "You may not do this" in viewer.send(path, status=403, verb="skip")


def test_an_operator_of_one_project_steers_nothing_in_another(
    reader: Callable[..., Reader], upload: Upload, api: httpx.Client
) -> None:
    phase = upload()["phases"][0]["queue_id"]
    other = reader(Role.OPERATOR, "acme/other")
    other.open("/queue")

    other.send(f"/phases/{phase}/order", status=404, verb="complete")
    other.send("/queue/order", status=404, verb="skip", phase=[phase])
    assert api.get(f"/api/phases/{phase}").json()["status"] == "running"


def test_a_form_without_our_token_does_nothing(operator: Reader, upload: Upload) -> None:
    plan = upload()["id"]
    for data in ({"verb": "pause"}, {"verb": "pause", "csrf": "0" * 64}):
        answer = operator.http.post(f"/plans/{plan}/order", data=data, headers=HTML)
        assert answer.status_code == 403
        assert "load the page again" in answer.text


def test_nobody_is_led_elsewhere_after_an_order(operator: Reader, upload: Upload) -> None:
    plan = upload()["id"]
    operator.open(f"/plans/{plan}")
    answer = operator.http.post(
        f"/plans/{plan}/order",
        data={"csrf": operator.csrf, "verb": "pause", "back": "//evil.example"},
        headers=HTML,
        follow_redirects=False,
    )
    assert answer.headers["location"] == "/"


def test_nul_in_a_field_is_refused(operator: Reader, upload: Upload) -> None:
    phase = upload()["phases"][0]["queue_id"]
    operator.open(f"/phases/{phase}")

    operator.send(f"/phases/{phase}/order", status=400, verb="priority", argument="\0")


FAILS = "version: 1\nphases:\n  - match: '*'\n    executor: local\n    operations: [{tool: command, run: 'false'}]\n"


def test_all_that_failed_is_run_again_wherever_it_stands(
    operator: Reader, api: httpx.Client, phasebot: Phasebot
) -> None:
    for n in range(3):
        files = {"plan": ("plan.md", PLAN.replace("# Site", f"# Site {n}")), "policy": ("phasebot.yml", FAILS)}
        project = "acme/site" if n else "acme/other"
        assert api.post("/api/plans", files=files, params={"project": project}).is_success
    Bot(phasebot, str(api.base_url)).wait_until(lambda: _failed(api) == 3)
    operator.open("/queue?show=failed&project=acme/site")
    assert "Retry all 2 failed phases?" in operator.text

    operator.send("/queue/retry-failed?project=acme/site&show=failed", back="/queue")

    assert "Retry: all 2 phases." in operator.text
    attempts = [one["phase"] for one in api.get("/api/events", params={"kind": "phase_running"}).json()["events"]]
    assert len(attempts) >= 4
    operator.send("/queue/retry-failed?q=nothing", back="/queue")
    assert "Nothing has failed there." in operator.text


def _failed(api: httpx.Client) -> int:
    return len(api.get("/api/queue", params={"status": "failed"}).json()["phases"])


def test_a_viewer_runs_nothing_again(reader: Callable[..., Reader], upload: Upload) -> None:
    upload()
    viewer = reader(Role.VIEWER)
    viewer.open("/queue")
    viewer.send("/queue/retry-failed", status=403)
