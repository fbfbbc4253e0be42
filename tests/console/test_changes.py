"""What attempts have changed, on pages and in the API: of a real repository, by real commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.web.auth import Access
from services.domain.access import Role
from tests.web.conftest import Bot, error_of, served
from tests.workspaces.conftest import Repository, write

from .conftest import TOKEN, Reader

SCRIPT = "<script>alert(1)</script>"
PLAN = "# Shop\n\n## Phase 1: Build\n\n- [ ] Write `out.txt`\n\n## Phase 2: Break\n\n## Phase 3: Look\n\nDepends on Phase 1.\n"
POLICY = f"""version: 1
defaults: {{executor: local}}
phases:
  - match: Build
    operations:
      - {{tool: command, shell: true, run: "(echo one; echo '2 {SCRIPT}') > README.md"}}
      - {{tool: command, shell: true, run: "head -c 9 /dev/zero > 'b<i>.png'; echo x > out.txt"}}
  - match: Break
    operations: [{{tool: command, shell: true, run: "echo half > half.txt; exit 3"}}]
  - match: Look
    operations: [{{tool: command, run: "true"}}]
"""


class World:
    """A served process that works in one folder, and the phases of one plan by their titles."""

    def __init__(self, bot: Bot, reader: Reader) -> None:
        self.bot = bot
        self.reader = reader

    def plan(self, policy: str = POLICY, *, waits: str = "") -> dict[str, str]:
        """Ids of phases, once all of them have ended, but for one that waits for somebody."""
        files = {"plan": ("plan.md", PLAN), "policy": ("phasebot.yml", policy)}
        answer = self.bot.http.post("/api/plans", files=files, params={"project": "acme/shop"})
        assert answer.is_success, answer.text
        id = answer.json()["plan"]["id"]
        self.bot.wait_until(lambda: not {"queued", "ready", "running"} & set(self._statuses(id, waits)))
        return {one["phase_data"]["title"]: one["queue_id"] for one in self.bot.get(f"/api/plans/{id}")["phases"]}

    def _statuses(self, id: str, waits: str) -> list[str]:
        phases = self.bot.get(f"/api/plans/{id}")["phases"]
        return [one["status"] for one in phases if one["phase_data"]["title"] != waits]

    def diff(self, phase: str, attempt: int = 1) -> Any:
        return self.bot.get(f"/api/phases/{phase}/attempts/{attempt}/diff")


@contextmanager
def world_in(folder: Path, home: Path) -> Iterator[World]:
    settings = Settings(database_url=str(home / "phasebot.db"))
    with Phasebot(settings, Options(workspace=folder, issues=False)) as phasebot:
        phasebot.start()
        with served(phasebot, Access(TOKEN, local_only=True)) as url:
            client = httpx.Client(base_url=url, headers={"Origin": url}, trust_env=False, follow_redirects=True)
            bot = Bot(phasebot, url)
            with bot.http, client:
                yield World(bot, Reader(client).sign_in(TOKEN))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "shop")
    repository.commit({"README.md": "one\ntwo\n"})
    return repository


@pytest.fixture
def world(repository: Repository, tmp_path: Path) -> Iterator[World]:
    with world_in(repository.folder, tmp_path) as world:
        yield world


def test_a_success_shows_its_lines_by_file(world: World, repository: Repository) -> None:
    phases = world.plan()
    found = world.diff(phases["Build"])

    files = {one["path"]: one for one in found["files"]}
    assert (found["count"], found["why"], found["is_cut"]) == (3, "", False)
    assert [(one["kind"], one["text"]) for one in files["README.md"]["lines"][1:]] == [
        ("kept", "one"),
        ("removed", "two"),
        ("added", f"2 {SCRIPT}"),
    ]
    assert (files["b<i>.png"]["is_binary"], files["b<i>.png"]["lines"]) == (True, [])
    assert repository.show(found["commit"], "out.txt") == "x"


def test_a_failure_shows_what_was_thrown_away(world: World, repository: Repository) -> None:
    phases = world.plan()

    (file,) = world.diff(phases["Break"])["files"]
    world.reader.open(f"/phases/{phases['Break']}")

    assert (file["path"], file["change"]) == ("half.txt", "added")
    assert "these changes were thrown away" in world.reader.text
    assert not (repository.folder / "half.txt").exists()


def test_pages_show_the_same_as_text(world: World) -> None:
    phase = world.plan()["Build"]
    for path in (f"/phases/{phase}", f"/phases/{phase}/attempts/1/diff"):
        html = world.reader.open(path)

        assert f"+2 {SCRIPT}" in world.reader.text
        assert "b<i>.png added binary" in world.reader.text
        assert SCRIPT not in html
        assert "<i>" not in html
        assert html.count('class="at added"') == 2
        assert html.count('class="at removed"') == 1
    world.reader.open(f"/phases/{phase}")
    assert "though no task names it: README.md , b<i>.png" in world.reader.text


def test_a_page_with_many_lines_leads_to_all_of_them(world: World) -> None:
    phase = world.plan(POLICY.replace("echo x > out.txt", "seq 1000 > out.txt"))["Build"]
    world.reader.open(f"/phases/{phase}")
    assert "Its lines are not shown here" in world.reader.text

    world.reader.open(f"/phases/{phase}/attempts/1/diff")
    assert "+1000" in world.reader.text


def test_why_there_is_nothing_is_told(world: World) -> None:
    phases = world.plan(POLICY.replace("  - match: Break", "  - match: Break\n    executor: manual"), waits="Break")

    assert world.diff(phases["Look"])["why"] == "It changed no file"
    assert world.diff(phases["Break"])["why"] == "What it changes is known when it has ended"
    world.bot.post(f"/api/phases/{phases['Break']}/complete")
    assert world.diff(phases["Break"])["why"] == "A person did the work"
    error_of(world.bot.http.get(f"/api/phases/{phases['Look']}/attempts/2/diff"), 404)
    world.reader.open(f"/phases/{phases['Look']}/attempts/2/diff", 404)


def test_a_diff_that_is_gone_says_so_and_names_the_files(world: World) -> None:
    phase = world.plan()["Build"]
    for path in (world.bot.phasebot.settings.home / "attempts").rglob("*.diff"):
        path.unlink()

    found = world.diff(phase)

    assert "was removed since" in found["why"]
    assert found["names"] == ["README.md", "b<i>.png", "out.txt"]
    world.reader.open(f"/phases/{phase}")
    assert "b<i>.png" in world.reader.text


@pytest.mark.parametrize(
    ("isolation", "names", "why"),
    [
        ("auto", ["README.md", "b<i>.png", "out.txt"], "It worked in a plain folder, of which only the names"),
        ("checkpoint", ["README.md", "b<i>.png", "out.txt"], "It worked in a plain folder, of which only the names"),
        ("in_place", [], "It worked in a plain folder, where changes are not recorded"),
    ],
)
def test_a_plain_folder_tells_names_where_they_are_known(
    tmp_path: Path, isolation: str, names: list[str], why: str
) -> None:
    folder = tmp_path / "plain"
    write(folder, {"README.md": "one\n"})
    with world_in(folder, tmp_path) as world:
        phases = world.plan(POLICY.replace("executor: local}", f"executor: local, workspace: {isolation}}}"))
        found, idle = world.diff(phases["Build"]), world.diff(phases["Look"])

    assert found["names"] == names
    assert found["why"].startswith(why)
    assert (idle["why"] == "It changed no file") is (isolation == "auto"), "only a copy can tell"


def test_another_projects_changes_are_not_there(world: World) -> None:
    phase = world.plan()["Build"]
    made = world.bot.post("/api/tokens", {"name": "other", "role": Role.VIEWER, "project": "acme/other"})
    headers = {"Authorization": f"Bearer {made['token']}"}

    assert world.bot.http.get(f"/api/phases/{phase}/attempts/1/diff", headers=headers).status_code == 404
