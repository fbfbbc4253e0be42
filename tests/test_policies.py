"""Whose commands may run on this machine: neither the work nor the verdict of a repository that was not allowed to."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bot.policies import CurrentPolicy
from bot.tools import builtin_registry
from services.domain.phase import MANUAL, Qa
from services.planning.draft import PhaseDraft
from services.planning.policy import Subject, read_policy

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
