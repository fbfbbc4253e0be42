"""Signing in with GitHub, played by localhub: `state`, PKCE, and the role that somebody has in each repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.github.identity import PersonalToken
from bot.localhub import Hub, HubServer
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.auth.github import role_of
from services.domain.access import Role

from .conftest import PATIENCE, PLAN, TOKEN, error_of, ok, served


class Place:
    """A tracker with people in it, a server that they sign in to, and a browser."""

    def __init__(self, hub: Hub, tracker: HubServer, url: str) -> None:
        self.hub, self.tracker, self.url = hub, tracker, url
        self.browser = httpx.Client(trust_env=False, timeout=PATIENCE, headers={"Accept": "*/*"})

    def begin(self, query: str = "") -> httpx.Response:
        return self.browser.get(f"{self.url}/sign-in/github{query}")

    def agree(self, login: str, to: str) -> str:
        """The address that the tracker sends them back to."""
        self.browser.get(self.tracker.sign_in_url(login))
        return str(self.browser.get(to).headers["location"])

    def sign_in(self, login: str) -> httpx.Response:
        return self.browser.get(self.agree(login, self.begin().headers["location"]))

    def api(self, path: str) -> httpx.Response:
        return self.browser.get(f"{self.url}/api/{path}", headers={"Accept": "application/json"})


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    hub = Hub(None)
    with HubServer(hub) as tracker:
        for login in ("ada", "bob", "eve"):
            hub.create_user(login)
        for name in ("ada/site", "ada/shop"):
            hub.create_repository(name)
        hub.add_collaborator("ada/site", "bob", "write")
        client = hub.oauth.register("http://127.0.0.1")
        settings = Settings(
            database_url=str(tmp_path / "bot.db"),
            github_api_url=tracker.url,
            github_client_id=client.id,
            github_client_secret=SecretStr(client.secret),
        )
        access = Access(TOKEN, local_only=True)
        options = Options(workspace=tmp_path, issues=False, repo="ada/site", identity=PersonalToken("unused"))
        with Phasebot(settings, options) as phasebot:
            phasebot.start()
            with served(phasebot, access, create_app(phasebot, access)) as url:
                for project in ("ada/site", "ada/shop"):
                    headers = {"Authorization": f"Bearer {TOKEN}"}
                    ok(httpx.post(f"{url}/api/plans?project={project}", content=PLAN, headers=headers, trust_env=False))
                place = Place(hub, tracker, url)
                with place.browser:
                    yield place
    hub.close()


def test_the_role_is_that_in_the_repository(place: Place) -> None:
    answer = place.sign_in("bob")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    projects = ok(place.api("projects"))["projects"]
    assert [one["id"] for one in projects] == ["ada/site"]  # ada/shop is public: to read it is no role
    error_of(place.api("tokens"), 403)


def test_an_owner_administers_what_is_theirs_and_nothing_else(place: Place) -> None:
    place.sign_in("ada")

    assert len(ok(place.api("projects"))["projects"]) == 2
    assert ok(place.api("tokens"))["tokens"] == []
    error_of(place.api("deliveries"), 403)


def test_who_has_no_role_is_not_let_in(place: Place) -> None:
    assert error_of(place.sign_in("eve"), 403)["type"] == "no_role"
    error_of(place.api("plans"), 401)


def test_an_answer_that_did_not_begin_in_this_browser_is_refused(place: Place) -> None:
    back = place.agree("ada", place.begin().headers["location"])
    with httpx.Client(trust_env=False, timeout=PATIENCE) as other:
        assert error_of(other.get(back), 403)["type"] == "state_mismatch"
    forged = back.replace("state=", "state=x")
    assert error_of(place.browser.get(forged), 403)["type"] == "state_mismatch"
    error_of(place.api("plans"), 401)


def test_a_code_that_was_caught_is_worth_nothing_to_another_browser(place: Place) -> None:
    """PKCE: the one who began has kept what the code was made for."""
    caught = parse_qs(urlsplit(place.agree("ada", place.begin().headers["location"])).query)["code"][0]
    with httpx.Client(trust_env=False, timeout=PATIENCE) as thief:
        begun = thief.get(f"{place.url}/sign-in/github").headers["location"]
        state = parse_qs(urlsplit(begun).query)["state"][0]
        answer = thief.get(f"{place.url}/sign-in/github/callback", params={"code": caught, "state": state})

    assert error_of(answer, 403)["type"] == "sign_in_refused"


def test_a_code_is_good_once(place: Place) -> None:
    back = place.agree("ada", place.begin().headers["location"])
    place.browser.get(back)

    error_of(place.browser.get(back), 403)


def test_one_goes_on_to_the_page_one_wanted_and_nowhere_else(place: Place) -> None:
    for wanted, reached in (("?next=/plans/x", "/plans/x"), ("?next=https://evil.example", "/")):
        back = place.agree("ada", place.begin(wanted).headers["location"])
        assert place.browser.get(back).headers["location"] == reached


@pytest.mark.parametrize(
    ("permissions", "private", "role"),
    [
        ({"admin": True, "push": True, "pull": True}, False, Role.ADMIN),
        ({"maintain": True}, False, Role.ADMIN),
        ({"push": True, "pull": True}, False, Role.OPERATOR),
        ({"triage": True, "pull": True}, False, Role.VIEWER),
        ({"pull": True}, True, Role.VIEWER),
        ({"pull": True}, False, None),
        ({}, True, None),
    ],
)
def test_permissions_are_roles(permissions: dict[str, bool], private: bool, role: Role | None) -> None:
    assert role_of({"permissions": permissions, "private": private}) is role
