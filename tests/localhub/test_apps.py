"""Apps: from a manifest to an installation, and tokens that allow what they were made for and no more."""

from __future__ import annotations

import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from github import Auth, GithubIntegration

from bot.localhub import Hub, HubServer

from .apps import assertion, installed, manifest
from .conftest import REPO, Clients, MovedClock
from .receiver import Receiver

ISSUES = f"/repos/{REPO}/issues"


class Installed:
    """The App in acme/site, and clients that hold its tokens."""

    def __init__(self, hub: Hub, clients: Clients, clock: MovedClock) -> None:
        self.hub, self.clock = hub, clock
        self.app, self.key = installed(hub)
        self.http = clients.http()

    def signed(self, **how: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {assertion(self.app.client_id, self.key, self.clock(), **how)}"}

    def mint(self, **scope: Any) -> httpx.Response:
        id = self.hub.apps.installed_in(self.app)[0].id
        return self.http.post(f"/app/installations/{id}/access_tokens", json=scope, headers=self.signed())

    def token(self, **scope: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.mint(**scope).raise_for_status().json()['token']}"}


@pytest.fixture
def app(hub: Hub, clients: Clients, clock: MovedClock) -> Installed:
    return Installed(hub, clients, clock)


def test_a_person_makes_an_app_of_a_manifest(hub: Hub, server: HubServer, clients: Clients) -> None:
    browser = clients.http()
    browser.cookies.set("localhub_token", hub.create_token("ada"))
    wanted = {**manifest("My Planner"), "redirect_url": "http://127.0.0.1:9/done"}

    page = browser.post("/settings/apps/new?state=s3", data={"manifest": json.dumps(wanted)})
    assert page.status_code == 200
    assert "issues" in page.text
    assert "form-action 'self' http://127.0.0.1:9" in page.headers["content-security-policy"]
    made = browser.post(
        "/settings/apps/new/confirm",
        data={"manifest": json.dumps(wanted), "state": "s3", "name": "Other name"},
        headers={"Origin": server.url},
    )

    back = urlsplit(made.headers["location"])
    told = parse_qs(back.query)
    assert (made.status_code, back.path, told["state"]) == (302, "/done", ["s3"])
    conversion = f"/app-manifests/{told['code'][0]}/conversions"
    given = browser.post(conversion)
    assert given.json()["slug"] == "other-name"
    assert "PRIVATE KEY" in given.json()["pem"]
    assert browser.post(conversion).status_code == 404, "a code works once"


def test_another_site_cannot_confirm_in_the_persons_name(hub: Hub, clients: Clients) -> None:
    browser = clients.http()
    browser.cookies.set("localhub_token", hub.create_token("ada"))
    sent = {"manifest": json.dumps(manifest())}
    answer = browser.post("/settings/apps/new/confirm", data=sent, headers={"Origin": "http://evil.invalid"})
    assert answer.status_code == 403


def test_a_code_is_good_for_an_hour(hub: Hub, clients: Clients, clock: MovedClock) -> None:
    code = hub.apps.register(hub.people.named("ada"), manifest())
    clock.advance(hours=1)
    assert clients.http().post(f"/app-manifests/{code}/conversions").status_code == 404


def test_a_person_installs_it_where_they_administer(hub: Hub, server: HubServer, clients: Clients) -> None:
    app, _ = installed(hub, name="Second")
    hub.create_repository("ada/notes")
    browser = clients.http()
    browser.cookies.set("localhub_token", hub.create_token("ada"))
    assert "ada/notes" in browser.get("/apps/second/installations/new").text
    sent = {"repository": ["ada/notes", "acme/none"]}
    done = browser.post("/apps/second/installations/new", data=sent, headers={"Origin": server.url})
    assert done.headers["location"] == "/ada/notes/issues"
    assert [one.account.login for one in hub.apps.installed_in(app)] == ["acme", "ada"]


def test_pygithub_acts_as_the_app(app: Installed, server: HubServer, clock: MovedClock) -> None:
    auth = Auth.AppAuth(app.app.id, app.key)
    auth.create_jwt = lambda expiration=None: assertion(app.app.id, app.key, clock())  # type: ignore[method-assign]
    integration = GithubIntegration(base_url=server.url, auth=auth, seconds_between_requests=0)
    installation = integration.get_repo_installation("acme", "site")
    token = integration.get_access_token(installation.id).token
    assert token.startswith(f"ghs_{app.app.id}_")
    assert token.count(".") == 2
    assert len(token) > 300
    integration.close()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"issued": 60}, "Issued at"),
        ({"expires": -1}, "must be a numeric value"),
        ({"expires": 700}, "too far in the future"),
    ],
)
def test_an_assertion_outside_its_time_is_refused(app: Installed, how: dict[str, int], message: str) -> None:
    answer = app.http.get("/app", headers=app.signed(**how))
    assert answer.status_code == 401
    assert message in answer.json()["message"]


