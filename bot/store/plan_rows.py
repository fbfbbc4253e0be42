"""Plans as rows: which columns a plan, its phases and attempts become, and the plan read back from them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, select

from bot.store.sql import Listed, Row, Session
from bot.store.tables import attempts, dependencies, phases, plans
from bot.store.values import (
    failure_json,
    failure_of,
    issue_of,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    pull_json,
    pull_of,
    result_json,
    result_of,
    rules_json,
    rules_of,
    to_json,
)
from services.domain.attempts import Attempt, AttemptKind, AttemptState, Hold
from services.domain.graph import Graph
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.progress import awaits_merge, stops_plan
from services.domain.transitions import PhaseState

# ---------------------------------------------------------------- writing


def phase_id(plan: str, phase: Phase) -> str:
    """The id of a phase's row, public as `queue_id`. It stays when other phases come and go."""
    return f"{plan}.{phase.serial}"


def plan_row(plan: Plan, wake_at: int | None, now: int) -> dict[str, Any]:
    """The columns of a plan that change."""
    issue = plan.issue
    return {
        "id": plan.id,
        "title": plan.title,
        "state": plan.state.value,
        "version": plan.version,
        "fences": plan.fences,
        "priority": plan.priority,
        "issue_number": issue and issue.number,
        "issue_id": issue and issue.id,
        "selected": None if plan.selected is None else to_json(sorted(plan.selected)),
        "updated_at": now,
        "wake_at": wake_at,
        "revision": plan.revision,
        "retracted_at": micros_or_none(plan.retracted_at),
        "policy": plan.policy,
        "pull": pull_json(plan.pull),
        "branch": plan.pull.branch if plan.pull and awaits_merge(plan) else None,
    }


def new_plan_row(plan: Plan, now: int) -> dict[str, Any]:
    """All columns of a plan."""
    return plan_row(plan, None, now) | {
        "project": plan.project,
        "source": plan.source,
        "tracked": plan.tracked,
        "created_at": micros_or_none(plan.created_at),
        "made_by": plan.by,
    }


def phase_row(plan: Plan, phase: Phase, now: int) -> dict[str, Any]:
    """The columns of a phase that change."""
    attempt, issue = phase.attempt, phase.issue
    return {
        "id": f"{plan.id}.{phase.serial}",
        "state": phase.state.value,
        "status": phase.status.value,
        "startable": may_start(plan, phase),
        "stops_plan": phase.removed_at is None and stops_plan(phase),
        "holds_slot": attempt is not None and attempt.holds_slot,
        "executor": phase.rules.executor if attempt is None else attempt.executor,
        "priority": phase.priority,
        "attempt": attempt and attempt.number,
        "attempts": phase.attempts,
        "failures": phase.failures,
        "losses": phase.losses,
        "not_before": micros_or_none(phase.not_before),
        "approved_by": phase.approved_by,
        "admitted": phase.admitted,
        "failure": failure_json(phase.failure),
        "issue_number": issue and issue.number,
        "issue_id": issue and issue.id,
        "linked": phase.linked,
        "ticked": phase.ticked,
        "started_at": micros_or_none(phase.started_at),
        "finished_at": micros_or_none(phase.finished_at),
        "expires_at": micros_or_none(phase.expires_at),
        "updated_at": now,
    }


def may_start(plan: Plan, phase: Phase) -> bool:
    """Nothing but time and a slot is missing, as far as the phase, or its check, goes: SQL looks for these."""
    if phase.lacks_verdict:
        return phase.removed_at is None
    if (
        phase.status is not QueueStatus.READY
        or phase.removed_at is not None
        or (phase.rules.approval and not phase.approved_by)
    ):
        return False
    return plan.is_selected(phase)


def new_phase_row(plan: Plan, phase: Phase, now: int) -> dict[str, Any]:
    """All columns of a phase."""
    return phase_row(plan, phase, now) | shape_row(plan, phase) | {"plan_id": plan.id, "key": phase.key}


