"""The fault plan: storms that can be repeated, answers that are late or cut, webhooks that go astray."""

from __future__ import annotations

import hmac
from collections import Counter

import httpx
import pytest

from bot.localhub import DeliveryFault, DeliveryStorm, Fault, Hub, Storm
from bot.localhub.faults import Faults

from .conftest import REPO, Clients
from .receiver import Receiver

ISSUES = f"/repos/{REPO}/issues"


@pytest.fixture
def http(clients: Clients) -> httpx.Client:
    return clients.http("ada")


def test_an_answer_that_is_cut_belongs_to_a_deed_that_was_done(http: httpx.Client, hub: Hub) -> None:
    hub.faults.add("POST", "/issues$", Fault.TRUNCATED)

    answer = http.post(ISSUES, json={"title": "Cut"})

    assert answer.status_code == 201
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()
    assert [issue.title for issue in hub.repository(REPO).issues] == ["Cut"]


def test_a_slow_answer_is_waited_for_and_complete(http: httpx.Client, hub: Hub) -> None:
    hub.faults.add("GET", "/issues$", Fault.SLOW, seconds=0.01)

    assert http.get(ISSUES).json() == []
    assert hub.faults.struck == {(Fault.SLOW, "GET"): 1}


def test_a_storm_strikes_the_same_requests_for_the_same_seed_in_whatever_order_they_come() -> None:
    def met(seed: int, *paths: str) -> dict[str, list[Fault | None]]:
        faults = Faults()
        faults.storm(Storm(seed, 0.3))
        found: dict[str, list[Fault | None]] = {path: [] for path in paths}
        for path in paths:
            for _ in range(50):
                struck = faults.strike("GET", path)
                found[path].append(struck.fault if struck else None)
        return found

    once = met(7, "/a", "/b")

    assert met(7, "/b", "/a") == once
    assert met(8, "/a", "/b") != once
    assert 15 < sum(fault is not None for faults in once.values() for fault in faults) < 45


def test_a_storm_blows_where_it_is_told_to_and_ends_when_it_is_told_to() -> None:
    faults = Faults()
    faults.storm(Storm(1, 1.0, (Fault.ERROR_502,), method="POST", path="/issues$"))

    assert faults.strike("GET", ISSUES) is None
    assert faults.strike("POST", "/user") is None
    struck = faults.strike("POST", ISSUES)
    assert struck is not None
    assert struck.fault is Fault.ERROR_502

    faults.clear()
    assert faults.strike("POST", ISSUES) is None
    assert faults.struck == {(Fault.ERROR_502, "POST"): 1}


# ---------------------------------------------------------------- webhooks

SECRET = "s"


def told(hub: Hub, receiver: Receiver, *titles: str) -> list[str]:
    """What the listener gets of issues that are opened one after the other."""
    hub.add_hook(REPO, receiver.url, events=("issues",), secret=SECRET)
    hub.courier.hold()
    for title in titles:
        hub.create_issue(REPO, "ada", title)
    hub.courier.release()
    hub.drain_deliveries()
    return [str(one.payload["issue"]["title"]) for one in receiver.received]


@pytest.mark.parametrize(
    ("fault", "arrives"),
    [
        (DeliveryFault.DROPPED, ["b", "c"]),
        (DeliveryFault.VANISHED, ["b", "c"]),
        (DeliveryFault.DOUBLED, ["a", "a", "b", "c"]),
        (DeliveryFault.REORDERED, ["b", "a", "c"]),
        (DeliveryFault.DELAYED, ["b", "c", "a"]),
        (DeliveryFault.WRONG_SIGNATURE, ["a", "b", "c"]),
    ],
)
def test_a_webhook_goes_astray(fault: DeliveryFault, arrives: list[str], hub: Hub, receiver: Receiver) -> None:
    hub.courier.faults.add("issues.opened", fault)

    assert told(hub, receiver, "a", "b", "c") == arrives
    assert hub.courier.faults.struck == {fault: 1}


def test_only_what_was_dropped_is_listed_as_failed(hub: Hub, receiver: Receiver) -> None:
    hub.courier.faults.add("issues.opened", DeliveryFault.DROPPED)
    hub.courier.faults.add("issues.opened", DeliveryFault.VANISHED)
    told(hub, receiver, "a", "b", "c")

    site = hub.repository(REPO)
    listed = site.deliveries(site.hooks[0].id)

    assert Counter(one.status for one in listed) == {"OK": 1, "failed to connect to host": 1}


def test_a_doubled_webhook_has_one_guid_and_a_wrong_signature_is_wrong(hub: Hub, receiver: Receiver) -> None:
    hub.courier.faults.add("issues.opened", DeliveryFault.DOUBLED)
    hub.courier.faults.add("issues.opened", DeliveryFault.WRONG_SIGNATURE)
    told(hub, receiver, "a", "b")

    first, second, third = receiver.received
    assert first.headers["x-github-delivery"] == second.headers["x-github-delivery"]
    fits = [
        one.headers["x-hub-signature-256"] == f"sha256={hmac.new(SECRET.encode(), one.body, 'sha256').hexdigest()}"
        for one in (first, second, third)
    ]
    assert fits == [True, True, False]


def test_a_storm_of_webhooks_can_be_repeated(hub: Hub, receiver: Receiver) -> None:
    hub.courier.faults.storm(DeliveryStorm(3, 0.5, (DeliveryFault.VANISHED,)))

    first = told(hub, receiver, *"abcdefghij")

    assert 0 < len(first) < 10
    hub.courier.faults.clear()
    hub.create_issue(REPO, "ada", "k")
    hub.drain_deliveries()
    assert receiver.received[-1].payload["issue"]["title"] == "k"
