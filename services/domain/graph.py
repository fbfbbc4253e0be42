"""The dependency graph of a plan: who needs whom, both ways round. Immutable; phases are named by their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter


class Cyclic(ValueError):
    """The dependencies form a cycle; `keys` walks it once round, the first key repeated at the end."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(" → ".join(keys))
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Graph:
    """`needs[key]` are the dependencies of a phase, in plan order; `dependents` is the same turned round.

    Raises Cyclic when built from a cycle, KeyError when a dependency is no phase of the plan.
    """

    needs: Mapping[str, tuple[str, ...]]
    dependents: Mapping[str, tuple[str, ...]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        dependents: dict[str, list[str]] = {key: [] for key in self.needs}
        for key, needed in self.needs.items():
            for dependency in needed:
                dependents[dependency].append(key)
        object.__setattr__(self, "dependents", {key: tuple(found) for key, found in dependents.items()})
        _refuse_cycles(self.needs)

    def downstream(self, key: str) -> Iterator[str]:
        """Everything that depends on `key`, directly or not, each once."""
        seen = {key}
        ahead = list(self.dependents[key])
        while ahead:
            found = ahead.pop()
            if found not in seen:
                seen.add(found)
                yield found
                ahead.extend(self.dependents[found])

    def upstream(self, key: str) -> frozenset[str]:
        """Everything that `key` depends on, directly or not."""
        seen: set[str] = set()
        behind = list(self.needs[key])
        while behind:
            if (found := behind.pop()) not in seen:
                seen.add(found)
                behind.extend(self.needs[found])
        return frozenset(seen)

    def order(self) -> tuple[str, ...]:
        """All keys, dependencies first."""
        return tuple(TopologicalSorter(self.needs).static_order())


def chain(keys: Iterable[str]) -> Graph:
    """Each phase needs the one before it."""
    ordered = list(keys)
    before: list[tuple[str, ...]] = [(), *((key,) for key in ordered[:-1])]
    return Graph(dict(zip(ordered, before, strict=True)) if ordered else {})


def _refuse_cycles(needs: Mapping[str, tuple[str, ...]]) -> None:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        # graphlib lists each node before the one that needs it; people read "needs" the other way
        raise Cyclic(tuple(reversed(error.args[1]))) from None