def shape_row(plan: Plan, phase: Phase) -> dict[str, Any]:
    """The columns of a phase that change when the plan is amended. A phase that was removed holds nothing up."""
    return {
        "id": phase_id(plan.id, phase),
        "ordinal": phase.ordinal,
        "title": phase.title,
        "number": phase.number,
        "rules": rules_json(phase.rules),
        "leaving": phase.leaving,
        "removed_at": micros_or_none(phase.removed_at),
        "paths": to_json(phase.paths),
    }


def dependency_rows(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"phase_id": phase_id(plan.id, phase), "needs_id": phase_id(plan.id, need)}
        for phase in plan
        for need in plan.needs(phase)
    ]


def attempt_row(phase: str, attempt: Attempt) -> dict[str, Any]:
    """All columns of an attempt of the phase with this id."""
    return {
        "phase_id": phase,
        "number": attempt.number,
        "fence": attempt.fence,
        "executor": attempt.executor,
        "state": attempt.state.value,
        "holder": attempt.holder,
        "claimed_at": micros(attempt.claimed_at),
        "lease_until": micros_or_none(attempt.lease_until),
        "deadline": micros_or_none(attempt.deadline),
        "finished_at": micros_or_none(attempt.finished_at),
        "failure": failure_json(attempt.failure),
        "kind": attempt.kind.value,
        "ref": attempt.ref,
        "url": attempt.url,
        "rerun_of": attempt.rerun_of,
        "held": attempt.held and attempt.held.value,
        "result": result_json(attempt.result),
        "tokens": attempt.result.tokens if attempt.result else 0,
        "cost": attempt.result.cost if attempt.result else 0.0,
    }


# ---------------------------------------------------------------- reading

_p, _f, _a = plans.c, phases.c, attempts.c
_PLANS = Listed(
    lambda ids: select(
        *(_p.id, _p.project, _p.title, _p.source, _p.state, _p.version, _p.fences, _p.priority, _p.tracked),
        *(_p.issue_number, _p.issue_id, _p.selected, _p.created_at, _p.revision, _p.retracted_at),
        *(_p.made_by, _p.policy, _p.pull),
    ).where(_p.id.in_(ids))
)
ATTEMPT = (
    *(_a.number, _a.fence, _a.executor, _a.state, _a.claimed_at),
    *(_a.holder, _a.lease_until, _a.deadline, _a.finished_at, _a.failure),
    *(_a.kind, _a.ref, _a.url, _a.rerun_of, _a.held, _a.result),
)
_PHASES = Listed(
    lambda ids: (
        select(
            *(_f.plan_id, _f.key, _f.ordinal, _f.title, _f.number, _f.rules, _f.state, _f.status, _f.attempts),
            *(_f.failures, _f.losses, _f.not_before, _f.approved_by, _f.failure, _f.issue_number, _f.issue_id),
            *(_f.linked, _f.priority, _f.started_at, _f.finished_at, _f.id, _f.leaving, _f.removed_at),
            *(_f.ticked, _f.expires_at, _f.admitted, _f.paths),
            *ATTEMPT,
        )
        .outerjoin_from(phases, attempts, and_(_a.phase_id == _f.id, _a.number == _f.attempt))
        .where(_f.plan_id.in_(ids))
        .order_by(_f.plan_id, _f.ordinal)
    )
)
_needs = phases.alias("needs")
_NEEDS = Listed(
    lambda ids: (
        select(_f.plan_id, _f.key, _needs.c.key)
        .join_from(dependencies, phases, phases.c.id == dependencies.c.phase_id)
        .join(_needs, _needs.c.id == dependencies.c.needs_id)
        .where(_f.plan_id.in_(ids))
        .order_by(_needs.c.ordinal)
    )
)


