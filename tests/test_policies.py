"""Whose commands may run on this machine: neither the work nor the verdict of a repository that was not allowed to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from bot.policies import FRESH, CurrentPolicy, Policies
from bot.store import Store
from bot.tools import builtin_registry
from services.domain.errors import NotAllowed, NotFound, TransientError
from services.domain.phase import MANUAL, Qa
from services.domain.plan import HANDED_IN
from services.planning.draft import PhaseDraft
from services.planning.policy import Subject, read_policy
from tests.store.conftest import HandClock

WORK = "{match: A, operations: [{tool: noop}]}"
CHECK = "{match: A, executor: manual, qa: {tool: command, run: make smoke}}"


def current(entry: str, **facts: Any) -> CurrentPolicy:
    tools = builtin_registry({}).inputs()
    policy = read_policy(f"version: 1\nphases: [{entry}]\n", tools=tools, executors={"local", "manual"})
    return CurrentPolicy(policy=policy, **facts)


A = cast("PhaseDraft", Subject("A"))


@pytest.mark.parametrize("entry", [WORK, CHECK])
def test_what_may_not_run_here_is_a_persons(entry: str) -> None:
    rules = current(entry, may_run_here=False).rules_for(A)

    assert rules.executor == MANUAL
    assert rules.qa is not Qa.TOOL
    assert rules.qa_operation is None
    assert current(entry, may_run_here=False).holds_back([A])


def test_a_verdict_that_may_not_be_given_here_is_not_left_out() -> None:
    assert current(CHECK, may_run_here=False).rules_for(A).qa is Qa.MANUAL


@pytest.mark.parametrize("entry", [WORK, CHECK])
def test_what_may_run_here_is_as_the_policy_says(entry: str) -> None:
    allowed = current(entry)

    assert allowed.rules_for(A) == allowed.policy.rules_for(A)
    assert not allowed.holds_back([A])


# ---------------------------------------------------------------- which one counts

PROJECT = "acme/site"
RIGHT, OTHER, WRONG = "version: 1\n", "version: 1\nlimits: {workers: 2}\n", "version: 1\nplanz: []\n"


@dataclass
class Repository:
    """One, with a history of its policy. `fails`: with what every question is answered."""

    history: list[str | None] = field(default_factory=list)
    fails: Exception | None = None

    def last_change(self, project: str, path: str, at: str) -> str:
        if self.fails is not None:
            raise self.fails
        return at or (f"commit-{len(self.history)}" if self.history else "")

    def read_file(self, project: str, path: str, commit: str) -> tuple[str, bytes]:
        if self.fails is not None:
            raise self.fails
        text = self.history[int(commit.removeprefix("commit-")) - 1]
        if text is None:
            raise NotFound("no such file")
        return f"sha of {commit}", text.encode()


@pytest.fixture
def repository() -> Repository:
    return Repository()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def policies(repository: Repository, clock: HandClock, tmp_path: Path) -> Iterator[Policies]:
    with closing(Store(f"sqlite:///{tmp_path / 'store.db'}", clock=clock)) as store:
        yield Policies(
            kept=store.policies,
            files=lambda: repository,
            tools=lambda: builtin_registry({}).inputs(),
            executors=lambda: {"manual"},
            allowed=lambda _: True,
            clock=clock,
        )


def test_what_counts_is_the_newest_with_its_commit(
    policies: Policies, repository: Repository, clock: HandClock
) -> None:
    assert policies.ruling(PROJECT).origin == ""
    repository.history += [RIGHT, OTHER]
    assert policies.ruling(PROJECT).origin == "", "it was read a moment ago"

    clock.pass_(FRESH)

    assert (policies.ruling(PROJECT).origin, policies.ruling(PROJECT).policy.workers) == ("commit-2", 2)


def test_a_wrong_one_leaves_the_last_right_one_in_force(policies: Policies, repository: Repository) -> None:
    repository.history += [OTHER, WRONG]
    assert policies.ruling(PROJECT, "commit-1").findings == ()

    found = policies.ruling(PROJECT, "commit-2")

    assert (found.origin, found.policy.workers, found.has_older) == ("commit-1", 2, True)
    assert [one.code for one in found.findings] == ["policy_unknown_key"]


def test_one_that_was_removed_counts_no_more(policies: Policies, repository: Repository) -> None:
    repository.history += [OTHER, None, WRONG]
    policies.ruling(PROJECT, "commit-1")

    assert policies.ruling(PROJECT, "commit-2").origin == ""
    assert not policies.ruling(PROJECT, "commit-3").has_older


def test_while_the_repository_cannot_be_read_the_last_one_counts(
    policies: Policies, repository: Repository, clock: HandClock
) -> None:
    repository.history.append(OTHER)
    policies.ruling(PROJECT)
    clock.pass_(FRESH)
    repository.fails = TransientError("busy")

    found = policies.ruling(PROJECT)

    assert (found.origin, found.is_stale) == ("commit-1", True)
    assert [one.code for one in found.findings] == ["policy_stale"]
    with pytest.raises(TransientError):
        policies.ruling("acme/other")
    repository.fails = None
    assert not policies.ruling(PROJECT).is_stale, "it is not remembered as read"


def test_one_that_may_not_be_read_is_a_problem_and_no_failure(policies: Policies, repository: Repository) -> None:
    repository.fails = NotAllowed("no", fix="Grant `contents: read`.")

    (finding,) = policies.ruling(PROJECT).findings

    assert (finding.code, finding.fix) == ("policy_unreadable", "Grant `contents: read`.")


def test_an_earlier_one_is_read_as_it_was_and_changes_nothing(policies: Policies, repository: Repository) -> None:
    repository.history += [OTHER, RIGHT]
    assert policies.ruling(PROJECT, "commit-2").policy.workers is None

    assert policies.at(PROJECT, "commit-1").workers == 2

    assert policies.ruling(PROJECT).origin == "commit-2"


def test_one_that_is_handed_in_is_of_no_commit(policies: Policies) -> None:
    assert policies.handed_in(RIGHT, "policy").origin == HANDED_IN
