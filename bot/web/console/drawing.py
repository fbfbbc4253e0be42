"""Drawing: a plan's graph and the timeline of its attempts, as figures that templates turn into SVG."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.web.console.words import STATUS, duration
from services.domain.attempts import Attempt
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.publishing.layers import Line, Measures, layered

_MEASURES = Measures()
_LETTERS = 24
"""As many of a title fit into a box."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the graph, as it is drawn."""

    x: float
    y: float
    place: str
    title: str
    full: str
    status: str
    word: str
    href: str
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A line of the graph as the path of SVG."""

    path: str
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """`said` tells those who do not see it what it shows."""

    width: float
    height: float
    box_width: float
    box_height: float
    nodes: list[Node]
    edges: list[Edge]
    said: str


def graph_of(plan: Plan, *, critical: Collection[str] = (), links: bool = True) -> Graph:
    """The whole graph of a plan. `links`: its phases have pages."""
    picture = layered(plan.graph.needs, _MEASURES)
    chain = list(critical)
    steps = set(pairwise(chain))
    return Graph(
        width=picture.width,
        height=picture.height,
        box_width=_MEASURES.width,
        box_height=_MEASURES.height,
        nodes=[_node(plan, plan.phase(box.key), box.x, box.y, box.key in chain, links) for box in picture.boxes],
        edges=[Edge(_path(line), (line.source, line.target) in steps) for line in picture.lines],
        said=_said(plan),
    )


def _node(plan: Plan, phase: Phase, x: float, y: float, is_critical: bool, links: bool) -> Node:
    title = " ".join(phase.title.split())
    return Node(
        x=x,
        y=y,
        place=phase.place,
        title=title if len(title) <= _LETTERS else f"{title[: _LETTERS - 1].rstrip()}…",
        full=phase.name,
        status=phase.status.value,
        word=STATUS[phase.status],
        href=f"/phases/{plan.id}.{phase.serial}" if links else "",
        is_critical=is_critical,
    )


def _path(line: Line) -> str:
    """Soft curves from point to point."""
    (x, y), *rest = line.points
    parts = [f"M{x:g} {y:g}"]
    for nx, ny in rest:
        if nx == x:
            parts.append(f"V{ny:g}")
        else:
            middle = (y + ny) / 2
            parts.append(f"C{x:g} {middle:g} {nx:g} {middle:g} {nx:g} {ny:g}")
        x, y = nx, ny
    return "".join(parts)


def _said(plan: Plan) -> str:
    lines = []
    for phase in plan:
        needs = [need.name for need in plan.needs(phase)]
        lines.append(f"{phase.name} needs {', '.join(needs)}" if needs else f"{phase.name} needs nothing")
    return "; ".join(lines[:60])


# ---------------------------------------------------------------- the timeline

_WIDTH, _ROW, _TOP, _NAMES, _RIGHT = 1120.0, 26.0, 26.0, 190.0, 84.0
_STEPS = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2592000]


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt."""

    x: float
    width: float
    status: str
    said: str


@dataclass(frozen=True, slots=True)
class TimeRow:
    """One phase with its attempts."""

    y: float
    name: str
    href: str
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All attempts that were made, from the first claim to the last end, or to now."""

    width: float
    height: float
    rows: list[TimeRow]
    ticks: list[tuple[float, str]]


def timeline_of(plan: Plan, attempts: Mapping[str, Sequence[Attempt]], now: datetime) -> Timeline | None:
    """None while nothing was attempted."""
    made = [one for several in attempts.values() for one in several]
    if not made:
        return None
    begin = min(one.claimed_at for one in made)
    end = max([one.finished_at or now for one in made])
    span = max((end - begin).total_seconds(), 1.0)
    scale = (_WIDTH - _NAMES - _RIGHT) / span

    def at(moment: datetime) -> float:
        return round(_NAMES + (moment - begin).total_seconds() * scale, 1)

    rows: list[TimeRow] = []
    for phase in (one for one in plan if attempts.get(one.key)):
        bars = [_bar(one, at, now) for one in attempts[phase.key]]
        name = phase.name if len(phase.name) <= 26 else f"{phase.name[:25].rstrip()}…"
        rows.append(TimeRow(_TOP + len(rows) * _ROW, name, f"/phases/{plan.id}.{phase.serial}", bars))
    ticks = [(at(begin + timedelta(seconds=one)), duration(one)) for one in _ticks(span)]
    return Timeline(_WIDTH, _TOP + len(rows) * _ROW + 6, rows, ticks)


def _bar(attempt: Attempt, at: Callable[[datetime], float], now: datetime) -> Bar:
    begin, end = at(attempt.claimed_at), at(attempt.finished_at or now)
    took = ((attempt.finished_at or now) - attempt.claimed_at).total_seconds()
    word = STATUS.get(attempt.state, attempt.state.value)
    return Bar(
        begin, max(3.0, round(end - begin, 1)), attempt.state.value, f"attempt {attempt.number}: {word}, {took:.0f} s"
    )


def _ticks(span: float) -> list[int]:
    step = next((one for one in _STEPS if span / one <= 7), _STEPS[-1])
    return list(range(0, int(span) + 1, step))[:40]