def load(session: Session, ids: Iterable[str]) -> dict[str, Plan]:
    """The plans with these ids, read in three queries however many there are. Those that are gone are left out."""
    wanted = list(ids)
    found_phases: defaultdict[str, dict[str, Phase]] = defaultdict(dict)
    removed: defaultdict[str, dict[str, Phase]] = defaultdict(dict)
    for plan, *columns in session.among(_PHASES, wanted):
        phase = _phase(columns)
        (found_phases if phase.removed_at is None else removed)[plan][phase.key] = phase
    needs = {plan: {key: list[str]() for key in found} for plan, found in found_phases.items()}
    for plan, key, needed in session.among(_NEEDS, wanted):
        needs[plan][key].append(needed)
    rows = session.among(_PLANS, wanted)
    return {row[0]: _plan(row, found_phases[row[0]], removed[row[0]], _graph(needs.get(row[0], {}))) for row in rows}


def _graph(needs: dict[str, list[str]]) -> Graph:
    return Graph({key: tuple(needed) for key, needed in needs.items()})


def _plan(row: Row, found: dict[str, Phase], removed: dict[str, Phase], graph: Graph) -> Plan:
    id, project, title, source, state, version, fences, priority, tracked = row[:9]
    number, issue, selected, created_at, revision, retracted_at, by, policy, pull = row[9:]
    return Plan(
        id=id,
        project=project,
        title=title,
        phases=found,
        graph=graph,
        source=source,
        state=PlanState(state),
        version=version,
        fences=fences,
        priority=priority,
        tracked=bool(tracked),
        issue=issue_of(number, issue),
        selected=None if selected is None else frozenset(json.loads(selected)),
        created_at=moment_or_none(created_at),
        revision=revision,
        removed=removed,
        retracted_at=moment_or_none(retracted_at),
        by=by,
        policy=policy,
        pull=pull_of(pull),
    )


def _phase(row: list[Any]) -> Phase:
    key, ordinal, title, number, rules, state, status, attempts_made = row[:8]
    failures, losses, not_before, approved_by, failure, issue_number, issue_id = row[8:15]
    linked, priority, started_at, finished_at, id, leaving, removed_at = row[15:22]
    ticked, expires_at, admitted, paths, *attempt = row[22:]
    return Phase(
        key=key,
        ordinal=ordinal,
        title=title,
        number=number,
        rules=rules_of(rules),
        state=PhaseState(state),
        status=QueueStatus(status),
        attempt=None if attempt[0] is None else attempt_of(attempt),
        attempts=attempts_made,
        failures=failures,
        losses=losses,
        not_before=moment_or_none(not_before),
        approved_by=approved_by,
        failure=failure_of(failure),
        issue=issue_of(issue_number, issue_id),
        linked=bool(linked),
        priority=priority,
        started_at=moment_or_none(started_at),
        finished_at=moment_or_none(finished_at),
        serial=int(id.rpartition(".")[2]),
        leaving=bool(leaving),
        ticked=bool(ticked),
        removed_at=moment_or_none(removed_at),
        expires_at=moment_or_none(expires_at),
        admitted=bool(admitted),
        paths=tuple(json.loads(paths)) if paths != "[]" else (),
    )


def attempt_of(row: Iterable[Any]) -> Attempt:
    """The attempt whose columns are those of `ATTEMPT`."""
    number, fence, executor, state, claimed_at, holder, lease_until, deadline, finished_at, failure, *rest = row
    kind, ref, url, rerun_of, held, result = rest
    return Attempt(
        number=number,
        fence=fence,
        executor=executor,
        state=AttemptState(state),
        claimed_at=moment(claimed_at),
        holder=holder,
        lease_until=moment_or_none(lease_until),
        deadline=moment_or_none(deadline),
        finished_at=moment_or_none(finished_at),
        failure=failure_of(failure),
        kind=AttemptKind(kind),
        ref=ref,
        url=url,
        rerun_of=rerun_of,
        held=Hold(held) if held else None,
        result=result_of(result),
    )
