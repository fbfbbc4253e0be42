"""What people did to issues while no phasebot was running counts at the next start, and only if they may."""

from __future__ import annotations

from tests.recovery.conftest import REPO, Away


def test_a_child_closed_meanwhile_completes_its_phase(away: Away) -> None:
    assert away.statuses() == {"Schema": "running", "API": "queued", "Pages": "queued"}

    away.hub.close_issue(REPO, 2, "ada")

    assert away.statuses() == {"Schema": "completed", "API": "running", "Pages": "queued"}


def test_a_child_closed_as_not_planned_is_skipped(away: Away) -> None:
    away.run()
    away.hub.close_issue(REPO, 2, "ada", "not_planned")

    assert away.statuses() == {"Schema": "skipped", "API": "running", "Pages": "queued"}


def test_the_hand_of_somebody_who_may_not_steer_is_not_heeded(away: Away) -> None:
    away.run()
    away.hub.add_collaborator(REPO, "eve", "triage")
    away.hub.close_issue(REPO, 2, "eve")

    assert away.statuses() == {"Schema": "running", "API": "queued", "Pages": "queued"}


def test_what_the_bot_closed_itself_is_no_news(away: Away) -> None:
    away.run()
    away.hub.close_issue(REPO, 2, "ada")
    away.run()
    requests_before = len(away.hub.requests)

    assert away.statuses()["Schema"] == "completed"

    writes = [one for one in list(away.hub.requests)[requests_before:] if one.method != "GET"]
    assert writes == []
