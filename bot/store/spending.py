"""Spending in SQL: what ended attempts have used, summed from themselves whenever somebody asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from bot.store.sql import Session
from bot.store.tables import attempts, phases, plans, word
from bot.store.values import micros
from services.domain.budgets import Spending, Spent
from services.domain.rules import MANUAL


def _sum(*conditions: ColumnElement[bool]) -> Select[Any]:
    took = attempts.c.finished_at - attempts.c.claimed_at
    return (
        select(func.sum(attempts.c.tokens), func.sum(attempts.c.cost), func.sum(took))
        .join_from(attempts, phases, phases.c.id == attempts.c.phase_id)
        .join(plans, plans.c.id == phases.c.plan_id)
        .where(attempts.c.finished_at.is_not(None), attempts.c.executor != word(MANUAL), *conditions)
    )


_OF_PLAN = _sum(plans.c.id == bindparam("plan"))
_OF_PROJECT = _sum(plans.c.project == bindparam("project"))
_OF_DAY = _sum(plans.c.project == bindparam("project"), attempts.c.finished_at >= bindparam("since"))


def spending(session: Session, plan: str, project: str, since: datetime) -> Spending:
    """Of the plan, of its project, and of that since the day began."""
    return Spending(
        _spent(session.row(_OF_PLAN, plan=plan)),
        _spent(session.row(_OF_PROJECT, project=project)),
        _spent(session.row(_OF_DAY, project=project, since=micros(since))),
    )


def _spent(row: Any) -> Spent:
    tokens, cost, took = row or (0, 0.0, 0)
    return Spent(int(tokens or 0), float(cost or 0.0), timedelta(microseconds=int(took or 0)))
