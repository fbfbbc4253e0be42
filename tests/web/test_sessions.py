"""Sessions of the console: signing in and out, cookies that cannot be forged, forms that only we can have made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.bootstrap import Phasebot
from bot.keys import session_key
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.auth.cookies import Cookies
from bot.web.auth.sign_in import SignInLink, ours

from .conftest import PATIENCE, PLAN, TOKEN, Bot, error_of, ok, running_bot, served


@pytest.fixture
def browser(bot: Bot) -> Iterator[httpx.Client]:
    """Sends cookies, and tells where its pages come from."""
    with httpx.Client(base_url=bot.url, headers={"Origin": bot.url}, trust_env=False, timeout=PATIENCE) as client:
        yield client


def csrf_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert found
    return found[1]


def sign_in(browser: httpx.Client, token: str = TOKEN, **more: str) -> httpx.Response:
    form = {"token": token, "csrf": csrf_of(browser.get("/sign-in")), **more}
    return browser.post("/sign-in", data=form)


def csrf(bot: Bot, browser: httpx.Client) -> str:
    """The token that a page of this session would hold."""
    cookies = Cookies(session_key(bot.phasebot.settings), is_secure=False)
    return cookies.csrf(browser.cookies["phasebot"].rpartition(".")[0])


def test_a_token_opens_a_session_that_may_do_what_the_token_may(bot: Bot, browser: httpx.Client) -> None:
    answer = sign_in(browser, next="/plans?x=1")

    assert (answer.status_code, answer.headers["location"]) == (303, "/plans?x=1")
    assert browser.get("/api/plans").status_code == 200
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", "path=/"))


def test_who_is_not_signed_in_is_led_to_where_one_signs_in_and_programs_are_not(browser: httpx.Client) -> None:
    page = browser.get("/plans?x=1", headers={"Accept": "text/html"})

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Fplans%3Fx%3D1")
    error_of(browser.get("/api/plans", headers={"Accept": "text/html"}), 401)


def test_a_wrong_token_opens_nothing(browser: httpx.Client) -> None:
    answer = sign_in(browser, "wrong")

    assert answer.status_code == 401
    assert "opens nothing" in answer.text
    error_of(browser.get("/api/plans"), 401)


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb"]
)
def test_nobody_is_led_elsewhere(target: str) -> None:
    assert ours(target) == "/"


def test_what_is_written_into_the_page_stays_text(browser: httpx.Client) -> None:
    page = browser.get("/sign-in", params={"next": "/'><script>alert(1)</script>"})

    assert "<script>" not in page.text


def test_the_form_to_sign_in_has_to_be_ours(bot: Bot, browser: httpx.Client) -> None:
    assert browser.post("/sign-in", data={"token": TOKEN}).status_code == 403
    assert browser.post("/sign-in", data={"token": TOKEN, "csrf": "0" * 64}).status_code == 403
    form = {"token": TOKEN, "csrf": csrf_of(browser.get("/sign-in"))}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        error_of(browser.post("/sign-in", data=form, headers=headers), 403)
    error_of(browser.get("/api/plans"), 401)


def test_each_sign_in_is_a_new_session_and_ends_the_one_before(browser: httpx.Client) -> None:
    sign_in(browser)
    first = browser.cookies["phasebot"]

    sign_in(browser)

    assert browser.cookies["phasebot"] != first
    browser.cookies.set("phasebot", first, domain="127.0.0.1", path="/")
    with httpx.Client(base_url=browser.base_url, cookies={"phasebot": first}, trust_env=False) as old:
        error_of(old.get("/api/plans"), 401)


def test_signing_out_ends_the_session_on_the_server(bot: Bot, browser: httpx.Client) -> None:
    sign_in(browser)
    kept = browser.cookies["phasebot"]

    answer = browser.post("/sign-out", data={"csrf": csrf(bot, browser)})

    assert answer.status_code == 303
    with httpx.Client(base_url=bot.url, cookies={"phasebot": kept}, trust_env=False) as old:
        error_of(old.get("/api/plans"), 401)


def test_an_order_of_a_session_takes_the_csrf_token(bot: Bot, browser: httpx.Client) -> None:
    plan = bot.upload()["id"]
    sign_in(browser)

    assert error_of(browser.post(f"/api/plans/{plan}/pause"), 403)["type"] == "csrf_refused"
    assert error_of(browser.post("/api/plans", content=PLAN), 403)["type"] == "csrf_refused"
    wrong = {"X-CSRF-Token": "0" * 64}
    assert error_of(browser.post(f"/api/plans/{plan}/pause", headers=wrong), 403)["type"] == "csrf_refused"

    good = {"X-CSRF-Token": csrf(bot, browser)}
    error_of(browser.post(f"/api/plans/{plan}/pause", headers=good | {"Origin": "https://evil.example"}), 403)
    assert ok(browser.post(f"/api/plans/{plan}/pause", headers=good))["status"] == "paused"


def test_a_form_may_bring_the_csrf_token_along(bot: Bot, browser: httpx.Client) -> None:
    sign_in(browser)

    answer = browser.post("/api/plans", data={"csrf": csrf(bot, browser)}, files={"plan": ("site.md", PLAN)})

    assert ok(answer)["plan"]["title"] == "Site"


def test_the_csrf_token_of_another_session_is_worth_nothing(bot: Bot, browser: httpx.Client) -> None:
    plan = bot.upload()["id"]
    sign_in(browser)
    old = csrf(bot, browser)
    sign_in(browser)

    error_of(browser.post(f"/api/plans/{plan}/pause", headers={"X-CSRF-Token": old}), 403)


@pytest.mark.parametrize(
    "forged", ["x", "x.y", ".", "{id}", "{id}.", "{id}.{signature}0", "x{id}.{signature}", '"', "é"]
)
def test_a_forged_cookie_opens_nothing(bot: Bot, browser: httpx.Client, forged: str) -> None:
    sign_in(browser)
    id, _, signature = browser.cookies["phasebot"].rpartition(".")
    cookie = f"phasebot={forged.format(id=id, signature=signature)}".encode()

    with httpx.Client(base_url=bot.url, trust_env=False) as other:
        error_of(other.get("/api/plans", headers={b"Cookie": cookie}), 401)


def test_a_session_ends_with_the_token_it_was_opened_with(bot: Bot, browser: httpx.Client) -> None:
    token = bot.post("/api/tokens", {"name": "ada", "role": "viewer"})
    sign_in(browser, token["token"])
    assert browser.get("/api/plans").status_code == 200

    bot.http.delete(f"/api/tokens/{token['id']}")

    error_of(browser.get("/api/plans"), 401)


def test_a_session_survives_a_restart_but_not_another_configured_token(tmp_path: Path) -> None:
    def plans(phasebot: Phasebot, token: str, cookies: httpx.Cookies | None) -> tuple[int, httpx.Cookies]:
        with (
            served(phasebot, Access(token, local_only=False)) as url,
            httpx.Client(base_url=url, cookies=cookies, trust_env=False, timeout=PATIENCE) as http,
        ):
            if cookies is None:
                sign_in(http, token)
            return http.get("/api/plans").status_code, http.cookies

    with running_bot(tmp_path) as phasebot:
        status, cookies = plans(phasebot, "first", None)
        assert status == 200
    with running_bot(tmp_path) as phasebot:
        assert plans(phasebot, "first", cookies)[0] == 200
        assert plans(phasebot, "second", cookies)[0] == 401


def test_over_https_cookies_go_over_https_alone(tmp_path: Path) -> None:
    with (
        running_bot(tmp_path, public_url="https://phasebot.example.org") as phasebot,
        served(phasebot, Access(TOKEN, local_only=False)) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as http,
    ):
        page = http.get("/sign-in")

    assert page.headers["set-cookie"].startswith("__Host-phasebot_form=")
    assert "Secure" in page.headers["set-cookie"]
    assert page.headers["strict-transport-security"]


# ---------------------------------------------------------------- the link of the start


def test_the_link_of_the_start_signs_in_once(phasebot: Phasebot) -> None:
    link = SignInLink()
    access = Access(TOKEN, local_only=True)
    with served(phasebot, access, create_app(phasebot, access, link)) as url:
        opened = link.url(url)
        with httpx.Client(base_url=url, trust_env=False) as first, httpx.Client(trust_env=False) as second:
            assert first.get(opened).status_code == 303
            assert first.get("/api/plans").status_code == 200
            assert second.get(opened).status_code == 401
            assert second.get(f"{url}/sign-in/link").status_code == 401


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("path", ["/sign-in", "/api/plans", "/nothing", "/healthz"])
def test_every_answer_tells_browsers_to_be_strict(bot: Bot, path: str) -> None:
    headers = bot.http.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
