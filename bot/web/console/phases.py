"""The page of one phase: what it says, why it stands as it does, its attempts, and what they put out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from bot.web.api.diffs import changes_of
from bot.web.api.inputs import Id
from bot.web.api.phases import log_of
from bot.web.auth import Viewer
from bot.web.console.events import told
from bot.web.console.phase_rows import Rows
from bot.web.console.rendering import Shown, may
from services.domain.access import Role
from services.domain.attempts import Attempt
from services.domain.errors import NotFound
from services.domain.phase import Phase
from services.domain.rules import Rules
from services.execution.unified import FileDiff

router = APIRouter(include_in_schema=False)

_TAIL = 24 * 1024
_LINES, _FILES = 300, 50


@router.get("/phases/{id}")
def phase_page(
    permit: Viewer, page: Shown, id: Id, attempt: Annotated[int | None, Query(ge=1, le=1_000_000)] = None
) -> Response:
    item = permit.item(id)
    plan = permit.plan(item.plan_id)
    if item.phase_key not in plan.phases:
        raise NotFound(f"there is no phase {id} in the queue")
    bot, phase = permit.bot, plan.phase(item.phase_key)
    text = bot.store.lookups.text(plan.id).phases.get(phase.key)
    attempts = bot.store.views.attempts(id)
    shown = next((one for one in attempts if one.number == attempt), attempts[-1] if attempts else None)
    rows = Rows(permit)
    changes = changes_of(permit, item, shown) if shown else None
    return page.show(
        "phase.html",
        plan=plan,
        row=rows.row(plan, phase),
        phase=phase,
        content=item.phase_data.content,
        documents=item.phase_data.external_docs,
        tasks=text.tasks if text else (),
        needs=rows.of(plan, plan.graph.needs[phase.key]),
        dependents=rows.of(plan, plan.graph.dependents[phase.key]),
        attempts=attempts[::-1],
        shown=shown,
        log=log_of(permit, item, shown, None, _TAIL) if shown else None,
        changes=changes,
        few=_some_lines(changes.diff.files) if changes else [],
        rules=_rules(phase),
        used=_used(attempts),
        events=[
            told(line, plan) for line in bot.store.records.events(plan=plan.id, phase=phase.key, before=2**62, limit=20)
        ],
        may_steer=may(permit, Role.OPERATOR, plan.project),
        is_settled=phase.status in ("completed", "skipped", "cancelled") and not phase.is_stopping,
    )


@router.get("/phases/{id}/attempts/{number}/diff")
def changes_page(permit: Viewer, page: Shown, id: Id, number: Annotated[int, Path(ge=1, le=1_000_000)]) -> Response:
    """What an attempt has changed, every line that is kept."""
    item = permit.item(id)
    plan = permit.plan(item.plan_id)
    attempt = permit.attempt(item, number)
    if item.phase_key not in plan.phases:
        raise NotFound(f"{id} has no attempt {number}")
    return page.show(
        "changes.html",
        id=id,
        plan=plan,
        phase=plan.phase(item.phase_key),
        attempt=attempt,
        shown=changes_of(permit, item, attempt),
    )


def _some_lines(files: list[FileDiff]) -> list[FileDiff]:
    """As many files with their lines as keep the page light; of the others how much of them changed."""
    room = _LINES
    found = []
    for file in files[:_FILES]:
        room -= len(file.lines)
        found.append(file if room >= 0 else replace(file, lines=[]))
    return found


def _rules(phase: Phase) -> list[tuple[str, Any]]:
    """What the policy says of it, as far as it says anything unusual."""
    rules, usual = phase.rules, Rules()
    shown: list[tuple[str, Any]] = [("executor", rules.executor), ("on error", rules.on_error.value)]
    for name in ("retries", "timeout", "workflow", "agent", "model", "when", "skip_when", "only_if"):
        if (value := getattr(rules, name)) != getattr(usual, name):
            shown.append((name.replace("_", " "), value))
    if rules.approval:
        people = [*(f"role {one}" for one in rules.approvers.roles), *rules.approvers.people]
        shown.append(("approval", ", ".join(people) or "needed"))
    if rules.qa != usual.qa:
        shown.append(("verdict", rules.qa.value))
    if rules.operations:
        shown.append(("operations", ", ".join(one.tool for one in rules.operations)))
    return shown


def _used(attempts: list[Attempt]) -> dict[str, Any] | None:
    """Tokens and cost of all attempts; None where none has told of any."""
    results = [one.result for one in attempts if one.result]
    tokens, cost = sum(one.tokens for one in results), sum(one.cost for one in results)
    return {"tokens": tokens, "cost": cost} if tokens or cost else None
