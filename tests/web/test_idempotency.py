"""A POST with a key is done once, however often it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import PLAN, TOKEN, Bot, error_of, ok

KEY = {"Idempotency-Key": "k1"}


def test_the_same_request_again_is_answered_the_same_and_not_done_again(bot: Bot) -> None:
    first, again = (bot.http.post("/api/request", json={"text": "Mend it."}, headers=KEY) for _ in range(2))

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert len(bot.get("/api/preview")["previews"]) == 1


def test_the_key_for_another_request_is_a_conflict(bot: Bot) -> None:
    ok(bot.http.post("/api/request", json={"text": "Mend it."}, headers=KEY))

    for path, body in (("/api/request", {"text": "Mend that."}), ("/api/tokens", {"name": "x", "role": "viewer"})):
        assert error_of(bot.http.post(path, json=body, headers=KEY), 409)["type"] == "idempotency_key_reused"


def test_a_refusal_is_kept_too(bot: Bot) -> None:
    plan = bot.upload()["id"]
    refused = bot.http.post(f"/api/plans/{plan}/resume", headers=KEY)
    bot.post(f"/api/plans/{plan}/pause")

    again = bot.http.post(f"/api/plans/{plan}/resume", headers=KEY)

    assert error_of(refused, 409)["type"] == "order_refused"
    assert again.json()["error"]["message"] == refused.json()["error"]["message"]


def test_a_form_sent_again_is_the_same_form(bot: Bot) -> None:
    """Its boundary is another one each time."""
    answers = [bot.http.post("/api/plans?again=true", files={"plan": ("site.md", PLAN)}, headers=KEY) for _ in range(2)]

    assert len({ok(answer)["plan"]["id"] for answer in answers}) == 1


def test_a_key_is_its_owners(bot: Bot) -> None:
    token = bot.post("/api/tokens", {"name": "ci", "role": "operator"})["token"]

    def send(token: str) -> str:
        headers = KEY | {"Authorization": f"Bearer {token}"}
        return str(ok(bot.http.post("/api/request", json={"text": "Mend it."}, headers=headers))["preview"]["id"])

    assert send(TOKEN) != send(token)


def test_of_many_at_once_one_is_done(bot: Bot) -> None:
    def send(_: int) -> int:
        return bot.http.post("/api/request", json={"text": "Mend it."}, headers=KEY).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(send, range(8)))

    assert 201 in statuses
    assert statuses <= {201, 409}
    assert len(bot.get("/api/preview")["previews"]) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 201])
def test_a_key_that_is_none_is_refused(bot: Bot, key: str) -> None:
    answer = bot.http.post("/api/request", json={"text": "X"}, headers={"Idempotency-Key": key})

    assert error_of(answer, 400)["type"] == "idempotency_key_invalid"
