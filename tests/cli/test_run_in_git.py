"""`phasebot run` in a git repository, as people start it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.process import Phasebot
from tests.workspaces.conftest import Repository

PLAN = """\
# Shop

## Phase 1: Schema

- [ ] Write `db/schema.sql`

## Phase 2: Seeds

Depends on Phase 1.
"""
POLICY = """\
version: 1
phases:
  - match: Schema
    operations:
      - {tool: command, shell: true, run: "mkdir db && echo tables > db/schema.sql && touch stray.txt"}
  - match: Seeds
    operations:
      - {tool: command, shell: true, run: "cat db/schema.sql > seeds.txt; test -e wanted || exit 1"}
"""


@pytest.fixture
def phasebot(tmp_path: Path) -> Phasebot:
    return Phasebot(tmp_path)


def test_results_are_on_a_branch_and_the_folder_stays_as_it_was(phasebot: Phasebot) -> None:
    repository = Repository(phasebot.folder)
    repository.commit({"plan.md": PLAN, "phasebot.yml": POLICY, "wanted": ""})
    (phasebot.folder / "mine.txt").write_text("not committed")

    ended = phasebot("run", "plan.md", "--policy", "phasebot.yml", "--no-issues")

    assert ended.code == 0, ended.err
    assert "warning: phases begin with the last commit, without what is not committed: mine.txt" in ended.err
    assert "changed without being named by a task: stray.txt" in ended.out
    branch = ended.out.rpartition("git merge ")[2].strip()
    assert repository.show(branch, "seeds.txt") == "tables"
    assert repository.git("status", "--porcelain") == "?? mine.txt"


def test_a_failed_phase_leaves_its_diff_and_nothing_else(phasebot: Phasebot) -> None:
    repository = Repository(phasebot.folder)
    repository.commit({"plan.md": PLAN, "phasebot.yml": POLICY})

    ended = phasebot("run", "plan.md", "--policy", "phasebot.yml", "--no-issues", "--json")

    assert ended.code == 1
    [summary] = ended.events("summary")
    schema, seeds = summary["phases"]
    assert "seeds.txt" in Path(seeds["changes"]["diff"]).read_text()
    assert schema["changes"]["unplanned"] == ["stray.txt"]
    assert "seeds.txt" not in repository.files(schema["changes"]["branch"])
