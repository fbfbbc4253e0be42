"""Workers on machines that share no folder: each works in clones, and begins with what the others have brought."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.domain.phase import Operation, Rules
from services.planning.draft import PhaseDraft
from tests.scale.conftest import Yard
from tests.scale.redis_server import RedisServer
from tests.workspaces.conftest import Repository

PLAN = """\
# Shop

## Phase 1: A

No dependencies.

## Phase 2: B

No dependencies.

## Phase 3: C

Depends on Phase 1 and Phase 2.
"""


def rules(phase: PhaseDraft) -> Rules:
    run = "cat a b > c" if "C" in phase.title else f"test -e README.md && hostname > {phase.title[-1].lower()}"
    return Rules(executor="local", operations=(Operation("command", {"run": run, "shell": True}),))


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    (tmp_path / "srv/ada").mkdir(parents=True)
    shop = Repository(tmp_path / "srv/ada/shop.git")
    shop.commit({"README.md": "# Shop\n"})
    return shop


@pytest.fixture
def yard(tmp_path: Path, redis: RedisServer, shop: Repository) -> Iterator[Yard]:
    yard = Yard(tmp_path, redis, lease=10, git_url=f"{tmp_path}/srv/{{owner}}/{{name}}.git")
    yard.workspace.mkdir()
    with ExitStack() as stack:
        stack.callback(yard.close)
        stack.enter_context(yard.server())
        yield yard


def test_a_plan_is_carried_out_in_clones_of_its_own_repository_on_several_machines(
    yard: Yard, shop: Repository
) -> None:
    for _ in range(2):
        yard.worker(hands=1)
    yard.until(lambda: yard.phasebot.crew.executors[0].slots == 2)

    id = yard.submit(PLAN, rules, project="ada/shop")
    plan = yard.until_settled(id)

    assert [(phase.state.value, phase.failure) for phase in plan] == [("completed", None)] * 3
    result = f"refs/phasebot/{id}/3"
    assert shop.files(result) == ["README.md", "a", "b", "c"]
    assert [bool(list((yard.folder / f"worker-{n}/repositories/ada").glob("*.git"))) for n in (0, 1)] == [True, True]
    assert list(yard.workspace.iterdir()) == []
