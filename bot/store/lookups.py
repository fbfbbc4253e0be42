"""Lookups: what a process asks about the present outside of a Work, without locks."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, null, or_, select

from bot.store.plan_rows import ATTEMPT, attempt_of
from bot.store.scheduling import slots_taken
from bot.store.spending import spending
from bot.store.sql import Listed, Session
from bot.store.tables import (
    attempts,
    causes,
    events,
    holders,
    inbox,
    outbox,
    outbox_pending,
    phases,
    plans,
    projects,
    word,
    yes,
)
from bot.store.values import failure_of, micros, moment
from bot.store.work import SqlWork
from services.domain.attempts import Attempt, AttemptKind, AttemptState
from services.domain.breaker import LOOKED_AT, End
from services.domain.budgets import Spending
from services.domain.effects import Effect, PostComment, SayOnIssue, decode
from services.domain.messages import Message
from services.domain.plan import Plan
from services.domain.progress import PlanStatus, plan_status
from services.domain.rules import ACTIONS, CI
from services.domain.world import Slots
from services.ports import PlanText

_LIVE = [state.value for state in AttemptState if state.is_live]
_LIVE_ATTEMPTS = Listed(
    lambda states: (
        select(phases.c.plan_id, phases.c.key, *ATTEMPT)
        .join_from(attempts, phases, phases.c.id == attempts.c.phase_id)
        .where(attempts.c.state.in_(states))
    )
)
_HOLDERS = select(holders.c.holder)
_PENDING = select(outbox.c.effect).where(outbox.c.plan_id == bindparam("plan"), outbox_pending).order_by(outbox.c.id)
_UNDER_WAY = (
    select(plans.c.id)
    .where(plans.c.project == bindparam("project"))
    .where(plans.c.state.in_([word("active"), word("paused"), word("publishing")]))
    .order_by(plans.c.created_at.desc(), plans.c.id)
)
_NEWEST = _UNDER_WAY.where(plans.c.issue_id.is_not(None)).limit(1)
_EFFECT = select(outbox.c.effect).where(outbox.c.key == bindparam("key"))
_SAID = (
    select(outbox.c.created_at, outbox.c.effect)
    .where(outbox.c.plan_id == bindparam("plan"), outbox.c.kind.in_([word("post_comment"), word("say_on_issue")]))
    .order_by(outbox.c.id.desc())
    .limit(bindparam("limit"))
)
_BY_ISSUE = (
    select(plans.c.id, null())
    .where(plans.c.project == bindparam("project"), plans.c.issue_id == bindparam("issue"))
    .union_all(
        select(plans.c.id, phases.c.key)
        .join_from(phases, plans, plans.c.id == phases.c.plan_id)
        .where(plans.c.project == bindparam("project"), phases.c.issue_id == bindparam("issue"))
        .where(phases.c.removed_at.is_(None))
    )
)
_HAS_ISSUES = exists().where(plans.c.project == projects.c.id, yes(plans.c.tracked), plans.c.issue_id.is_not(None))
_IS_THERE = and_(projects.c.repository.is_not(None), projects.c.paused_for == word(""))
_WATCHED = select(projects.c.id, projects.c.created_at).where(or_(_HAS_ISSUES, _IS_THERE)).order_by(projects.c.id)
_KNOWN_AS = select(projects.c.id, projects.c.repository).where(
    or_(projects.c.repository == bindparam("repository"), projects.c.id == bindparam("name"))
)
_PLANS_OF = select(plans.c.id).where(
    yes(plans.c.tracked), plans.c.project == bindparam("project"), plans.c.issue_id.is_not(None)
)
_MERGING = select(plans.c.id, plans.c.branch).where(
    plans.c.project == bindparam("project"), plans.c.branch.is_not(None)
)
_BY_BRANCH = _MERGING.where(plans.c.branch == bindparam("branch"))
_OLD = Listed(lambda ids: select(plans.c.id).where(plans.c.id.in_(ids), plans.c.updated_at < bindparam("before")))
_APPLIED = select(inbox.c.seq).where(inbox.c.id == bindparam("id"), inbox.c.state.in_([word("applied"), word("dead")]))
_REFUSED = select(events.c.facts).where(
    events.c.plan_id == bindparam("plan"), events.c.kind == word("order_refused"), events.c.cause == bindparam("cause")
)
_CAUSED = Listed(lambda wanted: select(causes.c.cause).where(causes.c.cause.in_(wanted)))
_DEAD = (
    select(outbox.c.key, outbox.c.error)
    .where(outbox.c.plan_id == bindparam("plan"), outbox.c.state == word("dead"))
    .order_by(outbox.c.id)
)


_RUNNING = (
    select(phases.c.plan_id, phases.c.key, *ATTEMPT)
    .join_from(attempts, phases, phases.c.id == attempts.c.phase_id)
    .join(plans, plans.c.id == phases.c.plan_id)
    # the first is said so that the index is found, which has only those with a name
    .where(attempts.c.ref != word(""), plans.c.project == bindparam("project"))
)
_BY_REF = _RUNNING.where(attempts.c.ref == bindparam("ref"), attempts.c.executor == word(ACTIONS))
# names that begin with the commit and a slash: those before the commit and the sign that follows the slash
_BY_COMMIT = _RUNNING.where(
    attempts.c.ref >= bindparam("from"), attempts.c.ref < bindparam("to"), attempts.c.executor == word(CI)
)
_WORK_OF = (
    select(*ATTEMPT)
    .join_from(attempts, phases, phases.c.id == attempts.c.phase_id)
    .where(phases.c.plan_id == bindparam("plan"), phases.c.key == bindparam("phase"))
    .where(attempts.c.kind == word(AttemptKind.WORK.value))
    .order_by(attempts.c.number.desc())
    .limit(1)
)


_ENDED = [state.value for state in AttemptState if not state.is_live and state is not AttemptState.CANCELLED]
_ENDS = Listed(
    lambda states: (
        select(attempts.c.finished_at, attempts.c.state, attempts.c.failure)
        .where(attempts.c.executor == bindparam("executor"), attempts.c.finished_at.is_not(None))
        .where(attempts.c.state.in_(states))
        .order_by(attempts.c.finished_at.desc())
        .limit(LOOKED_AT)
    )
)


@dataclass(frozen=True, slots=True)
class LiveAttempt:
    """An attempt whose execution may still be going on, and whose it is."""

    plan: str
    phase: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An effect that was given up: its key, and why."""

    effect: str
    error: str


