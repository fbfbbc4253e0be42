"""Who may ask: token, loopback names, other sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.bootstrap import Phasebot
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.auth import Access, BindingRefused, is_loopback

from .conftest import TOKEN, Bot, error_of, served

OPEN = {"/healthz", "/readyz", "/webhooks/github"}


def paths(phasebot: Phasebot) -> Iterator[tuple[str, str]]:
    """Every method and path there is."""
    for path, item in create_app(phasebot, Access(TOKEN, local_only=True)).openapi()["paths"].items():
        for method in item:
            yield method.upper(), path.replace("{", "").replace("}", "")


def test_every_route_but_health_and_webhooks_wants_the_token(bot: Bot) -> None:
    closed = [
        (method, path) for method, path in paths(bot.phasebot) if path not in OPEN and not path.startswith("/webhooks/")
    ]
    assert len(closed) > 20

    for method, path in [*closed, ("GET", "/api/openapi.json"), ("GET", "/not/there")]:
        answer = bot.http.request(method, path, headers={"Authorization": ""})
        refused = error_of(answer, 401)
        assert refused["type"] == "unauthorized", (method, path)
        assert refused["message"].startswith("send the header ")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "given", ["Bearer wrong", "Bearer", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", b"Bearer \xff\xfe"]
)
def test_anything_but_the_token_is_refused(bot: Bot, given: Any) -> None:
    refused = error_of(bot.http.get("/api/plans", headers={"Authorization": given}), 401)

    assert refused["message"].startswith("this token opens nothing here: ")


def test_the_scheme_may_be_written_in_any_case(bot: Bot) -> None:
    assert bot.http.get("/api/plans", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "10.0.0.1", "[x"]
)
def test_a_name_that_is_not_ours_is_refused_on_loopback(bot: Bot, host: str) -> None:
    """A page of evil.example, whose name now leads to 127.0.0.1, must not speak to us: DNS rebinding."""
    assert error_of(bot.http.get("/api/plans", headers={"Host": host}), 403)["type"] == "host_not_allowed"


@pytest.mark.parametrize("host", ["localhost", "localhost:8321", "127.0.0.1:8321", "[::1]:8321", "[::1]"])
def test_loopback_names_are_ours(bot: Bot, host: str) -> None:
    assert bot.http.get("/api/plans", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://[", "file://"])
def test_a_page_of_another_site_is_refused_even_with_the_token(bot: Bot, origin: str) -> None:
    assert error_of(bot.http.get("/api/plans", headers={"Origin": origin}), 403)["type"] == "host_not_allowed"


def test_a_page_of_our_own_is_answered(bot: Bot) -> None:
    assert bot.http.get("/api/plans", headers={"Origin": bot.url}).status_code == 200


def test_with_a_configured_token_the_server_may_have_any_name(phasebot: Phasebot) -> None:
    with served(phasebot, Access(TOKEN, local_only=False)) as url, httpx.Client(base_url=url, trust_env=False) as http:
        named = {"Host": "phasebot.example.org"}

        assert http.get("/api/plans", headers=named | {"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        error_of(http.get("/api/plans", headers=named), 401)


def test_no_site_is_let_in_by_cors(bot: Bot) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Authorization": ""}

    answer = bot.http.options("/api/plans", headers=headers)

    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_without_a_token_the_server_does_not_leave_this_machine(tmp_path: Path) -> None:
    settings = Settings(database_url=str(tmp_path / "db"), host="0.0.0.0")

    with pytest.raises(BindingRefused, match=r"PHASEBOT_HOST.*can be reached by others") as refused:
        Access.by(settings)

    assert "PHASEBOT_API_TOKEN" in refused.value.fix


def test_with_a_token_it_may(tmp_path: Path) -> None:
    settings = Settings(database_url=str(tmp_path / "db"), host="0.0.0.0", api_token=SecretStr("mine"))

    assert Access.by(settings) == Access("mine", local_only=False)


def test_each_start_makes_a_token_of_its_own(tmp_path: Path) -> None:
    settings = Settings(database_url=str(tmp_path / "db"))

    first, second = Access.by(settings), Access.by(settings)

    assert first.local_only
    assert first.token != second.token
    assert len(first.token) >= 32


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("::", False)],
)
def test_loopback_is_told_apart(host: str, is_ours: bool) -> None:
    assert is_loopback(host) is is_ours


def test_the_open_routes_are_those_that_are_meant(phasebot: Phasebot) -> None:
    assert {path for _, path in paths(phasebot)} >= OPEN
