"""`phasebot publish`: issues without work, a forecast first, and plans that a link leads to."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bot.localhub import Hub, HubServer

from .process import Phasebot
from .samples import ALL_PASS, CHAIN


@pytest.fixture
def github() -> Iterator[HubServer]:
    hub = Hub(None)
    hub.create_user("ada")
    hub.create_repository("ada/site")
    with HubServer(hub) as server:
        yield server
    hub.close()


def env(github: HubServer) -> dict[str, str]:
    return {
        "PHASEBOT_GITHUB_TOKEN": github.hub.create_token("ada"),
        "PHASEBOT_GITHUB_API_URL": github.url,
        "PHASEBOT_WRITE_INTERVAL": "0",
    }


def test_a_plan_is_published_and_nothing_is_carried_out_before_it_is_run(phasebot: Phasebot, github: HubServer) -> None:
    phasebot.write("plan.md", CHAIN)
    phasebot.write("phasebot.yml", ALL_PASS)

    done = phasebot("publish", "plan.md", "--repo", "ada/site", "--policy", "phasebot.yml", env=env(github))

    assert done.code == 0, done.err
    issues = github.hub.repository("ada/site").issues
    assert [issue.state for issue in issues] == ["open"] * 4
    assert f"/ada/site/issues/{issues[0].number}" in done.out
    ran = phasebot("run", "plan.md", "--repo", "ada/site", "--policy", "phasebot.yml", env=env(github))
    assert ran.code == 0, ran.err
    assert {issue.state for issue in github.hub.repository("ada/site").issues} == {"closed"}


def test_doctor_reads_the_policy_of_a_repository_where_no_plan_would_tell_of_it(
    phasebot: Phasebot, github: HubServer
) -> None:
    def policy() -> dict[str, str]:
        done = phasebot("doctor", "--json", "--repo", "ada/site", env=env(github))
        return next(one for one in json.loads(done.out)["checks"] if one["check"] == "policy")

    assert "has no .github/phasebot.yml" in policy()["message"]
    github.hub.put_file("ada/site", ".github/phasebot.yml", "version: 1\nplanz: []\n")
    assert policy()["verdict"] == "broken"
    assert "line 2, column 1: there is no key `planz` here. Did you mean `plans`?" in policy()["message"]
    github.hub.put_file("ada/site", ".github/phasebot.yml", "version: 1\n")
    assert policy()["verdict"] == "fine"


def test_publishing_again_writes_nothing(phasebot: Phasebot, github: HubServer) -> None:
    phasebot.write("plan.md", CHAIN)
    phasebot("publish", "plan.md", "--repo", "ada/site", env=env(github))
    github.hub.requests.clear()

    again = phasebot("publish", "plan.md", "--repo", "ada/site", "--json", env=env(github))

    assert again.code == 0, again.err
    assert json.loads(again.out)["issues"] == [2, 3, 4]
    assert [one.path for one in github.hub.requests if one.method != "GET"] == []
    assert len(github.hub.requests) <= 3


def test_a_forecast_is_told_and_nothing_is_written(phasebot: Phasebot, github: HubServer) -> None:
    phasebot.write("plan.md", CHAIN)
    told = phasebot("publish", "plan.md", "--repo", "ada/site", "--dry-run", "--json", env=env(github))
    assert told.code == 0
    record = json.loads(told.out)
    assert (record["issues"], record["links"], record["requests"]) == (4, 2, 9)
    assert record["resume_points"] == []
    assert len(github.hub.requests) == 0
    assert phasebot.files() == {"work/plan.md"}


def test_a_long_plan_says_where_it_pauses(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", "# Long\n" + "".join(f"\n## Phase {n}: Part {n}\n\nDo it.\n" for n in range(1, 301)))
    told = phasebot("publish", "plan.md", "--repo", "ada/site", "--max-phases", "300", "--dry-run")
    assert told.code == 0, told.err
    assert "pauses after 500 requests, and goes on 1 h 0 min after the beginning" in told.out


def test_a_plan_in_a_repository_is_published_there(phasebot: Phasebot, github: HubServer) -> None:
    github.hub.put_file("ada/site", "docs/plan.md", CHAIN)

    done = phasebot("publish", "ada/site:docs/plan.md@main", env=env(github))

    assert done.code == 0, done.err
    assert len(github.hub.repository("ada/site").issues) == 4
    assert "ada/site:docs/none.md" in phasebot("parse", "ada/site:docs/none.md", env=env(github)).err


def test_a_link_to_nowhere_is_told(phasebot: Phasebot) -> None:
    refused = phasebot("publish", "https://evil.example/plan.md")
    assert refused.code == 2
    assert "plans are read from github.com over https alone" in refused.err
