"""One click: the person's browser, phasebot's page and GitHub's, and an App that acts from then on."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.cli.commands.setup import _page
from bot.cli.identity import checked_identity
from bot.clock import SystemClock
from bot.github.client import Draft, GitHub
from bot.github.session import Access
from bot.localhub import Hub, HubServer
from bot.settings import Settings, read_settings
from bot.setup.page import SetupPage
from bot.stored_app import StoredApp, store_app, stored_app
from services.domain.errors import NotAllowed, StorageUnavailable

REPO = "ada/site"


@pytest.fixture
def server() -> Iterator[HubServer]:
    hub = Hub(None)
    hub.create_user("ada")
    hub.create_repository(REPO)
    with HubServer(hub) as server:
        yield server
    hub.close()


@pytest.fixture
def settings(server: HubServer, tmp_path: Path) -> Settings:
    return Settings(
        database_url=str(tmp_path / "data" / "phasebot.db"),
        github_api_url=f"{server.url}/api/v3",
        public_url="https://bot.example",
    )


@pytest.fixture
def page(settings: Settings) -> Iterator[SetupPage]:
    with _page(settings, None, "My planner") as page:
        yield page


class Browser:
    """Ada's. She is signed in on the tracker, and presses every button there is."""

    def __init__(self, server: HubServer) -> None:
        self._server = server
        self.http = httpx.Client(trust_env=False)

    def forms(self, html: str) -> dict[str, str]:
        fields = re.findall(r'<input [^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', html)
        return {name: unescape(value) for name, value in fields}

    def presses_the_button(self, page: SetupPage) -> str:
        """Up to where GitHub sends her back; that address."""
        first = self.http.get(page.url)
        target = unescape(re.findall(r'action="([^"]+)"', first.text)[0])
        as_ada = {"Cookie": f"localhub_token={self._server.hub.create_token('ada')}", "Origin": self._server.url}
        asked = self.http.post(target, data=self.forms(first.text), headers={**as_ada, "Origin": page.url})
        confirm = self._server.url + re.findall(r'action="([^"]+confirm)"', asked.text)[0]
        return self.http.post(confirm, data=self.forms(asked.text), headers=as_ada).headers["location"]

    def installs(self, where: str) -> None:
        as_ada = {"Cookie": f"localhub_token={self._server.hub.create_token('ada')}", "Origin": self._server.url}
        self.http.post(where, data={"repository": REPO}, headers=as_ada)


@pytest.fixture
def browser(server: HubServer) -> Iterator[Browser]:
    browser = Browser(server)
    yield browser
    browser.http.close()


def test_one_click_makes_an_app_that_acts(
    server: HubServer, settings: Settings, page: SetupPage, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = browser.presses_the_button(page)
    assert browser.http.get(back).status_code == 200
    installs = page.wait(10)
    assert installs == f"{server.url}/apps/my-planner/installations/new"

    for name in ("PHASEBOT_GITHUB_TOKEN", "PHASEBOT_APP_ID", "PHASEBOT_WEBHOOK_SECRET", "PHASEBOT_GITHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
    ours = read_settings(database_url=settings.database)
    assert ours.github_api_url == f"{server.url}/api/v3"
    assert ours.webhook_secret is not None
    with pytest.raises(NotAllowed, match="not installed"):
        checked_identity(ours, REPO, {})
    browser.installs(installs)
    github = GitHub(Access(ours.github_api_url, checked_identity(ours, REPO, {})), SystemClock())
    assert github.create_issue(REPO, Draft(title="T", body="b")).author == "my-planner[bot]"
    github.close()


def test_what_is_kept_is_for_its_owner_alone(settings: Settings, page: SetupPage, browser: Browser) -> None:
    browser.http.get(browser.presses_the_button(page))
    kept = settings.home / "app.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700
    app = stored_app(settings.home)
    assert app is not None
    assert "PRIVATE KEY" in app.private_key
    assert app.private_key not in repr(app)


def test_only_who_began_here_comes_back_and_once(settings: Settings, page: SetupPage, browser: Browser) -> None:
    back = browser.presses_the_button(page)
    code = parse_qs(urlsplit(back).query)["code"][0]
    for forged in (f"{page.url}/done?code={code}&state=guess", f"{page.url}/done?code={code}", f"{page.url}/done"):
        assert browser.http.get(forged).status_code == 403
    assert stored_app(settings.home) is None
    assert browser.http.get(back).status_code == 200
    assert browser.http.get(back).status_code == 410


def test_a_code_that_github_does_not_know_leaves_nothing_and_can_be_tried_again(
    settings: Settings, page: SetupPage, browser: Browser
) -> None:
    back = browser.presses_the_button(page)
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert browser.http.get(back.replace(code, "spent")).status_code == 502
    assert stored_app(settings.home) is None
    assert browser.http.get(back).status_code == 200


def test_no_other_name_leads_to_the_page(page: SetupPage, browser: Browser) -> None:
    assert browser.http.get(page.url, headers={"Host": "evil.example"}).status_code == 403
    assert "default-src 'none'" in browser.http.get(page.url).headers["content-security-policy"]


def asked(page: SetupPage, browser: Browser) -> tuple[str, dict[str, Any]]:
    html = browser.http.get(page.url).text
    return unescape(re.findall(r'action="([^"?]+)', html)[0]), json.loads(browser.forms(html)["manifest"])


@pytest.mark.parametrize(
    ("api_url", "organization", "target"),
    [
        ("https://api.github.com", None, "https://github.com/settings/apps/new"),
        ("https://api.github.com", "acme", "https://github.com/organizations/acme/settings/apps/new"),
        ("https://git.example/api/v3", None, "https://git.example/settings/apps/new"),
        ("https://api.acme.ghe.com", "acme", "https://acme.ghe.com/organizations/acme/settings/apps/new"),
    ],
)
def test_every_kind_of_server_has_its_own_page(
    tmp_path: Path, browser: Browser, api_url: str, organization: str | None, target: str
) -> None:
    settings = Settings(database_url=str(tmp_path / "db"), github_api_url=api_url, public_url="https://bot.example")
    with _page(settings, organization, None) as page:
        action, manifest = asked(page, browser)
    assert action == target
    assert manifest["hook_attributes"] == {"url": "https://bot.example/webhooks/github", "active": True}
    assert manifest["default_permissions"]["issues"] == "write"
    assert "administration" not in manifest["default_permissions"]


def test_without_a_public_address_webhooks_stay_off(tmp_path: Path, browser: Browser) -> None:
    with _page(Settings(database_url=str(tmp_path / "db")), None, None) as page:
        assert asked(page, browser)[1]["hook_attributes"]["active"] is False


APP = StoredApp("7", "planner", "https://git.example/api/v3", "https://git.example/apps/planner", "key", "hush")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PHASEBOT_GITHUB_TOKEN", "PHASEBOT_APP_ID", "PHASEBOT_WEBHOOK_SECRET", "PHASEBOT_GITHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
    store_app(tmp_path, APP)
    return tmp_path


def test_whatever_was_set_goes_before_what_is_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = str(kept / "phasebot.db")
    assert read_settings(database_url=database).app_id == "7"
    assert read_settings(database_url=database, github_api_url="https://other.example").app_id == ""
    monkeypatch.setenv("PHASEBOT_GITHUB_TOKEN", "mine")
    assert read_settings(database_url=database).app_id == ""


def test_a_file_that_was_spoilt_is_named(kept: Path) -> None:
    (kept / "app.json").write_text("{")
    with pytest.raises(StorageUnavailable, match=r"app\.json"):
        read_settings(database_url=str(kept / "phasebot.db"))
