"""Operations pages: what came in and goes out, who works, policies, tokens; for those who may see and do such things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.bootstrap import Phasebot
from bot.store.policies import KeptPolicy
from services.domain.access import Role
from services.publishing.pace import Quota

from .conftest import Reader

Upload = Callable[..., dict[str, Any]]
PAGES = ("/operations", "/deliveries", "/outbox", "/workers", "/tools", "/projects", "/tokens", "/start", "/activity")
FOR_ADMINS = ("/deliveries", "/outbox", "/workers", "/tokens")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_read_with_and_without_anything_in_it(operator: Reader, upload: Upload, path: str) -> None:
    assert "<h1" in operator.open(path)
    upload()
    assert "<h1" in operator.open(path)


def test_a_viewer_sees_what_viewers_may(reader: Callable[..., Reader], upload: Upload) -> None:
    upload()
    viewer = reader(Role.VIEWER)

    for path in PAGES:
        viewer.open(path, 403 if path in FOR_ADMINS else 200)
    viewer.open("/operations")
    assert all(f'href="{path}"' not in viewer.html for path in FOR_ADMINS)


def test_deliveries_are_shown_with_what_they_meant_and_replayed(operator: Reader, upload: Upload) -> None:
    upload()
    operator.open("/deliveries?state=applied")
    link = operator.html.split('href="/deliveries/')[1].split('"')[0]

    operator.open(f"/deliveries/{link}")
    assert "start_plan" in operator.text or "attempt_" in operator.text
    operator.send(f"/deliveries/{link}/replay")
    assert "is read and applied once more" in operator.text
    operator.open("/deliveries/999999", 404)


def test_the_limits_of_github_stand_beside_our_own(operator: Reader, phasebot: Phasebot) -> None:
    now = phasebot.clock.now()
    for account, minutes in (("installation 7", 40), ("installation 8", -1)):
        quota = Quota(5000, 4711, now + timedelta(minutes=minutes), now - timedelta(minutes=5))
        phasebot.store.ledger.told(account, quota)
    phasebot.store.ledger.hold("token of ada", None)
    operator.open("/outbox")

    assert "installation 7 0 of 80 in this minute, 0 of 500 in this hour" in operator.text
    assert "GitHub: 4,711 of 5,000 requests are left until" in operator.text
    assert "GitHub: 5,000 requests an hour; a new hour has begun since" in operator.text
    assert "GitHub has not said yet how many requests it allows" in operator.text


def test_a_project_is_paused_and_goes_on(operator: Reader, upload: Upload) -> None:
    upload()
    operator.open("/projects/acme/site")

    operator.send("/projects/acme/site/order", do="pause")
    assert "acme/site is paused" in operator.text
    operator.open("/queue")
    assert "paused" in operator.text.lower()
    operator.open("/projects/acme/site")
    operator.send("/projects/acme/site/order", do="resume")
    assert "acme/site goes on." in operator.text
    operator.open("/projects/acme/nothing", 404)


POLICY = "version: 1  # the only one\n\nlimits:\n  running: 2  # small machine\n"


def test_a_policy_is_edited_with_its_comments_kept(operator: Reader, upload: Upload, phasebot: Phasebot) -> None:
    upload()
    phasebot.store.policies.keep("acme/site", KeptPolicy("abc123", POLICY))
    operator.open("/projects/acme/site")
    assert "running: 2  # small machine" in operator.html

    operator.send("/projects/acme/site/policy", text=POLICY, place="limits.running", value="5")
    assert "running: 5  # small machine" in operator.html
    assert "This text is right." in operator.text


def test_a_wrong_policy_is_told_beside_its_lines(operator: Reader, upload: Upload) -> None:
    upload()
    operator.open("/projects/acme/site")

    operator.send("/projects/acme/site/policy", text="version: 1\nlimitz: {}\n")
    assert "This text cannot be used yet." in operator.text
    assert "limitz" in operator.html.split('class="at here"')[1].split("</pre>")[0]
    operator.send("/projects/acme/site/policy", text=POLICY, place="limits[", value="5")
    assert "no place in a policy" in operator.text


def test_a_token_is_made_shown_once_used_and_revoked(operator: Reader, client: Callable[[], httpx.Client]) -> None:
    operator.open("/tokens")
    operator.send("/tokens", name="ci", role="viewer", project="", days="30")
    token = operator.html.split("<code>")[1].split("</code>")[0]
    assert token not in operator.open("/tokens")

    other = Reader(client()).sign_in(token)
    other.open("/queue")
    id = operator.html.split('action="/tokens/')[1].split("/")[0]
    operator.send(f"/tokens/{id}/revoke")
    assert "revoked" in operator.text
    assert "Sign in to phasebot" in other.open("/queue")


def test_a_token_that_cannot_be_made_says_why(operator: Reader) -> None:
    operator.open("/tokens")
    operator.send("/tokens", status=422, name="no spaces", role="viewer")
    assert "A name has letters" in operator.text
    operator.send("/tokens", name="ci", role="viewer")
    operator.send("/tokens", status=422, name="ci", role="viewer")
    assert "ci" in operator.text


def test_an_admin_of_one_project_makes_no_token_for_all(reader: Callable[..., Reader]) -> None:
    admin = reader(Role.ADMIN, "acme/site")
    admin.open("/tokens")

    admin.send("/tokens", status=403, name="more", role="admin", project="")
    admin.send("/tokens", status=404, name="more", role="viewer", project="acme/other")
    admin.send("/tokens", name="mine", role="viewer", project="acme/site")
    assert "shown this once" in admin.text


def test_the_guide_shows_what_doctor_finds(operator: Reader) -> None:
    operator.open("/start")

    assert "Preview the sample plan" in operator.text
    assert "Database" in operator.text
    assert "webhook" in operator.text.lower()