def test_an_assertion_under_an_older_key_is_refused(app: Installed) -> None:
    signed = app.signed()
    app.hub.apps.create_key(app.app.id)
    assert app.http.get("/app", headers=signed).status_code == 401


def test_neither_stands_for_the_other(app: Installed) -> None:
    """An assertion opens no repository, and a token says nothing about the App."""
    assert app.http.get(f"/repos/{REPO}", headers=app.signed()).status_code == 401
    assert app.http.get("/app", headers=app.token()).status_code == 401
    assert app.http.get("/app").status_code == 401


def test_what_is_written_with_a_token_is_the_bots(app: Installed) -> None:
    made = app.http.post(ISSUES, json={"title": "T", "labels": ["bug"]}, headers=app.token())
    assert made.json()["user"]["login"] == "planner[bot]"
    assert [one["name"] for one in made.json()["labels"]] == ["bug"]


def test_a_token_allows_what_it_was_made_for(app: Installed) -> None:
    reading = app.token(permissions={"issues": "read"})
    assert app.http.get(ISSUES, headers=reading).status_code == 200
    refused = app.http.post(ISSUES, json={"title": "T"}, headers=reading)
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert app.http.get("/user", headers=reading).status_code == 403
    assert app.http.get(f"/repos/{REPO}/contents", headers=reading).status_code == 403


def test_a_token_reaches_its_repositories_alone(app: Installed) -> None:
    hub = app.hub
    secret, other = hub.create_repository("acme/secret", private=True), hub.create_repository("acme/other")
    hub.apps.install(app.app, secret.owner, [secret, other])
    narrow = app.token(repository_ids=[hub.repository(REPO).value.id])
    assert app.http.get("/repos/acme/secret", headers=narrow).status_code == 404
    assert app.http.post("/repos/acme/other/issues", json={"title": "T"}, headers=narrow).status_code == 403
    assert app.http.get("/repos/acme/secret", headers=app.token()).status_code == 200


def test_more_than_was_granted_is_not_to_be_had(app: Installed) -> None:
    hub = app.hub
    elsewhere = hub.create_repository("acme/elsewhere")
    assert app.mint(permissions={"contents": "write"}).status_code == 422
    assert app.mint(permissions={"issues": "everything"}).status_code == 422
    assert app.mint(repository_ids=[elsewhere.id]).status_code == 422


def test_a_token_ends_after_an_hour_with_its_installation_or_at_once(app: Installed, clock: MovedClock) -> None:
    token = app.token()
    clock.advance(minutes=59, seconds=59)
    assert app.http.get(ISSUES, headers=token).status_code == 200
    clock.advance(seconds=1)
    assert app.http.get(ISSUES, headers=token).status_code == 401

    token, installation = app.token(), app.hub.apps.installed_in(app.app)[0]
    app.hub.apps.suspend(installation)
    assert app.http.get(ISSUES, headers=token).status_code == 403
    assert app.mint().status_code == 403
    app.hub.apps.uninstall(installation)
    assert app.http.get(ISSUES, headers=token).status_code == 401
    assert app.http.get(f"/repos/{REPO}/installation", headers=app.signed()).status_code == 404


