"""Reading policies: values where they are right, and every problem with its place where they are not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.tools import builtin_registry
from services.domain.errors import PolicyInvalid
from services.domain.findings import Severity
from services.domain.phase import MANUAL, OnError, Operation, Qa, Rules
from services.domain.world import Limits
from services.planning.policy import Labels, Policy, Subject, read_policy

TOOLS = builtin_registry({}).inputs()
EXECUTORS = {"local", "manual"}
EXAMPLES = Path(__file__).parents[2] / "examples"


def read(text: str) -> Policy:
    return read_policy(text, tools=TOOLS, executors=EXECUTORS, where="phasebot.yml")


def problems(text: str) -> list[tuple[str, int, int]]:
    """Code, line and column of every problem."""
    with pytest.raises(PolicyInvalid) as raised:
        read(text)
    return [(one.code, one.line, one.column) for one in raised.value.findings]


def complaint(text: str) -> str:
    """The only problem, with its way out."""
    with pytest.raises(PolicyInvalid) as raised:
        read(text)
    [finding] = raised.value.findings
    return f"{finding.message}. {finding.fix}".strip()


FULL = """\
version: 1
limits: {running: 3, workers: 4, worker_cap: 8, plan: 2, project: 5}
publish: {labels: {parent: plan, child: step}}
defaults:
  executor: local
  on_error: fail
  retries: 2
  retry_delay: 90s
  timeout: 30m
phases:
  - match: Setup
    operations:
      - {tool: command, run: make setup, env: {MODE: fast}}
      - {tool: noop}
    priority: urgent
  - match: "Rel*"
    on_error: skip
    retries: 0
    timeout: ~
    approval: true
    qa: manual
    priority: 75
    operations: [{tool: command, run: [make, release]}]
"""


def test_an_entry_is_laid_over_the_defaults() -> None:
    policy = read(FULL)

    assert policy.rules_for(Subject("setup")) == Rules(
        executor="local",
        on_error=OnError.FAIL,
        retries=2,
        retry_delay=timedelta(seconds=90),
        timeout=timedelta(minutes=30),
        priority=10,
        operations=(
            Operation("command", {"run": "make setup", "env": {"MODE": "fast"}}),
            Operation("noop", {}),
        ),
    )
    assert policy.rules_for(Subject("Release")) == Rules(
        executor="local",
        on_error=OnError.SKIP,
        retries=0,
        priority=75,
        retry_delay=timedelta(seconds=90),
        timeout=None,
        approval=True,
        qa=Qa.MANUAL,
        operations=(Operation("command", {"run": ["make", "release"]}),),
    )


def test_limits_workers_labels_and_priorities_are_read() -> None:
    policy = read(FULL)

    assert policy.limits == Limits(running=3, project=5, plan=2)
    assert (policy.workers, policy.worker_cap) == (4, 8)
    assert policy.labels == Labels(parent="plan", child="step")
    assert [policy.priority_for(Subject(title)) for title in ("Setup", "Release", "Other")] == [10, 75, 50]
    assert policy.findings == ()


def test_the_shortest_policy_leaves_everything_to_people() -> None:
    policy = read("version: 1\n")

    assert policy.rules_for(Subject("Setup")) == Rules()
    assert policy.labels == Labels()


def test_a_phase_with_nothing_to_run_waits_for_a_person_even_where_local_is_the_default() -> None:
    policy = read("version: 1\ndefaults: {executor: local, retries: 1}\n")

    assert policy.rules_for(Subject("Setup")).executor == MANUAL


def test_operations_alone_mean_the_local_executor() -> None:
    policy = read("version: 1\nphases: [{match: A, operations: [{tool: noop}]}]\n")

    assert policy.rules_for(Subject("A")).executor == "local"


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("phasebot.yml")), ids=lambda path: path.parent.name)
def test_the_examples_are_valid(path: Path) -> None:
    assert read(path.read_text()).entries


# ---------------------------------------------------------------- problems


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("defaults: {executor: actions}", (2, 22)),
        ("phases:\n  - match: A\n    executor: actions", (4, 15)),
        ("defaults: {executor: actions}\nphases:\n  - {match: A, workflow: a.yml}\n  - {match: B}", (5, 5)),
        ("defaults: {workflow: a.yml}\nphases: [{match: A, executor: actions, workflow: ~}]", (3, 31)),
    ],
)
def test_a_run_without_its_workflow_is_told_before_anything_runs(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(PolicyInvalid) as raised:
        read_policy(f"version: 1\n{text}\n", tools=TOOLS, executors={*EXECUTORS, "actions"})
    [finding] = raised.value.findings
    assert (finding.code, finding.line, finding.column) == ("policy_missing_workflow", *place)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("defaults: {executor: agent}", 2),
        ("defaults: {agent: someone}\nphases: [{match: A, executor: agent, agent: ~}]", 3),
        ("phases:\n  - {match: A, executor: agent, agent: copilot}\n  - {match: B, executor: agent}", 4),
    ],
)
def test_an_agent_has_to_be_named(text: str, line: int) -> None:
    with pytest.raises(PolicyInvalid) as raised:
        read_policy(f"version: 1\n{text}\n", tools=TOOLS, executors={*EXECUTORS, "agent"})
    [finding] = raised.value.findings
    assert (finding.code, finding.line) == ("policy_missing_agent", line)
    assert finding.fix == "Say `agent:` with the agent's login."


def test_deliveries_and_agents_become_rules() -> None:
    text = "version: 1\ndefaults: {deliver: pull_request, base: next, executor: agent, agent: copilot}\n"
    rules = read_policy(text, tools=TOOLS, executors={*EXECUTORS, "agent"}).rules_for(Subject("a", "A"))

    assert (rules.deliver, rules.base, rules.executor, rules.agent) == ("pull_request", "next", "agent", "copilot")


@pytest.mark.parametrize(
    "text",
    [
        "defaults: {executor: actions, workflow: a.yml}\nphases: [{match: A}]",
        "defaults: {executor: actions}\nphases: [{match: A, workflow: a.yml}, {match: B, executor: manual}]",
    ],
)
def test_a_workflow_may_be_named_in_either_place(text: str) -> None:
    assert read_policy(f"version: 1\n{text}\n", tools=TOOLS, executors={*EXECUTORS, "actions"}).entries


def test_every_problem_is_reported_at_once_with_its_place() -> None:
    text = """\
