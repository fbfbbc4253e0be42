"""What plans that were finished long ago have left in git is deleted, and nothing that somebody may still want."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.bootstrap import Options, Phasebot
from bot.clock import SystemClock
from bot.settings import Settings
from bot.workspaces.choosing import FolderWorkspaces, Manner
from bot.workspaces.git import Git
from bot.workspaces.origins import Origin
from bot.workspaces.retiring import retire, retire_at
from services.execution.tool import ToolFailed
from services.ports import PhaseText, PlanText
from tests.plans import Story, chain
from tests.workspaces.conftest import Repository

KEPT = "refs/phasebot/kept"


def of(*plans: str) -> Collection[str]:
    return plans


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """With what two plans have left: a base, a claim, a result, and a branch."""
    repository = Repository(tmp_path / "work")
    head = repository.commit({"a.txt": "a"})
    for plan in ("kept", "gone"):
        for name in ("base", "claims/1", "1"):
            repository.git("update-ref", f"refs/phasebot/{plan}/{name}", head)
        repository.git("branch", f"phasebot/site-{plan}")
    return repository


def left(repository: Repository) -> list[str]:
    places = ("refs/phasebot", "refs/heads/phasebot")
    return repository.git("for-each-ref", "--format=%(refname)", *places).splitlines()


def test_the_refs_of_finished_plans_go_and_those_of_others_stay(repository: Repository) -> None:
    asked: list[str] = []

    def are_finished(plans: Collection[str]) -> Collection[str]:
        asked.extend(sorted(plans))
        return of("gone")

    assert retire(Git(repository.folder), are_finished) == 1

    assert asked == ["gone", "kept"]
    assert left(repository) == [
        "refs/heads/phasebot/site-kept",
        *(f"{KEPT}/{one}" for one in ("1", "base", "claims/1")),
    ]
    assert retire(Git(repository.folder), lambda plans: of("gone") if "gone" in plans else of()) == 0


def test_a_branch_with_work_that_is_nowhere_else_stays(repository: Repository) -> None:
    repository.git("switch", "--quiet", "phasebot/site-gone")
    repository.commit({"b.txt": "only here"})
    repository.git("switch", "--quiet", "-")

    retire(Git(repository.folder), lambda _: of("gone"))

    assert "refs/heads/phasebot/site-gone" in left(repository)
    assert "refs/phasebot/gone/1" not in left(repository)


def test_a_branch_that_somebody_works_on_stays(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", str(tmp_path / "theirs"), "phasebot/site-gone")

    retire(Git(repository.folder), lambda _: of("gone"))

    assert "refs/heads/phasebot/site-gone" in left(repository)


def test_at_the_origin_the_refs_go_and_branches_are_peoples(repository: Repository, tmp_path: Path) -> None:
    origin = Repository(tmp_path / "origin")
    repository.git("push", "--quiet", str(origin.folder), "refs/phasebot/*:refs/phasebot/*", "refs/heads/phasebot/*")

    assert retire_at(Origin("ada/site", str(origin.folder)), Git(repository.folder), lambda _: of("gone")) == 1

    branches = [f"refs/heads/phasebot/site-{plan}" for plan in ("gone", "kept")]
    assert left(origin) == [*branches, *(f"{KEPT}/{one}" for one in ("1", "base", "claims/1"))]
    assert "refs/phasebot/gone/1" in left(repository), "only the origin was asked for"


def test_an_origin_that_cannot_be_read_is_a_failure_in_words(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="ada/site cannot be read"):
        retire_at(Origin("ada/site", str(tmp_path / "nowhere")), Git(repository.folder), lambda _: of("gone"))


def test_what_is_kept_so_long_is_what_the_settings_say(tmp_path: Path, repository: Repository) -> None:
    """A process in this folder: a plan that was completed long ago leaves nothing, one that goes on everything."""
    settings = Settings(database_url=str(tmp_path / "phasebot.db"), keep_days=30)
    with Phasebot(settings, Options(workspace=repository.folder, issues=False)) as phasebot:
        with phasebot.store.open_work() as work:
            for id, phases in (("gone", chain("a")), ("kept", chain("b"))):
                work.plans.add(replace(phases, id=id), PlanText("", dict.fromkeys(phases.phases, PhaseText(""))))
        done = Story(replace(chain("a"), id="gone")).passes("a").plan
        with phasebot.store.open_work() as work:
            before = work.plans.locked(["gone"])["gone"]
            work.plans.save(before, replace(done, version=before.version), None)
        phasebot.prune()
        assert len(left(repository)) == 8, "nothing was finished so long ago"

        phasebot.clock = LaterClock(timedelta(days=31))
        phasebot.prune()

    assert {one for one in left(repository) if "gone" in one} == set()
    assert len(left(repository)) == 4


@dataclass(frozen=True)
class LaterClock(SystemClock):
    """The time that it will be."""

    by: timedelta

    def now(self) -> datetime:
        return super().now() + self.by


def test_a_folder_without_a_repository_has_nothing_to_retire(tmp_path: Path) -> None:
    manner = Manner(home=tmp_path / "home", holder="here")
    assert FolderWorkspaces(tmp_path, manner).retire(lambda _: of("gone")) == 0