class Lookups:
    """Answers from the committed state. `looking` begins a Work that is never written."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Session]],
        looking: Callable[[], AbstractContextManager[SqlWork]],
    ) -> None:
        self._reading = reading
        self._looking = looking

    def plan(self, id: str) -> Plan | None:
        with self._looking() as work:
            return work.plans.find(id)

    def plans(self, ids: Iterable[str]) -> dict[str, Plan]:
        """Those with these ids, by id, in a fixed number of queries. Those that are gone are left out."""
        with self._looking() as work:
            return work.plans.find_all(dict.fromkeys(ids))

    def plan_of(self, project: str, source: str) -> Plan | None:
        """The newest plan made from this source in this project."""
        with self._looking() as work:
            return work.plans.find_source(project, source)

    def by_issue(self, project: str, issue: int) -> tuple[Plan, str | None] | None:
        """The plan that an issue (its database id) belongs to, and the key of its phase; None for the parent's."""
        with self._reading() as session:
            row = session.row(_BY_ISSUE, project=project, issue=issue)
        plan = self.plan(row[0]) if row else None
        return (plan, row[1]) if row and plan else None

    def finished_before(self, ids: Collection[str], moment: datetime) -> set[str]:
        """Those of these plans that are completed or cancelled, and to which nothing has happened since then."""
        with self._reading() as session:
            old = {id for (id,) in session.among(_OLD, sorted(ids), before=micros(moment))}
        ended = (PlanStatus.COMPLETED, PlanStatus.CANCELLED)
        return {id for id, plan in self.plans(old).items() if plan_status(plan) in ended}

    def merging(self, project: str, branch: str) -> Plan | None:
        """The plan that waits for this branch to be merged."""
        with self._reading() as session:
            row = session.row(_BY_BRANCH, project=project, branch=branch)
        return self.plan(row[0]) if row else None

    def branches(self, project: str) -> list[str]:
        """Those that plans of a project wait for to be merged."""
        with self._reading() as session:
            return [branch for _, branch in session.rows(_MERGING, project=project)]

    def newest(self, project: str) -> Plan | None:
        """The newest plan of a project that has issues and is under way."""
        with self._reading() as session:
            row = session.row(_NEWEST, project=project)
        return self.plan(row[0]) if row else None

    def under_way(self, project: str) -> list[Plan]:
        """The plans of a project that are, the newest first."""
        with self._reading() as session:
            ids = [id for (id,) in session.rows(_UNDER_WAY, project=project)]
        return list(self.plans(ids).values())

    def text(self, id: str) -> PlanText:
        with self._looking() as work:
            return work.plans.text(id)

    def spending(self, plan: Plan, since: datetime) -> Spending:
        """What the plan and its project have used, and the project since that moment."""
        with self._reading() as session:
            return spending(session, plan.id, plan.project, since)

    def slots(self) -> Slots:
        """The slots taken; good for showing, not for giving any away."""
        with self._reading() as session:
            return slots_taken(session, ())

    def paused_projects(self) -> Mapping[str, str]:
        with self._looking() as work:
            return work.projects.paused()

    def live_attempts(self) -> list[LiveAttempt]:
        with self._reading() as session:
            return [
                LiveAttempt(plan, phase, attempt_of(row)) for plan, phase, *row in session.among(_LIVE_ATTEMPTS, _LIVE)
            ]

    def running(self, project: str, ref: str) -> LiveAttempt | None:
        """The attempt that a run carries out, by the run's id and attempt. It may have ended."""
        with self._reading() as session:
            row = session.row(_BY_REF, project=project, ref=ref)
        return LiveAttempt(row[0], row[1], attempt_of(row[2:])) if row else None

    def watching(self, project: str, sha: str) -> list[LiveAttempt]:
        """The checks that wait for what is said about this commit, and those that did."""
        named = {"project": project, "from": f"{sha}/", "to": f"{sha}0"}
        with self._reading() as session:
            return [
                LiveAttempt(plan, phase, attempt_of(row)) for plan, phase, *row in session.rows(_BY_COMMIT, **named)
            ]

    def work_of(self, plan: str, phase: str) -> Attempt | None:
        """The newest attempt at the work of a phase, whatever has checked it since."""
        with self._reading() as session:
            row = session.row(_WORK_OF, plan=plan, phase=phase)
        return attempt_of(row) if row else None

    def ends_at(self, executor: str) -> list[End]:
        """How attempts have ended there, the newest first; no more than tell how it fares. What was cancelled tells nothing."""
        with self._reading() as session:
            rows = session.among(_ENDS, _ENDED, executor=executor)
        return [End(moment(at), AttemptState(state), failure_of(failure)) for at, state, failure in rows]

    def holders(self) -> list[str]:
        """All that have ever claimed something and were not struck off."""
        with self._reading() as session:
            return [holder for (holder,) in session.rows(_HOLDERS)]

    def pending(self, plan: str) -> list[Effect]:
        """The effects of a plan that are still to be carried out, in order."""
        with self._reading() as session:
            return [decode(effect) for (effect,) in session.rows(_PENDING, plan=plan)]

    def said(self, key: str) -> str | None:
        """The comment that the effect of this key has posted, as it was written; None if there was none."""
        with self._reading() as session:
            row = session.row(_EFFECT, key=key)
        effect = decode(row[0]) if row else None
        return effect.body if isinstance(effect, PostComment | SayOnIssue) else None

    def said_about(self, plan: str, limit: int) -> list[tuple[datetime, str]]:
        """The comments about a plan, the newest first: when each was decided, and how it was written."""
        with self._reading() as session:
            rows = session.rows(_SAID, plan=plan, limit=limit)
        found = [(moment(at), decode(effect)) for at, effect in rows]
        return [(at, one.body) for at, one in found if isinstance(one, PostComment | SayOnIssue)]

    def has_heard(self, wanted: Sequence[str]) -> bool:
        """All of these causes were applied before."""
        with self._reading() as session:
            return len(session.among(_CAUSED, wanted)) == len(set(wanted))

    def outcome(self, order: Message) -> str | None:
        """Why this order was refused, "" if it was carried out, None while it waits. Known by its cause."""
        with self._reading() as session:
            row = session.row(_APPLIED, id=order.cause)
            if row is None:
                return None
            refused = session.row(_REFUSED, plan=order.plan, cause=order.cause)
        return str(json.loads(refused[0])["why"]) if refused else ""

    def watched(self) -> dict[str, datetime]:
        """The projects whose issues are looked at, and since when: those that have some of ours, and those that are known to be
        repositories, where people may hand in their next plan."""
        with self._reading() as session:
            return {project: moment(since) for project, since in session.rows(_WATCHED)}

    def known_as(self, repository: int, name: str) -> list[tuple[str, int | None]]:
        """The project of this number, and the one that is called like this, each with its number."""
        with self._reading() as session:
            return [(id, number) for id, number in session.rows(_KNOWN_AS, repository=repository, name=name)]

    def published_in(self, project: str) -> list[str]:
        """Ids of the plans of a project that have issues."""
        with self._reading() as session:
            return [id for (id,) in session.rows(_PLANS_OF, project=project)]

    def dead_letters(self, plan: str) -> list[DeadLetter]:
        with self._reading() as session:
            return [DeadLetter(key, error) for key, error in session.rows(_DEAD, plan=plan)]
