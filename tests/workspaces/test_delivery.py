"""The branch on which results come together."""

from __future__ import annotations

import itertools
from pathlib import Path

from services.domain.rules import Deliver, Rules
from tests.workspaces.conftest import DONE, Attempts, Repository, write

BRANCH = "phasebot/shop-p1"
PUSHED = Rules(executor="local", deliver=Deliver.BRANCH)


def test_results_come_together_on_a_branch_that_only_goes_forward(repository: Repository, attempts: Attempts) -> None:
    tips = []
    for serial, before in ((1, ()), (2, ()), (3, (1, 2)), (4, ())):
        attempts.works(serial, *before, files={f"{serial}.txt": str(serial)})
        tips.append(repository.git("rev-parse", BRANCH))

    assert {"1.txt", "2.txt", "3.txt", "4.txt"} < set(repository.files(BRANCH))
    for older, newer in itertools.pairwise(tips):
        repository.git("merge-base", "--is-ancestor", older, newer)


def test_without_delivery_there_are_refs_alone(repository: Repository, attempts: Attempts) -> None:
    attempts.works(1, files={"1.txt": ""}, rules=Rules(executor="local", deliver=Deliver.NONE))

    assert repository.refs() == ["refs/phasebot/p1/1", "refs/phasebot/p1/base"]


def test_a_phase_carried_out_again_replaces_what_it_had_delivered(repository: Repository, attempts: Attempts) -> None:
    attempts.works(1, files={"1.txt": "first", "stale.txt": ""})
    attempts.works(2, files={"2.txt": ""})
    before = repository.git("rev-parse", BRANCH)

    attempts.works(1, files={"1.txt": "second"})

    assert repository.show(BRANCH, "1.txt") == "second"
    assert repository.files(BRANCH) == ["1.txt", "2.txt", "README.md", "src/app.py"]
    repository.git("merge-base", "--is-ancestor", before, BRANCH)


def test_what_people_commit_to_the_branch_stays(repository: Repository, attempts: Attempts, tmp_path: Path) -> None:
    attempts.works(1, files={"1.txt": "first"})
    repository.git("worktree", "add", "--quiet", str(tmp_path / "theirs"), BRANCH)
    theirs = Repository.__new__(Repository)
    theirs.folder = tmp_path / "theirs"
    theirs.commit({"theirs.txt": ""})
    repository.git("worktree", "remove", str(tmp_path / "theirs"))

    attempts.works(2, files={"2.txt": ""})

    assert {"1.txt", "2.txt", "theirs.txt"} < set(repository.files(BRANCH))


def test_a_branch_that_somebody_works_on_is_not_moved(repository: Repository, attempts: Attempts) -> None:
    attempts.works(1, files={"1.txt": ""})
    repository.git("checkout", "--quiet", BRANCH)

    changes = attempts.works(2, files={"2.txt": ""})

    assert changes.branch == ""
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("rev-parse", "refs/phasebot/p1/2") == changes.commit


def test_phases_that_disagree_are_not_both_delivered(repository: Repository, attempts: Attempts) -> None:
    attempts.works(1, files={"src/app.py": "ONE\ntwo\nthree\n"})

    ending = attempts.run(attempts.assignment(2), {"src/app.py": "uno\ntwo\nthree\n"})

    assert ending.failure is not None
    assert (ending.failure.type, ending.failure.retryable) == ("merge_conflict", False)
    assert ending.failure.details["files"] == ["src/app.py"]
    assert "Phase 2" in ending.failure.message
    assert "refs/phasebot/p1/2" not in repository.refs()


def test_the_branch_is_pushed_where_the_policy_says_so(
    repository: Repository, attempts: Attempts, tmp_path: Path
) -> None:
    remote = tmp_path / "remote.git"
    repository.git("init", "--quiet", "--bare", str(remote))
    repository.git("remote", "add", "origin", str(remote))

    quiet = attempts.works(1, files={"1.txt": ""})
    pushed = attempts.works(2, files={"2.txt": ""}, rules=PUSHED)

    assert (quiet.note, pushed.note) == ("", "pushed to origin")
    assert (quiet.head, pushed.head) == ("", repository.git("rev-parse", BRANCH))
    assert repository.git("ls-remote", "origin", BRANCH).split()[0] == repository.git("rev-parse", BRANCH)


def test_a_push_that_fails_is_told_and_loses_nothing(
    repository: Repository, attempts: Attempts, tmp_path: Path
) -> None:
    repository.git("remote", "add", "origin", str(tmp_path / "nowhere.git"))

    changes = attempts.works(1, files={"1.txt": ""}, rules=PUSHED)

    assert changes.note.startswith("not pushed to origin: ")
    assert changes.head == "", "CI has nothing to judge"
    assert repository.git("rev-parse", BRANCH) == changes.commit


def test_many_results_are_the_same_whatever_the_order_in_which_they_end(repository: Repository, tmp_path: Path) -> None:
    trees = set()
    for order in ((1, 2, 3), (3, 2, 1), (2, 3, 1)):
        attempts = Attempts(repository, tmp_path / "home")
        opened = [(serial, attempts.assignment(serial)) for serial in order]
        for serial, assignment in opened:
            object.__setattr__(assignment, "plan", "order" + "".join(map(str, order)))
            with attempts.open(assignment) as workspace:
                write(Path(workspace.folder), {f"{serial}.txt": str(serial)})
                assert workspace.settle(DONE).failure is None
        name = f"phasebot/shop-order{''.join(map(str, order))}"
        trees.add(repository.git("rev-parse", f"{name}^{{tree}}"))

    assert len(trees) == 1
