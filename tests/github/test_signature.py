"""Webhooks are believed where one of our secrets signed their bytes."""

from __future__ import annotations

import pytest

from bot.github.signature import is_signed, sign

SECRET, OLD = b"It's a Secret to Everybody", b"the secret before"
BODY = b"Hello, World!"


def test_the_example_of_the_documentation_holds() -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(BODY, SECRET) == expected
    assert is_signed(BODY, expected, [SECRET])


def test_either_secret_counts_while_they_are_changed() -> None:
    for secret in (SECRET, OLD):
        assert is_signed(BODY, sign(BODY, secret), [SECRET, OLD])
    assert not is_signed(BODY, sign(BODY, OLD), [SECRET])


@pytest.mark.parametrize(
    "header", ["", "sha256=", "sha256=ÿ", "sha256=\udcff", "sha1=00", "757107ea", "sha256=" + "0" * 64, "sha256=\0"]
)
def test_anything_else_is_unsigned_and_never_an_exception(header: str) -> None:
    assert not is_signed(BODY, header, [SECRET])


def test_a_changed_body_is_unsigned() -> None:
    assert not is_signed(BODY + b" ", sign(BODY, SECRET), [SECRET])


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(BODY, sign(BODY, b""), [])
    assert not is_signed(BODY, sign(BODY, b""), [b""])
