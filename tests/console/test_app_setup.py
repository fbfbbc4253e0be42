"""A GitHub App from the guide: a button here, one on GitHub, and an App that is kept; only by whom it was begun."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from bot.bootstrap import Options, Phasebot
from bot.localhub import Hub, HubServer
from bot.settings import Settings
from bot.stored_app import store_app, stored_app
from tests.execution.waiting import eventually
from tests.web.test_serve import client as client_of
from tests.web.test_serve import lines_until, process

from .conftest import PLAN, Reader

REPO = "ada/site"


@pytest.fixture
def github() -> Iterator[HubServer]:
    hub = Hub(None)
    hub.create_user("ada")
    hub.create_repository(REPO)
    with HubServer(hub) as server:
        yield server
    hub.close()


@pytest.fixture
def phasebot(tmp_path: Path, github: HubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Phasebot]:
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "PHASEBOT_GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings(database_url=str(tmp_path / "phasebot.db"), github_api_url=f"{github.url}/api/v3")
    with Phasebot(settings, Options(workspace=tmp_path, issues=False)) as phasebot:
        phasebot.start()
        yield phasebot


def fields(html: str) -> dict[str, str]:
    found = re.findall(r'<input [^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found}


def presses_the_button(github: HubServer, html: str) -> str:
    """On our page, then on that of GitHub; the address to which Ada is sent back."""
    target = unescape(re.findall(r'action="(http[^"]+)"', html)[0])
    ada = {"Cookie": f"localhub_token={github.hub.create_token('ada')}", "Origin": github.url}
    manifest = fields(html)["manifest"]
    with httpx.Client(trust_env=False) as http:
        asked = http.post(target, data={"manifest": manifest}, headers={**ada, "Origin": "http://127.0.0.1"})
        confirm = github.url + re.findall(r'action="([^"]+confirm)"', asked.text)[0]
        back = http.post(confirm, data=fields(asked.text), headers=ada).headers["location"]
    place = urlsplit(back)
    assert place.path == "/start/app/done"
    return f"{place.path}?{place.query}"


def test_the_guide_leads_to_an_app_that_is_kept_and_found_by_its_checks(
    operator: Reader, github: HubServer, phasebot: Phasebot
) -> None:
    operator.open("/start")
    assert "No token" in operator.text
    html = operator.send("/start/app", organization="")
    back = presses_the_button(github, html)
    operator.open(back)

    app = stored_app(phasebot.settings.home)
    assert app is not None
    assert f"The App {app.slug} is kept" in operator.text
    assert f"accepts the App of {app.slug}" in operator.text
    assert f"{app.html_url}/installations/new" in operator.html
    assert "start it again with the options that it had and the repository: phasebot serve --repo" in operator.text
    assert app.private_key not in operator.html
    operator.send("/start/app", status=409, organization="")


def test_started_again_as_the_guide_says_the_server_acts_as_the_app(
    operator: Reader, github: HubServer, phasebot: Phasebot, tmp_path: Path
) -> None:
    operator.open("/start")
    operator.open(presses_the_button(github, operator.send("/start/app", organization="")))
    app = stored_app(phasebot.settings.home)
    assert app is not None
    ada = {"Cookie": f"localhub_token={github.hub.create_token('ada')}", "Origin": github.url}
    httpx.post(f"{app.html_url}/installations/new", data={"repository": REPO}, headers=ada, trust_env=False)
    (words,) = re.findall(r"<code>phasebot (serve --repo) OWNER/NAME</code>", operator.html)
    folder = tmp_path / "anew"
    store_app(folder, app)

    with (
        process(folder, ("-m", "bot", *words.split(), REPO)) as started,
        client_of(lines_until(started, "webhooks")) as http,
    ):
        assert http.post("/api/plans", content=PLAN, params={"project": REPO}).status_code == 201
        issues = f"{github.url}/api/v3/repos/{REPO}/issues"
        eventually(lambda: httpx.get(issues, trust_env=False).json() != [])
        authors = {one["user"]["login"] for one in httpx.get(issues, trust_env=False).json()}

    assert authors == {f"{app.slug}[bot]"}
    with closing(sqlite3.connect(folder / "phasebot.db")) as database:
        ((account, allowed, remaining),) = database.execute("SELECT account, allowed, remaining FROM allowances")
    assert account.startswith("installation")
    assert 0 < remaining < allowed


def test_the_way_back_works_once_and_for_this_browser_alone(
    operator: Reader, github: HubServer, phasebot: Phasebot
) -> None:
    operator.open("/start")
    back = presses_the_button(github, operator.send("/start/app", organization=""))
    operator.open(back.replace("state=", "state=x"), 400)
    operator.http.cookies.delete("phasebot_app")
    operator.open(back, 400)

    assert stored_app(phasebot.settings.home) is None


def test_a_code_that_github_does_not_know_is_told(operator: Reader, phasebot: Phasebot) -> None:
    operator.open("/start")
    html = operator.send("/start/app", organization="")
    state = re.findall(r"state=([\w-]+)", html)[0]

    operator.open(f"/start/app/done?code=unknown&state={state}")

    assert "The App was not kept" in operator.text
    assert stored_app(phasebot.settings.home) is None


def test_the_page_may_lead_to_github_and_nowhere_else(operator: Reader, github: HubServer) -> None:
    operator.open("/start")
    answer = operator.http.post(
        "/start/app", data={"csrf": operator.csrf, "organization": "acme"}, headers={"accept": "text/html"}
    )

    assert f"form-action 'self' {github.url};" in answer.headers["content-security-policy"]
    assert f"{github.url}/organizations/acme/settings/apps/new?state=" in answer.text
    assert json.loads(fields(answer.text)["manifest"])["redirect_url"].endswith("/start/app/done")
    operator.send("/start/app", organization="../../evil")
    assert "is no organization" in operator.text
