"""What an attempt begins with, what a success leaves, and that a failure leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.domain.failure import Failure
from services.domain.rules import Deliver, Isolation, Rules
from services.execution.operations import Ending
from services.execution.tool import ToolFailed
from tests.workspaces.conftest import DONE, Attempts, Repository, write

BROKE = Ending(Failure("command_failed", "no"), None)


def failure_of(ending: Ending) -> Failure:
    assert ending.failure is not None
    return ending.failure


# ---------------------------------------------------------------- beginning


def test_a_phase_begins_with_what_all_before_it_have_brought(attempts: Attempts) -> None:
    attempts.works(1, files={"one.txt": "1"})
    attempts.works(2, files={"two.txt": "2"})

    with attempts.open(attempts.assignment(3, 1, 2)) as workspace:
        found = {path.name for path in Path(workspace.folder).glob("*.txt")}

    assert found == {"one.txt", "two.txt"}


def test_a_phase_without_needs_begins_where_the_plan_began(repository: Repository, attempts: Attempts) -> None:
    attempts.works(1, files={"one.txt": "1"})
    repository.commit({"later.txt": "committed while the plan runs"})

    with attempts.open(attempts.assignment(2)) as workspace:
        names = {path.name for path in Path(workspace.folder).iterdir()}

    assert names == {".git", "README.md", "src"}


def test_what_was_skipped_or_done_by_hand_is_looked_through(attempts: Attempts) -> None:
    attempts.works(1, files={"one.txt": "1"})

    with attempts.open(attempts.assignment(3, 1, 2)) as workspace:
        assert Path(workspace.folder, "one.txt").read_text() == "1"


def test_phases_that_disagree_cannot_be_begun_with(repository: Repository, attempts: Attempts) -> None:
    quiet = Rules(executor="local", deliver=Deliver.NONE)
    attempts.works(1, files={"src/app.py": "ONE\ntwo\nthree\n"}, rules=quiet)
    attempts.works(2, files={"other.txt": "no quarrel"}, rules=quiet)
    attempts.works(3, files={"src/app.py": "uno\ntwo\nthree\n"}, rules=quiet)

    with pytest.raises(ToolFailed) as caught, attempts.open(attempts.assignment(4, 1, 2, 3)):
        pass

    error = caught.value
    assert (error.type, error.retryable) == ("merge_conflict", False)
    assert error.message == "Phase 1 and Phase 3 have changed the same lines of src/app.py"
    assert error.details == {"files": ["src/app.py"], "phases": ["Phase 1", "Phase 3"]}
    assert repository.worktrees() == 1


def test_two_attempts_never_share_a_tree(attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as one, attempts.open(attempts.assignment(2)) as two:
        write(Path(one.folder), {"mine.txt": ""})

        assert not Path(two.folder, "mine.txt").exists()


def test_a_check_sees_the_work_and_leaves_nothing(repository: Repository, attempts: Attempts) -> None:
    commit = attempts.works(1, files={"one.txt": "1"}).commit

    with attempts.open(attempts.assignment(1, check=True)) as workspace:
        assert Path(workspace.folder, "one.txt").read_text() == "1"
        write(Path(workspace.folder), {"one.txt": "forged"})
        assert workspace.settle(DONE) == DONE

    assert repository.git("rev-parse", "refs/phasebot/p1/1") == commit


# ---------------------------------------------------------------- success


def test_a_success_is_a_commit_under_the_ref_of_its_phase(repository: Repository, attempts: Attempts) -> None:
    changes = attempts.works(1, files={"one.txt": "1", ".phasebot/kept/x": "never kept"})

    assert repository.git("rev-parse", "refs/phasebot/p1/1") == changes.commit
    assert repository.files(changes.commit) == ["README.md", "one.txt", "src/app.py"]
    assert repository.git("log", "-1", "--format=%an <%ae>|%s", changes.commit) == (
        "phasebot <phasebot@localhost>|Phase 1"
    )
    assert "Phasebot-Plan: p1" in repository.git("log", "-1", "--format=%b", changes.commit)
    assert changes.files == 1
    assert "+1" in Path(changes.diff).read_text()
    assert repository.worktrees() == 1
    assert list((attempts.home / "worktrees").glob("p1-*")) == []


def test_titles_cannot_close_issues_or_call_people(repository: Repository, attempts: Attempts) -> None:
    assignment = attempts.assignment(1)
    object.__setattr__(assignment.phase, "title", "Fixes #12 for @ada")

    attempts.run(assignment, {"one.txt": "1"})

    message = repository.git("log", "-1", "--format=%B", "refs/phasebot/p1/1")
    assert "#12" not in message
    assert "@ada" not in message


def test_what_changes_nothing_needs_no_commit_and_says_so(repository: Repository, attempts: Attempts) -> None:
    ending = attempts.run(attempts.assignment(1), {})

    assert ending.result is not None
    assert ending.result.modified is False
    assert repository.git("rev-parse", "refs/phasebot/p1/1") == repository.git("rev-parse", "main")


def test_commits_that_an_agent_made_are_kept(repository: Repository, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        folder = Path(workspace.folder)
        agent = Repository.__new__(Repository)
        agent.folder = folder
        agent.commit({"one.txt": "1"})
        write(folder, {"two.txt": "2"})
        assert workspace.settle(DONE).failure is None

    authors = repository.git("log", "--format=%an", "main..refs/phasebot/p1/1").split()
    assert authors == ["phasebot", "Ada"]


def test_the_users_own_tree_and_index_are_never_touched(repository: Repository, attempts: Attempts) -> None:
    write(repository.folder, {"README.md": "edited", "new.txt": "not committed"})
    repository.git("add", "README.md")
    before = repository.git("status", "--porcelain"), repository.git("diff", "--cached")

    attempts.works(1, files={"README.md": "by the phase"})

    assert (repository.git("status", "--porcelain"), repository.git("diff", "--cached")) == before
    assert repository.git("rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert (repository.folder / "README.md").read_text() == "edited"


def test_hooks_and_settings_of_the_repository_do_not_count(repository: Repository, attempts: Attempts) -> None:
    for name in ("pre-commit", "post-checkout", "post-merge", "pre-merge-commit", "reference-transaction"):
        hook = repository.folder / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {repository.folder}/hook-ran\nexit 1\n")
        hook.chmod(0o755)
    for line in ("commit.gpgSign true", "core.fsmonitor false-monitor", "merge.ff only"):
        repository.git("config", *line.split())

    attempts.works(1, files={"one.txt": "1"})
    attempts.works(2, files={"two.txt": "2"})
    attempts.works(3, 1, 2, files={"three.txt": "3"})

    assert not (repository.folder / "hook-ran").exists()


def test_work_in_a_part_of_a_repository_begins_there(repository: Repository, tmp_path: Path) -> None:
    attempts = Attempts(repository, tmp_path / "home", folder=repository.folder / "src")

    with attempts.open(attempts.assignment(1)) as workspace:
        assert Path(workspace.folder, "app.py").exists()
        write(Path(workspace.folder), {"more.py": ""})
        workspace.settle(DONE)

    assert "src/more.py" in repository.files("refs/phasebot/p1/1")


# ---------------------------------------------------------------- failure


def test_a_failure_leaves_nothing_but_its_diff(repository: Repository, attempts: Attempts) -> None:
    ending = attempts.run(attempts.assignment(1), {"half.txt": "half"}, BROKE)

    assert failure_of(ending) == BROKE.failure
    assert repository.refs() == ["refs/phasebot/p1/base"]
    assert repository.worktrees() == 1
    assert ending.result is not None
    assert ending.result.changes is not None
    assert "+half" in Path(ending.result.changes.diff).read_text()


def test_a_phase_may_not_change_what_runs_in_ci(repository: Repository, attempts: Attempts) -> None:
    ending = attempts.run(attempts.assignment(1), {".github/workflows/x.yml": "on: push", "fine.txt": ""})

    failure = failure_of(ending)
    assert (failure.type, failure.retryable) == ("protected_path", False)
    assert failure.details == {"files": [".github/workflows/x.yml"]}
    assert repository.refs() == ["refs/phasebot/p1/base"]


def test_a_superseded_attempt_never_overwrites(repository: Repository, attempts: Attempts) -> None:
    older = attempts.assignment(1)
    newer = attempts.again(older)
    with attempts.open(older) as late:
        write(Path(late.folder), {"one.txt": "old"})
        assert attempts.run(newer, {"one.txt": "new"}).failure is None
        ending = late.settle(DONE)

    assert failure_of(ending).type == "superseded"
    assert repository.show("refs/phasebot/p1/1", "one.txt") == "new"


def test_an_attempt_older_than_one_that_has_begun_does_not_begin(attempts: Attempts) -> None:
    older = attempts.assignment(1)
    with attempts.open(attempts.again(older)), pytest.raises(ToolFailed) as caught, attempts.open(older):
        pass

    assert caught.value.type == "superseded"


def test_what_removes_its_own_git_file_cannot_reach_the_users_tree(repository: Repository) -> None:
    attempts = Attempts(repository, repository.folder / "home")  # worktrees within the repository itself
    with attempts.open(attempts.assignment(1)) as workspace:
        Path(workspace.folder, ".git").unlink()
        write(Path(workspace.folder), {"one.txt": "1"})
        assert workspace.settle(DONE).failure is None

    assert "one.txt" in repository.files("refs/phasebot/p1/1")
    assert repository.git("diff", "--cached", "--name-only") == ""


def test_a_tree_made_read_only_is_removed_all_the_same(repository: Repository, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        write(Path(workspace.folder), {"deep/down/file.txt": ""})
        Path(workspace.folder, "deep/down").chmod(0o500)

    assert not Path(workspace.folder).exists()
    assert repository.worktrees() == 1


# ---------------------------------------------------------------- rules


def test_files_that_no_task_names_are_a_finding(attempts: Attempts) -> None:
    changes = attempts.works(
        1, files={"src/app.py": "new\n", "docs/a.md": "", "stray.txt": ""}, paths=("src/app.py", "docs/")
    )

    assert changes.unplanned == ("stray.txt",)


def test_a_tree_that_does_not_fit_the_budget_is_not_made(repository: Repository, attempts: Attempts) -> None:
    repository.commit({"big.bin": "x" * 2_000_000})
    attempts.workspaces = attempts.made(megabytes=1)

    with pytest.raises(ToolFailed) as caught, attempts.open(attempts.assignment(1)):
        pass

    assert (caught.value.type, caught.value.retryable) == ("disk_budget", True)
    assert "PHASEBOT_WORKTREES_MB" in caught.value.message
    assert repository.worktrees() == 1


def test_work_in_place_is_done_where_it_is_asked_for(repository: Repository, attempts: Attempts) -> None:
    ending = attempts.run(
        attempts.assignment(1, rules=Rules(isolation=Isolation.IN_PLACE)), {"one.txt": "in the folder"}
    )

    assert ending == DONE
    assert (repository.folder / "one.txt").exists()
    assert repository.refs() == []
