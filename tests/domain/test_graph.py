"""Dependency graphs: both ways round, in order, never in a circle."""

from __future__ import annotations

import itertools

import pytest

from services.domain.graph import Cyclic, Graph, chain

DIAMOND = Graph({"top": (), "left": ("top",), "right": ("top",), "bottom": ("left", "right")})


def test_dependents_are_the_needs_turned_round() -> None:
    assert DIAMOND.dependents == {"top": ("left", "right"), "left": ("bottom",), "right": ("bottom",), "bottom": ()}


def test_downstream_is_whatever_depends_on_a_phase_each_once() -> None:
    assert sorted(DIAMOND.downstream("top")) == ["bottom", "left", "right"]
    assert list(DIAMOND.downstream("bottom")) == []


def test_the_order_has_dependencies_first() -> None:
    order = DIAMOND.order()

    assert order[0] == "top"
    assert order[-1] == "bottom"


def test_a_chain_needs_the_one_before() -> None:
    assert chain("abc").needs == {"a": (), "b": ("a",), "c": ("b",)}
    assert chain("").needs == {}


def test_a_circle_is_refused_and_walked_once_round() -> None:
    with pytest.raises(Cyclic) as found:
        Graph({"a": ("c",), "b": ("a",), "c": ("b",)})

    keys = found.value.keys
    assert keys[0] == keys[-1]
    assert set(keys) == {"a", "b", "c"}
    assert all(before in {"a": "c", "b": "a", "c": "b"}[after] for after, before in itertools.pairwise(keys))


def test_a_phase_that_needs_itself_is_a_circle() -> None:
    with pytest.raises(Cyclic, match="a → a"):
        Graph({"a": ("a",)})


def test_a_dependency_that_is_no_phase_is_refused() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        Graph({"a": ("nowhere",)})