# ---------------------------------------------------------------- its webhook


def test_an_app_hears_of_all_its_repositories_by_one_webhook_that_nobody_sees_there(
    hub: Hub, receiver: Receiver, clients: Clients, clock: MovedClock
) -> None:
    hub.create_repository("acme/other")
    heard = {"hook_attributes": {"url": receiver.url}, "default_events": ["issues"]}
    app, key = installed(hub, REPO, "acme/other", name="Listener", **heard)
    (installation,) = hub.apps.installed_in(app)

    for place in (REPO, "acme/other"):
        hub.add_collaborator(place, "ada", "admin")
        hub.create_issue(place, "ada", "Told to the App", labels=("bug",))
    hub.drain_deliveries()

    made, *told = receiver.received
    assert (made.what, [one["full_name"] for one in made.payload["repositories"]]) == (
        "installation.created",
        [REPO, "acme/other"],
    )
    assert {one.event for one in told} == {"issues"}, "nothing else that it does not listen to"
    assert {one.payload["repository"]["full_name"] for one in told} == {REPO, "acme/other"}
    assert {one.payload["installation"]["id"] for one in receiver.received} == {installation.id}
    first = receiver.received[0]
    target = [first.headers[f"x-github-hook-installation-target-{what}"] for what in ("type", "id")]
    assert target == ["integration", str(app.id)]
    secret = hub.apps.webhook(app)
    assert secret is not None
    signed = hmac.new((secret.secret or "").encode(), first.body, "sha256").hexdigest()
    assert first.headers["x-hub-signature-256"] == f"sha256={signed}"
    assert hub.repository(REPO).hooks == ()

    http, signed_in = clients.http(), {"Authorization": f"Bearer {assertion(app.id, key, clock())}"}
    listed = http.get("/app/hook/deliveries", headers=signed_in).json()
    assert len(listed) == len(receiver.received)
    assert {one["installation_id"] for one in listed} == {installation.id}
    assert http.get("/app/hook/deliveries").status_code == 401


def test_what_is_suspended_or_uninstalled_hears_nothing(hub: Hub, receiver: Receiver) -> None:
    app, _ = installed(hub, hook_attributes={"url": receiver.url}, default_events=["issues"])
    (installation,) = hub.apps.installed_in(app)
    hub.apps.suspend(installation)
    hub.create_issue(REPO, "ada", "One")
    hub.apps.uninstall(installation)
    hub.create_issue(REPO, "ada", "Two")
    hub.drain_deliveries()
    assert receiver.received == []


def test_an_app_hears_of_what_becomes_of_its_installation(hub: Hub, receiver: Receiver) -> None:
    app, _ = installed(hub, hook_attributes={"url": receiver.url})
    other = hub.create_repository("acme/other")
    for _ in range(2):  # the second time there is nothing to tell
        hub.apps.install(app, other.owner, [hub.repositories.named(REPO), other])
    hub.apps.suspend(hub.apps.installed_in(app)[0])
    hub.drain_deliveries()

    assert [one.what for one in receiver.received] == [
        "installation.created",
        "installation_repositories.added",
        "installation.suspend",
    ]
    _, added, suspended = (one.payload for one in receiver.received)
    assert [one["full_name"] for one in added["repositories_added"]] == ["acme/other"]
    assert suspended["installation"]["suspended_at"] is not None


def test_a_webhook_that_is_off_is_known_and_silent(hub: Hub, receiver: Receiver) -> None:
    app, _ = installed(hub, hook_attributes={"url": receiver.url, "active": False}, default_events=["issues"])
    hub.create_issue(REPO, "ada", "One")
    hub.drain_deliveries()
    assert receiver.received == []
    assert hub.apps.webhook(app) is not None
