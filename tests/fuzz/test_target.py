"""The target of the fuzzer holds for what the fuzzer begins with, and for what it once found."""

from __future__ import annotations

import pytest

from tests.fuzz.target import read, seeds, words


@pytest.mark.parametrize("data", [*seeds(), b"", b"\0", b"\xff\xfe", b"\xed\xa0\x80# Phase 1"])
def test_every_seed_is_read(data: bytes) -> None:
    read(data)


def test_the_words_together_are_read() -> None:
    read("\n".join(words()).encode())
