"""The policy of a repository: read where it lives, checked, and committed there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings

from .conftest import Bot, asked, error_of, ok

POLICY = """# ours
version: 1
defaults: {retries: 1}  # once more
"""


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    """With issues and files, on a tracker of its own."""
    with Phasebot(Settings(database_url=str(tmp_path / "phasebot.db")), Options(workspace=tmp_path)) as phasebot:
        phasebot.start()
        with asked(phasebot) as bot:
            yield bot


@pytest.fixture
def path(bot: Bot) -> str:
    return f"/api/projects/{bot.upload()['project']}/policy"


def test_what_is_written_is_read_again_byte_for_byte(bot: Bot, path: str) -> None:
    error_of(bot.http.get(path), 404)

    written = bot.http.put(path, json={"text": POLICY})
    read = bot.http.get(path)

    assert ok(read)["text"] == ok(written)["text"] == POLICY
    assert read.headers["etag"] == written.headers["etag"] == f'"{ok(read)["sha"]}"'
    assert ok(read)["findings"] == []


def test_one_that_was_changed_since_is_not_written_over(bot: Bot, path: str) -> None:
    first = bot.http.put(path, json={"text": POLICY}).headers["etag"]
    second = bot.http.put(path, json={"text": POLICY + "# more\n"}, headers={"If-Match": first}).headers["etag"]

    error = error_of(bot.http.put(path, json={"text": POLICY}, headers={"If-Match": first}), 409)

    assert (error["type"], f'"{error["details"]["version"]}"') == ("stale_version", second)
    assert bot.get(path)["text"].endswith("# more\n")


def test_one_with_a_mistake_is_not_written_and_says_where(bot: Bot, path: str) -> None:
    error = error_of(bot.http.put(path, json={"text": "version: 1\ndefaults: {retires: 1}\n"}), 422)

    assert (error["type"], [one["line"] for one in error["details"]["findings"]]) == ("policy_invalid", [2])
    error_of(bot.http.get(path), 404)
    assert "PolicyText" in bot.get("/api/openapi.json")["components"]["schemas"]


def test_each_commit_is_listed_and_can_be_read(bot: Bot, path: str) -> None:
    for text in (POLICY, POLICY + "# more\n"):
        ok(bot.http.put(path, json={"text": text}))

    newest, first = bot.get(f"{path}/history")["commits"]

    assert newest["message"] == "Change the policy\n\nFor operator, by phasebot."
    assert newest["by"]
    assert newest["at"] >= first["at"]
    assert bot.get(path, commit=first["commit"])["text"] == POLICY
    error_of(bot.http.get(path, params={"commit": "main"}), 422)
    error_of(bot.http.get(path, params={"commit": "0" * 40}), 404)


def test_a_write_that_lost_a_race_says_so(bot: Bot, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ok(bot.http.put(path, json={"text": POLICY}))
    remote = bot.phasebot.remote()
    write = type(remote).write_file

    def late(self: Any, project: str, path: str, text: str, *, sha: str, message: str) -> str:
        write(self, project, path, POLICY + "# theirs\n", sha=sha, message="first")  # after ours has looked
        return write(self, project, path, text, sha=sha, message=message)

    monkeypatch.setattr(type(remote), "write_file", late)
    error = error_of(bot.http.put(path, json={"text": POLICY + "# ours\n"}), 409)

    assert error["type"] == "stale_version"
    assert bot.get(path)["text"].endswith("# theirs\n")


def test_a_repository_that_is_not_there_has_none(bot: Bot) -> None:
    error_of(bot.http.get("/api/projects/nobody/nothing/policy"), 404)
    error_of(bot.http.put("/api/projects/nobody/nothing/policy", json={"text": POLICY}), 404)
