"""The policy of a repository on its page: checked, committed where it lives, never over somebody else's, and its history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from services.domain.access import Role

from .conftest import PLAN, TOKEN, Reader

POLICY = "version: 1  # the only one\n\nlimits:\n  running: 2  # small machine\n"
WRONG = "version: 1\nlimitz: {}\n"


@pytest.fixture
def phasebot(tmp_path: Path) -> Iterator[Phasebot]:
    """With issues and files, on a tracker of its own."""
    with Phasebot(Settings(database_url=str(tmp_path / "phasebot.db")), Options(workspace=tmp_path)) as phasebot:
        phasebot.start()
        yield phasebot


@pytest.fixture
def page(api: httpx.Client) -> str:
    """Where the policy of a repository that is served is edited."""
    plan: dict[str, Any] = api.post("/api/plans", content=PLAN).json()["plan"]
    return f"/projects/{plan['project']}"


def written(api: httpx.Client, page: str, text: str = POLICY) -> None:
    assert api.put(f"/api{page}/policy", json={"text": text}).is_success


def test_a_policy_is_written_checked_and_committed(operator: Reader, api: httpx.Client, page: str) -> None:
    operator.open(page)
    assert "The repository has no policy yet" in operator.text
    operator.send(f"{page}/policy", text=POLICY, sha="")
    assert "This text is right" in operator.text
    assert "+limits:" in operator.text

    operator.send(f"{page}/policy/commit", text=POLICY, sha="", message="Begin with <b>few</b>")

    assert "Committed as" in operator.text
    assert "As it is in the repository" in operator.text
    assert api.get(f"/api{page}/policy").json()["text"] == POLICY
    operator.open(f"{page}/policy/history")
    assert "Begin with <b>few</b>" in operator.text


def test_one_value_is_set_with_every_comment_kept(operator: Reader, api: httpx.Client, page: str) -> None:
    written(api, page)
    html = operator.open(page)
    sha = re.findall(r'name="sha" value="(\w*)"', html)[0]

    operator.send(f"{page}/policy", text=POLICY, sha=sha, place="limits.running", value="5")
    assert "− running: 2 # small machine" in operator.text
    assert "+ running: 5 # small machine" in operator.text
    changed = POLICY.replace("2  #", "5  #")
    operator.send(f"{page}/policy/commit", text=changed, sha=sha)

    assert api.get(f"/api{page}/policy").json()["text"] == changed


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(operator: Reader, api: httpx.Client, page: str) -> None:
    written(api, page)
    sha = re.findall(r'name="sha" value="(\w*)"', operator.open(page))[0]
    written(api, page, POLICY + "# theirs\n")

    html = operator.send(f"{page}/policy/commit", status=409, text=POLICY + "# mine\n", sha=sha)

    assert "Somebody else changed the policy meanwhile" in operator.text
    assert ("−# theirs" in operator.text, "+# mine" in operator.text) == (True, True)
    assert api.get(f"/api{page}/policy").json()["text"].endswith("# theirs\n")
    again = re.findall(r'name="sha" value="(\w*)"', html)[0]
    operator.send(f"{page}/policy/commit", text=POLICY + "# mine\n", sha=again)
    assert api.get(f"/api{page}/policy").json()["text"].endswith("# mine\n")


def test_one_with_a_mistake_is_not_committed(operator: Reader, api: httpx.Client, page: str) -> None:
    operator.open(page)
    operator.send(f"{page}/policy/commit", status=422, text=WRONG, sha="")

    assert "This text cannot be used yet" in operator.text
    assert "limitz" in operator.html.split('class="at here"')[1].split("</pre>")[0]
    assert api.get(f"/api{page}/policy").status_code == 404


def test_an_operator_checks_and_does_not_commit(reader: Callable[..., Reader], api: httpx.Client, page: str) -> None:
    written(api, page)
    operator = reader(Role.OPERATOR)
    operator.open(page)

    operator.send(f"{page}/policy", text=POLICY + "# more\n")
    assert "Commit to" not in operator.text
    operator.send(f"{page}/policy/commit", status=403, text=POLICY + "# more\n", sha="")


def test_history_tells_who_changed_what(operator: Reader, api: httpx.Client, page: str) -> None:
    for number in (1, 2, 3):
        written(api, page, POLICY.replace("running: 2", f"running: {number}"))
    commits = api.get(f"/api{page}/policy/history").json()["commits"]

    operator.open(f"{page}/policy/history")
    assert operator.html.count("data-row") == 3
    assert "+ running: 3" in operator.text
    assert "− running: 2" in operator.text
    operator.open(f"{page}/policy/history?old={commits[2]['commit']}&new={commits[0]['commit']}")
    assert "− running: 1" in operator.text
    operator.open(f"{page}/policy/history?new={commits[2]['commit']}")
    assert "+version: 1" in operator.text
    operator.open(f"{page}/policy/history?new={commits[0]['commit']}&old={commits[0]['commit']}")
    assert "No difference" in operator.text
    operator.open(f"{page}/policy/history?new=nonsense", 422)


def test_a_repository_without_commits_says_so(operator: Reader, page: str) -> None:
    operator.open(f"{page}/policy/history")
    assert "No commit has touched it" in operator.text


def test_another_project_is_not_there(reader: Callable[..., Reader], page: str) -> None:
    other = reader(Role.ADMIN, "acme/other")
    other.open("/queue")
    for path in (page, f"{page}/policy/history"):
        other.open(path, 404)
    other.send(f"{page}/policy/commit", status=404, text=POLICY, sha="")


def test_the_token_is_never_on_the_page(operator: Reader, page: str) -> None:
    assert TOKEN not in operator.open(page)
