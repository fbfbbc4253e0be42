"""The language in full: gates, verdicts, conditions, windows, retries, budgets, environment, executors' own keys."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from services.domain.rules import (
    Approvers,
    Budget,
    BudgetMode,
    Budgets,
    Escalation,
    Foreach,
    OnError,
    Operation,
    Qa,
)
from services.domain.windows import Window
from services.planning.policy import Subject
from tests.policy.test_reading import complaint, problems, read

EVERYTHING = """\
version: 1
plans: ["specs/*/tasks.md", "plans/*.md"]
publish: {auto: true}
budgets: {mode: strict, attempt: {tokens: 1000}, plan: {cost: 2.5}, project: {cost: 100}, day: {time: 8h}}
defaults:
  retries: {count: 2, delay: 10s, factor: 3, cap: 1m, jitter: 0}
  env: {MODE: fast, TIER: free}
  secrets: [NPM_TOKEN]
  budget: {tokens: 10}
phases:
  - match: Build
    retries: {count: 5}
    env: {TIER: paid}
    budget: {time: 1h}
    approval: {by: [maintainers, "@ada"], expires: 2d}
    escalate: {after: 4h, to: "@grace"}
    windows: ["mon-fri 09:00-17:00 Europe/Berlin", "sat"]
    when: failed("Setup") or plan.project == "acme/site"
    skip_when: completed("Setup")
    only_if: {phase_modified: Setup}
    qa: {tool: command, run: make smoke}
    operations:
      - tool: command
        run: "convert {file}"
        foreach: "**/*.png"
        workers: 4
        on_error: skip
        retries: 1
        rollback: [{tool: command, run: git checkout .}]
  - match: Ship
    approval: admins
    qa: ci
    workflow: ship.yml
    ref: main
    inputs: {target: prod}
    agent: claude
    model: large
    only_if: phase_modified
"""


def test_everything_that_can_be_said_of_a_phase_is_read() -> None:
    rules = read(EVERYTHING).rules_for(Subject("Build"))

    assert (rules.retries, rules.retry_delay, rules.retry_factor) == (5, timedelta(seconds=10), 3)
    assert (rules.retry_cap, rules.retry_jitter) == (timedelta(minutes=1), 0)
    assert rules.environment == {"MODE": "fast", "TIER": "paid"}
    assert rules.secrets == ("NPM_TOKEN",)
    assert rules.budget == Budget(tokens=10, time=timedelta(hours=1))
    assert (rules.approval, rules.approvers) == (True, Approvers(("maintain",), ("ada",)))
    assert rules.approval_expires == timedelta(days=2)
    assert rules.escalation == Escalation(timedelta(hours=4), Approvers(people=("grace",)))
    assert rules.windows == (
        Window((0, 1, 2, 3, 4), time(9), time(17), "Europe/Berlin"),
        Window((5,), time(), time()),
    )
    assert rules.when == 'failed("Setup") or plan.project == "acme/site"'
    assert (rules.skip_when, rules.only_if) == ('completed("Setup")', 'phase_modified("Setup")')
    assert (rules.qa, rules.qa_operation) == (Qa.TOOL, Operation("command", {"run": "make smoke"}))
    assert rules.operations == (
        Operation(
            "command",
            {"run": "convert {file}"},
            on_error=OnError.SKIP,
            retries=1,
            foreach=Foreach("**/*.png", 4),
            rollback=(Operation("command", {"run": "git checkout ."}),),
        ),
    )


def test_executors_keys_and_the_short_ways_to_say_things_are_read() -> None:
    rules = read(EVERYTHING).rules_for(Subject("Ship"))

    assert (rules.workflow, rules.ref, rules.inputs) == ("ship.yml", "main", {"target": "prod"})
    assert (rules.agent, rules.model) == ("claude", "large")
    assert (rules.qa, rules.approvers, rules.only_if) == (Qa.CI, Approvers(("admin",)), "phase_modified")


def test_what_counts_for_the_project_is_read() -> None:
    policy = read(EVERYTHING)

    assert (policy.plans, policy.publish_auto) == (("specs/*/tasks.md", "plans/*.md"), True)
    assert policy.budgets == Budgets(
        BudgetMode.STRICT,
        attempt=Budget(tokens=1000),
        plan=Budget(cost=2.5),
        project=Budget(cost=100),
        day=Budget(time=timedelta(hours=8)),
    )


def test_where_each_rule_comes_from_is_known() -> None:
    sources = read(EVERYTHING).sources_for(Subject("Ship"))

    assert sources["secrets"] is None
    assert (said := sources["qa"]) is not None
    assert (said.written, said.place.line) == ("`Ship`", 30)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("when: failed(", "where the end is"),
        ("when: faild('A')", "knows no `faild`"),
        ("when: status('A') = 'x'", "something unexpected at character 13"),
        ("only_if: changed", "has to be phase_modified"),
        ("windows: whenever", "such as `mon-fri 09:00-17:00 Europe/Berlin`"),
        ("windows: 'mon 09:00-17:00 Europe/Berlln'", "Did you mean `Europe/Berlin`"),
        ("windows: 'mon 09:00-27:61'", "an hour that no clock shows"),
        ("approval: everyone", "a role (triage, write, maintainers, admins)"),
        ("escalate: {to: '@ada'}", "`defaults.escalate.after` is missing"),
        ("retries: {cuont: 1}", "Did you mean `count`?"),
        ("env: {TOKEN: ghp_0123456789012345678901234567890123456789}", "holds a secret. Name it under `secrets`"),
        ("env: {9LIVES: x}", "has to look like"),
        ("secrets: [a-b]", "has to look like"),
        ("qa: {tool: comand}", "Did you mean `command`?"),
        ("budget: {cost: -1}", "has to be at least 0"),
        ("operations: [{tool: noop, rollback: [{tool: nop}]}]", "Did you mean `noop`?"),
        ("operations: [{tool: noop, on_error: continue}]", "has to be 'fail' or 'skip'"),
    ],
)
def test_what_is_wrong_is_said_in_words(rule: str, words: str) -> None:
    assert words in complaint(f"version: 1\ndefaults:\n  {rule}\n")


def test_a_plan_outside_the_repository_is_refused() -> None:
    assert problems("version: 1\nplans: [ok.md, ../*.md, /etc/*.md]\n") == [
        ("policy_bad_value", 2, 16),
        ("policy_bad_value", 2, 25),
    ]


def test_what_runs_of_workflows_do_after_a_failure_and_for_a_verdict_is_read() -> None:
    policy = read(
        "version: 1\ndefaults: {workflow: phase.yml, rerun_failed: true, qa: ci,"
        " qa_workflow: smoke.yml, qa_timeout: 1h}\n"
    )

    rules = policy.rules_for(Subject("Build"))

    assert (rules.workflow, rules.rerun_failed, rules.qa) == ("phase.yml", True, Qa.CI)
    assert (rules.checker, rules.qa_workflow, rules.qa_timeout) == ("actions", "smoke.yml", timedelta(hours=1))


def test_a_condition_that_asks_about_no_phase_of_the_plan_is_pointed_out() -> None:
    policy = read('version: 1\nphases:\n- match: Ship\n  when: failed("Biuld") or completed("1")\n')

    [warning] = policy.unmatched([Subject("Build", "1"), Subject("Ship", "2")])

    assert (warning.code, warning.line) == ("policy_no_such_phase", 3)
    assert warning.message == "no phase of the plan is called `Biuld`, which a condition asks about"
    assert warning.fix == "Did you mean `Build`?"
