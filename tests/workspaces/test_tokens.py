"""What opens a repository is shown to its server, and to nobody else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.github.identity import Need, PersonalToken
from bot.origins import ProjectOrigins
from bot.settings import Settings, SettingsInvalid, read_settings
from services.execution.tool import ToolFailed
from tests.workspaces.conftest import Attempts, Repository
from tests.workspaces.git_server import git_server
from tests.workspaces.test_clones import PROJECT, QUIET, Machine

TOKEN = "ghs_" + "s" * 36


class App(PersonalToken):
    """As an App has them: made for one repository and for one purpose, so it may be lent."""

    def lent(self, need: Need) -> str:
        return f"{self.value} for {need.project} to {need.permissions['contents']}"


def origins(url: str, *, api: str = "http://127.0.0.1:9/api", token: str = TOKEN) -> ProjectOrigins:
    settings = Settings(github_api_url=api, git_url=f"{url}/{{owner}}/{{name}}.git")
    return ProjectOrigins(settings, PersonalToken(token), is_shared=True)


@pytest.fixture
def bare(repository: Repository, tmp_path: Path) -> Path:
    """The repository as a server has it."""
    place = tmp_path / "srv/ada/shop.git"
    place.parent.mkdir(parents=True)
    repository.git("clone", "--quiet", "--bare", str(repository.folder), str(place))
    subprocess.run(["git", "config", "http.receivepack", "true"], cwd=place, check=True)
    return place


def test_a_token_opens_the_server_and_is_kept_nowhere(
    bare: Path, attempts: Attempts, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(tmp_path / "one", attempts, bare)
    with git_server(bare.parents[1], TOKEN) as server:
        origin = origins(server.url).of(PROJECT)
        assert origin is not None
        machine.origin = origin

        changes = machine.works(1, files={"one.txt": "1"})

    assert server.seen == {TOKEN}
    assert (
        subprocess.run(["git", "show", "refs/phasebot/p1/1:one.txt"], cwd=bare, capture_output=True, check=True).stdout
        == b"1"
    )
    assert changes.note == f"pushed to {server.url}/ada/shop.git"
    kept = [path for path in machine.home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert kept == []
    assert TOKEN not in repr(origin)
    assert TOKEN not in "".join(capfd.readouterr())


def test_a_token_that_is_refused_is_not_repeated(bare: Path, attempts: Attempts, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "one", attempts, bare)
    with git_server(bare.parents[1], "another") as server:
        origin = origins(server.url).of(PROJECT)
        assert origin is not None
        machine.origin = origin
        with pytest.raises(ToolFailed) as caught:
            machine.run(machine.assignment(1, rules=QUIET), {})

    assert caught.value.type == "repository_unavailable"
    assert "Authentication failed" in caught.value.message
    assert TOKEN not in str(caught.value.message)


def test_a_token_is_sent_to_the_server_that_has_made_it_alone() -> None:
    elsewhere = origins("https://git.example.com", api="https://github.example.com/api/v3").of(PROJECT)
    there = origins("https://github.example.com", api="https://github.example.com/api/v3").of(PROJECT)

    assert elsewhere is not None
    assert elsewhere.environ("write") == {}
    assert there is not None
    assert there.environ("read")["GIT_CONFIG_KEY_0"] == "http.https://github.example.com/ada/shop.git.extraHeader"


def test_without_a_word_repositories_are_cloned_from_the_github_in_use() -> None:
    for api, url in (
        ("https://api.github.com", "https://github.com/ada/shop.git"),
        ("https://github.example.com/api/v3", "https://github.example.com/ada/shop.git"),
    ):
        found = ProjectOrigins(Settings(github_api_url=api), None, is_shared=True).of(PROJECT)
        assert found is not None
        assert found.url == url
    assert ProjectOrigins(Settings(), None, is_shared=False).of(PROJECT) is None
    assert ProjectOrigins(Settings(), None, is_shared=True).of("../etc/passwd") is None


def test_only_what_opens_one_repository_is_lent() -> None:
    settings = Settings()
    person = ProjectOrigins(settings, PersonalToken(TOKEN), is_shared=True)
    app = ProjectOrigins(settings, App("made"), is_shared=True)

    assert person.lent(PROJECT, "write") == ("https://github.com/ada/shop.git", "")
    assert app.lent(PROJECT, "read") == ("https://github.com/ada/shop.git", "made for ada/shop to read")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("https://git.example.com/all.git", "must name {owner} and {name}"),
        ("https://me:secret@git.example.com/{owner}/{name}.git", "must not hold a password"),
        ("http://git.example.com/{owner}/{name}.git", "must begin with https://"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(value: str, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said.replace("{", r"\{")) as caught:
        read_settings(git_url=value)

    assert "secret" not in str(caught.value)
