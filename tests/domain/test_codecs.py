"""Messages and effects survive the way through the inbox and the outbox."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.domain import effects, messages
from services.domain.effects import Effect
from services.domain.failure import Failure
from services.domain.messages import Message, Order, OwnDeed, is_guarded, is_order
from services.domain.rules import Budget, Operation, Rules
from services.domain.windows import Window

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
_failures = st.builds(Failure, details=st.dictionaries(st.text(max_size=5), _json, max_size=3))
st.register_type_strategy(Failure, _failures)
_operations = st.builds(Operation, arguments=st.dictionaries(st.text(max_size=5), _json, max_size=3))
st.register_type_strategy(Operation, _operations)
_rules = st.builds(
    Rules,
    operations=st.lists(_operations, max_size=2).map(tuple),
    windows=st.lists(st.builds(Window, zone=st.just("UTC")), max_size=2).map(tuple),
    budget=st.builds(Budget, cost=st.none() | st.floats(0, 1e6)),
    environment=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
st.register_type_strategy(Rules, _rules)

_messages = st.one_of([st.builds(kind) for kind in get_args(Message)])
_effects = st.one_of([st.builds(kind) for kind in get_args(Effect)])


@given(st.lists(_messages, max_size=4))
def test_messages_come_back_as_they_went(told: list[Message]) -> None:
    assert messages.decode(messages.encode(told)) == told


@given(_effects)
def test_effects_come_back_as_they_went(effect: Effect) -> None:
    assert effects.decode(effects.encode(effect)) == effect


def test_every_kind_of_message_has_a_word_of_its_own() -> None:
    words = [kind.__dataclass_fields__["kind"].default for kind in get_args(Message)]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("text", [b"", b"{}", b'[{"kind": "unheard_of"}]', b'[{"kind": "pause_plan"}]'])
def test_what_is_no_message_is_refused(text: bytes) -> None:
    with pytest.raises(ValidationError):
        messages.decode(text)


@given(_messages)
def test_orders_are_told_from_facts(message: Message) -> None:
    assert is_order(message) == isinstance(message, get_args(Order))
    assert is_guarded(message) == isinstance(message, (*get_args(Order), OwnDeed))
