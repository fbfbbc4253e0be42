"""Needs: what a document says about the order of its units, collected statement by statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.planning.reading import Edge
from services.planning.statements import Statement


@dataclass(frozen=True, slots=True)
class Needs:
    """What a document says about the order of its units: edges, units free to start, units that run beside others."""

    edges: tuple[Edge, ...] = ()
    free: frozenset[int] = frozenset()
    parallel: frozenset[int] = frozenset()
    unknown: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Ledger:
    """Statements collected so far. A stated edge keeps the first line that states it."""

    edges: dict[tuple[int, int], int] = field(default_factory=dict)
    blanket: dict[tuple[int, int], int] = field(default_factory=dict)
    hints: dict[tuple[int, int], int] = field(default_factory=dict)
    only: set[int] = field(default_factory=set)
    free: set[int] = field(default_factory=set)
    parallel: set[int] = field(default_factory=set)
    unknown: list[tuple[int, str]] = field(default_factory=list)

    def note(self, statement: Statement, line: int) -> None:
        target = self.blanket if statement.blanket else self.hints if statement.hint else self.edges
        for subject in statement.subjects:
            for needed in statement.objects - {subject}:
                target.setdefault((subject, needed), line)
        if statement.free:
            self.free |= statement.subjects
        if statement.only:
            self.only |= statement.subjects
        self.parallel |= statement.beside
        self.unknown.extend((line, number) for number in statement.unknown)

    def needs(self) -> Needs:
        for (subject, needed), line in self.blanket.items():
            if subject not in self.only and (needed, subject) not in self.edges:
                self.edges.setdefault((subject, needed), line)
        spoken_for = {subject for subject, _ in self.edges}
        self.edges.update({edge: line for edge, line in self.hints.items() if edge[0] not in spoken_for})
        edges = tuple(Edge(subject, needed, line) for (subject, needed), line in sorted(self.edges.items()))
        bound = {edge.unit for edge in edges}
        unknown = tuple(dict.fromkeys(self.unknown))
        return Needs(edges, frozenset(self.free - bound), frozenset(self.parallel), unknown)
