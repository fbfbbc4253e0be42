"""The queue as lines for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from bot.cli.run.words import ICONS
from bot.web.api.shapes import AttemptShape, QueueItem


def listed(items: Iterable[QueueItem]) -> Iterator[str]:
    """Plan by plan, a line for each phase; one that says so where there is none."""
    plan = None
    for plan, phases in groupby(items, key=plan_of):
        parent: int | None = None
        lines = []
        for phase in phases:
            parent = phase.parent_issue
            lines.append(f"  {in_a_line(phase)}")
        yield f"{plan}" + (f"  (#{parent})" if parent else "")
        yield from lines
    if plan is None:
        yield "No such phases."


def in_a_line(item: QueueItem) -> str:
    icon, _ = ICONS[item.status]
    issue = f" (#{item.issue_number})" if item.issue_number else ""
    why = (
        f": {item.reason.words}"
        if item.reason
        else f": {_first_line(item.error_message)}"
        if item.error_message
        else ""
    )
    return f"{icon} {item.status:<9} {item.queue_id:<14} {item.phase_data.title}{issue}{why}"


def shown(item: QueueItem, attempts: Iterable[AttemptShape]) -> Iterator[str]:
    """One phase in full."""
    yield in_a_line(item)
    if item.depends_on_phases:
        yield f"  after {', '.join(map(str, item.depends_on_phases))}"
    for one in attempts:
        ended = f", ended {one.finished_at:%Y-%m-%d %H:%M:%S}Z" if one.finished_at else ""
        yield f"  attempt {one.number} ({one.executor}): {one.state}, begun {one.claimed_at:%Y-%m-%d %H:%M:%S}Z{ended}"
        if one.failure is not None:
            yield f"    {_first_line(one.failure.message)}"
    if item.phase_data.content:
        yield ""
        yield item.phase_data.content.rstrip()


def as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def plan_of(item: QueueItem) -> str:
    return item.queue_id.rpartition(".")[0]


def _first_line(text: str | None) -> str:
    return next(iter((text or "").splitlines()), "")
