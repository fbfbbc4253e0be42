"""What a policy says of one phase, as its rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from services.domain.rules import (
    LOCAL,
    MANUAL,
    Budget,
    Deliver,
    Escalation,
    Foreach,
    Isolation,
    OnError,
    Operation,
    Qa,
    Rules,
)
from services.planning.policy.rules_text import ApprovalText, BudgetText, EscalateText, OperationText, RetriesText

_TEXTS = ("workflow", "ref", "agent", "model", "qa_workflow", "base")
MERGED = ("retries", "budget", "env")
"""What an entry adds to, key by key, where the defaults say something of it as well."""


def laid_over(defaults: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says, over what the defaults say."""
    both = {name: _merged(defaults[name], entry[name]) for name in MERGED if name in defaults and name in entry}
    return {**defaults, **entry, **both}


def _merged(default: Any, said: Any) -> Any:
    if isinstance(said, BaseModel):
        return said.model_copy(
            update={name: getattr(default, name) for name in default.model_fields_set - _given(said)}
        )
    return {**default, **said}


def _given(said: BaseModel) -> set[str]:
    return set(said.model_fields_set)


def rules_of(said: Mapping[str, Any], priority: int | None) -> Rules:
    """`said` has only the keys that were written, with their parsed values."""
    operations = tuple(map(operation_of, said.get("operations", ())))
    texts: dict[str, Any] = {name: said[name] or "" for name in _TEXTS if name in said}
    return Rules(
        executor=_executor(said, operations),
        on_error=OnError(said.get("on_error", OnError.SKIP)),
        priority=priority,
        operations=operations,
        environment=dict(said.get("env", {})),
        secrets=tuple(said.get("secrets", ())),
        **_retries(said),
        **_gates(said),
        **_conditions(said),
        deliver=Deliver(said["deliver"]) if said.get("deliver") else None,
        isolation=Isolation(said.get("workspace", "auto")),
        **texts,
        **{
            name: said[name]
            for name in ("timeout", "stalled_after", "windows", "inputs", "rerun_failed", "qa_timeout")
            if name in said
        },
    )


def operation_of(text: OperationText) -> Operation:
    return Operation(
        tool=text.tool,
        arguments=dict(text.model_extra or {}),
        on_error=OnError(text.on_error),
        retries=text.retries,
        timeout=text.timeout,
        foreach=Foreach(text.foreach, text.workers) if text.foreach else None,
        rollback=tuple(map(operation_of, text.rollback)),
    )


def _retries(said: Mapping[str, Any]) -> dict[str, Any]:
    retries: RetriesText = said.get("retries", RetriesText())
    delay = said.get("retry_delay", retries.delay) if "delay" not in retries.model_fields_set else retries.delay
    return {
        "retries": retries.count,
        "retry_delay": delay,
        "retry_factor": retries.factor,
        "retry_cap": retries.cap,
        "retry_jitter": retries.jitter,
    }


def _gates(said: Mapping[str, Any]) -> dict[str, Any]:
    approval: ApprovalText = said.get("approval", ApprovalText(required=False))
    qa, escalate, budget = said.get("qa", "none"), said.get("escalate"), said.get("budget", BudgetText())
    return {
        "approval": approval.required,
        "approvers": approval.by,
        "approval_expires": approval.expires,
        "qa": Qa.TOOL if isinstance(qa, OperationText) else Qa(qa),
        "qa_operation": operation_of(qa) if isinstance(qa, OperationText) else None,
        "escalation": Escalation(escalate.after, escalate.to) if isinstance(escalate, EscalateText) else Escalation(),
        "budget": budget.value() if isinstance(budget, BudgetText) else Budget(),
    }


def _conditions(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said.get(name) or "" for name in ("when", "skip_when", "only_if")}


def _executor(said: Mapping[str, Any], operations: tuple[Operation, ...]) -> str:
    """Nothing passes by default: where the machine would have nothing to run, a person does the work."""
    executor: str = said.get("executor", LOCAL)
    return MANUAL if executor == LOCAL and not operations else executor