version: 1
limit: {running: 3}
limits: {running: 0, workers: many}
defaults: {executor: lokal, on_error: stop, retries: 1.5, timeout: soon, approval: yes}
phases:
  - match: "/(/"
    operations:
      - {tool: comand, run: x}
      - {tool: command, rnu: x}
      - {tool: command, run: 5, env: {PORT: 80}}
      - {tool: command, run: "echo 'x"}
      - {run: x}
      - 5
  - executor: local
  - match: [a]
    qa: auto
    qa: none
    retries: -1
    priority: urgnt
    operations: x
publish: {labels: {parent: ""}}
"""
    assert problems(text) == [
        ("policy_unknown_key", 2, 1),
        ("policy_bad_value", 3, 19),
        ("policy_wrong_type", 3, 31),
        ("policy_unknown_executor", 4, 22),
        ("policy_bad_value", 4, 39),
        ("policy_wrong_type", 4, 54),
        ("policy_bad_duration", 4, 68),
        ("policy_bad_approver", 4, 84),
        ("policy_bad_match", 6, 12),
        ("policy_unknown_tool", 8, 16),
        ("policy_missing_key", 9, 9),
        ("policy_unknown_key", 9, 25),
        ("policy_wrong_type", 10, 30),
        ("policy_wrong_type", 10, 45),
        ("policy_bad_value", 11, 9),
        ("policy_missing_key", 12, 9),
        ("policy_wrong_type", 13, 9),
        ("policy_missing_key", 14, 5),
        ("policy_bad_match", 15, 12),
        ("policy_bad_value", 16, 9),
        ("policy_duplicate_key", 17, 5),
        ("policy_bad_value", 18, 14),
        ("policy_bad_value", 19, 15),
        ("policy_wrong_type", 20, 17),
        ("policy_bad_value", 21, 28),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 1\nlimts: {}", "there is no key `limts` here. Did you mean `limits`?"),
        ("version: 1\nphases: [{match: A, onerror: fail}]", "there is no key `onerror` here. Did you mean `on_error`?"),
        ("version: 1\nzzz: 1", "`zzz` here. There are: budgets, defaults, limits, phases, plans, publish,"),
        ("version: 1\nphases: [{match: A, operations: [{tool: comand}]}]", "no tool `comand`. Did you mean `command`?"),
        ("version: 1\ndefaults: {executor: Local}", "no executor `Local`. Did you mean `local`?"),
        ("version: 1\ndefaults: {on_error: skipp}", "not `skipp`. Did you mean `skip`?"),
        ("version: 1\ndefaults: {approval: yes}", "`defaults.approval` has to be true or false, not `yes`."),
        ("version: 1\nphases: {match: A}", "`phases` has to be a list, not a mapping."),
        ("version: 1\nlimits: ~", "`limits` has to be a mapping, not empty."),
        ("limits: {}", "`version` is missing."),
        ("", "the policy is empty. Begin with: version: 1"),
        ("# only a comment\n", "the policy is empty. Begin with: version: 1"),
        ("- version: 1", "the policy has to be a mapping."),
        ("version: 1\n\tlimits: {}", "Indent with spaces; YAML does not allow tabs."),
        ("version: 1\nlimits: {", "this is not YAML: "),
        ("version: 1\na: b: c", "in quotes."),
        ("version: 1\n---\nversion: 1", "this is not YAML: but found another document."),
        ("version: 1\nlimits: \x07", "there is a character that YAML does not allow."),
        ("version: 1\nlimits: *nowhere", "found undefined alias 'nowhere'"),
        ("version: 1\npublish: {labels: {parent: !!python/name:os.system x}}", "means nothing in a policy"),
        ("version: 1\n? [a, b]\n: c", "a key has to be a plain text."),
        ("version: 1\nphases: &all [*all]", "is too large, or refers to itself."),
        (
            "version: 1\nphases: [{match: A, operations: [{tool: command, run: 'echo {title}', shell: true}]}]",
            "$PHASEBOT_TITLE",
        ),
    ],
)
def test_a_problem_says_what_is_wrong_and_what_to_do(text: str, words: str) -> None:
    assert words in complaint(text)


@pytest.mark.parametrize("version", ["2", "0", "'1'", "1.0", "true", "latest"])
def test_another_version_is_refused_and_nothing_else_is_said_of_it(version: str) -> None:
    words = complaint(f"version: {version}\nanother_key: {{}}\n")

    assert "only version 1 is understood" in words


def test_aliases_that_explode_are_refused() -> None:
    lines = ["version: 1", "a: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    assert problems("\n".join(lines)) == [("policy_too_large", 1, 1)]


def test_a_long_text_is_refused_unread() -> None:
    assert problems("version: 1\n" + "# padding\n" * 30_000) == [("policy_too_large", 1, 1)]


def test_an_alias_may_be_used() -> None:
    policy = read(
        "version: 1\nphases:\n- {match: A, operations: &same [{tool: noop}]}\n- {match: B, operations: *same}\n"
    )

    assert policy.rules_for(Subject("A")) == policy.rules_for(Subject("B"))


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    assert read("\ufeffversion: 1\r\nlimits:\r\n  running: 3\r\n").limits.running == 3


def test_operations_that_no_machine_runs_are_a_warning() -> None:
    policy = read("version: 1\nphases:\n- match: A\n  executor: manual\n  operations: [{tool: noop}]\n")

    [warning] = policy.findings
    assert (warning.code, warning.severity, warning.line) == ("policy_unused_operations", Severity.WARNING, 4)


def test_the_message_lists_everything_and_names_the_file() -> None:
    with pytest.raises(PolicyInvalid) as raised:
        read("version: 1\nlimts: {}\nphses: []\n")

    assert str(raised.value).splitlines() == [
        "phasebot.yml: 2 problems",
        "  line 2, column 1: there is no key `limts` here. Did you mean `limits`? [policy_unknown_key]",
        "  line 3, column 1: there is no key `phses` here. Did you mean `phases`? [policy_unknown_key]",
    ]


# ---------------------------------------------------------------- durations


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1d", 86400),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("1.5h", 5400),
        ("250ms", 0.25),
        ("45", 45),
        ("0.5", 0.5),
        ("0", 0),
    ],
)
def test_durations_are_read_as_people_write_them(written: str, seconds: float) -> None:
    policy = read(f"version: 1\ndefaults: {{retry_delay: {written}}}\n")

    assert policy.rules_for(Subject("A")).retry_delay == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written", ["soon", "5 minutes", "-3s", "-3", "''", "true", "[1]", "9999d", "1e400", ".nan", "30min"]
)
def test_anything_else_is_no_duration(written: str) -> None:
    assert problems(f"version: 1\ndefaults: {{timeout: {written}}}\n") == [("policy_bad_duration", 2, 21)]
