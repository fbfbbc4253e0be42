"""Reading a policy: every problem is found at once, each with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from services.domain.errors import PolicyInvalid
from services.domain.findings import Finding, Severity
from services.domain.phase import MANUAL
from services.domain.rules import ACTIONS, AGENT
from services.domain.world import Limits
from services.planning.policy.language import VERSION, PolicyText
from services.planning.policy.policy import Entry, Labels, Policy
from services.planning.policy.problems import Problems, spoken, suggestion
from services.planning.policy.rules_text import OWN_KEYS
from services.planning.policy.source import Path, Source, read_source
from services.planning.scope import DonePhases

Tools = Mapping[str, type[BaseModel]]
"""What each tool takes, by its name."""


def read_policy(text: str, *, tools: Tools, executors: Collection[str], where: str = "the policy") -> Policy:
    """Raises PolicyInvalid with all findings. `where` names the file; `tools` are those that operations may use."""
    source = read_source(text)
    language = _checked(source)
    _Checks(source, tools, executors).all()
    if language is None or any(one.severity is Severity.ERROR for one in source.findings):
        raise PolicyInvalid.listing(_in_order(source.findings), where=where)
    return _policy(language, source)


def _checked(source: Source) -> PolicyText | None:
    """The policy by the rules of its language; None where it breaks them or speaks another."""
    if source.value is None:
        return None
    if _speaks_another(source):
        source.value = None
        return None
    try:
        return PolicyText.model_validate(source.value)
    except ValidationError as error:
        Problems(source, PolicyText).add(error)
        return None


def _speaks_another(source: Source) -> bool:
    """The keys of another version mean something else: nothing more can be said about them."""
    version = source.value.get("version", VERSION)
    if version == VERSION and type(version) is int:
        return False
    message = f"this is a policy of version {version!r}; only version {VERSION} is understood"
    source.complain("policy_unknown_version", source.place(("version",)), message, f"Write version: {VERSION}")
    return True


@dataclass(frozen=True, slots=True)
class _Checks:
    """What the language alone cannot know: tools with their arguments, and executors."""

    source: Source
    tools: Tools
    executors: Collection[str]

    def all(self) -> None:
        for path, rules in self._rules():
            self._check_executor(path, rules)
            for place, operation in _operations((*path, "operations"), rules.get("operations")):
                self._check_operation(place, operation)
            if isinstance(rules.get("qa"), dict):
                for place, operation in _operations((*path, "qa"), [rules["qa"]]):
                    self._check_operation((*path, "qa", *place[len(path) + 2 :]), operation)
        self._check_needs()

    def _rules(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        value = self.source.value or {}
        phases = value.get("phases")
        found: list[tuple[Path, Any]] = [(("defaults",), value.get("defaults"))]
        found += [(("phases", index), one) for index, one in enumerate(phases if isinstance(phases, list) else ())]
        return ((path, rules) for path, rules in found if isinstance(rules, dict))

    def _check_executor(self, path: Path, rules: dict[str, Any]) -> None:
        executor, place = rules.get("executor"), self.source.place((*path, "executor"))
        if isinstance(executor, str) and executor and executor not in self.executors:
            message = f"there is no executor `{executor}`"
            self.source.complain("policy_unknown_executor", place, message, suggestion(executor, self.executors))
        if executor == MANUAL and rules.get("operations"):
            message = f"the operations of {spoken(path)} are never run: a person does its work"
            fix = "Leave out executor: manual, or the operations."
            self.source.findings.append(
                Finding("policy_unused_operations", Severity.WARNING, place.line, message, fix, place.column)
            )

    def _check_needs(self) -> None:
        """What an executor cannot do without. In the defaults alone it may be missing, as long as entries name one."""
        found = dict(self._rules())
        defaults = found.pop(("defaults",), {})
        for need in _NEEDS:
            lacking = [path for path, rules in found.items() if need.is_lacking({**defaults, **rules})]
            for path in lacking:
                self._complain_of(need, path, found[path])
            is_named = any(rules.get(need.key) for rules in found.values())
            if not lacking and not is_named and need.is_lacking(defaults):
                self._complain_of(need, ("defaults",), defaults)

    def _complain_of(self, need: _Need, path: Path, rules: dict[str, Any]) -> None:
        place = self.source.place((*path, "executor") if "executor" in rules else path)
        message = f"{spoken(path)} is carried out by `{need.executor}`, but no {need.key} is named"
        self.source.complain(f"policy_missing_{need.key}", place, message, f"Say `{need.key}:` with {need.what}.")

    def _check_operation(self, path: Path, operation: dict[str, Any]) -> None:
        tool, place = operation["tool"], self.source.place((*path, "tool"))
        model = self.tools.get(tool)
        if model is None:
            message = f"there is no tool `{tool}`"
            self.source.complain("policy_unknown_tool", place, message, suggestion(tool, self.tools))
            return
        try:
            model.model_validate({key: value for key, value in operation.items() if key not in OWN_KEYS})
        except ValidationError as error:
            Problems(self.source, model, path).add(error)


@dataclass(frozen=True, slots=True)
class _Need:
    """The key that has to be said for an executor, and what it takes."""

    executor: str
    key: str
    what: str

    def is_lacking(self, rules: Mapping[str, Any]) -> bool:
        return rules.get("executor") == self.executor and not rules.get(self.key)


_NEEDS = (_Need(ACTIONS, "workflow", "the name of its file"), _Need(AGENT, "agent", "the agent's login"))


def _operations(path: Path, listed: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The operations of a list, with those that roll them back."""
    for index, operation in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(operation, dict) and isinstance(operation.get("tool"), str):
            yield (*path, index), operation
            yield from _operations((*path, index, "rollback"), operation.get("rollback"))


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: (one.line, one.column)))


def _policy(language: PolicyText, source: Source) -> Policy:
    limits, labels = language.limits, language.publish.labels
    return Policy(
        limits=Limits(running=limits.running, project=limits.project, plan=limits.plan),
        workers=limits.workers,
        worker_cap=limits.worker_cap,
        labels=Labels(parent=labels.parent, child=labels.child, plan=labels.plan),
        plans=tuple(language.plans),
        publish_auto=language.publish.auto,
        budgets=language.budgets.value(),
        writeback=language.writeback,
        done=DonePhases(language.publish.done),
        defaults=language.defaults,
        entries=tuple(_entries(language, source)),
        findings=_in_order(source.findings),
    )


def _entries(language: PolicyText, source: Source) -> Iterator[Entry]:
    for index, entry in enumerate(language.phases):
        place = source.place(("phases", index, "match"))
        yield Entry(entry.match, entry, _written(source.value["phases"][index]["match"]), place)


def _written(match: object) -> str:
    if isinstance(match, dict):
        return f"the label `{match['label']}`"
    return f"`{getattr(match, 'text', match)}`"
