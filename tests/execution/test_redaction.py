"""Redaction: whatever way a secret arrives, it is not kept."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.execution.redaction import MASK, Redactor

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow" + "IBAAKCAQEA\n" * 20 + "-----END RSA PRIVATE KEY-----\n"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
OWN = "correct horse battery"
SECRETS = [
    "ghp_" + "a1B2" * 9,
    "gho_" + "a" * 40,
    "ghs_" + "abc.def-ghi_" * 5,
    "github_pat_" + "Z" * 30,
    "glpat-" + "x" * 20,
    JWT,
    OWN,
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_and_the_text_around_it_stays(secret: str) -> None:
    assert Redactor([OWN]).text(f"before '{secret}' after") == f"before '{MASK}' after"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abcdefghijklmnop1234", f"Authorization: Bearer {MASK}"),
        ("authorization: basic dXNlcjpwYXNzd29yZA==", f"authorization: basic {MASK}"),
        ("https://ada:hunter2@example.org/x", f"https://{MASK}@example.org/x"),
        (f"key: {KEY}done", f"key: {MASK}\ndone"),
    ],
)
def test_credentials_in_headers_urls_and_key_files_are_masked(text: str, clean: str) -> None:
    assert Redactor().text(text) == clean


@pytest.mark.parametrize(
    "text", ["ghp_short", "a bearer of news", "https://example.org:8080/a@b", "eyJust.kidding", "step 1/2 … done ✓"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor(["", "abc"]).text(text) == text


@given(
    secret=st.sampled_from([*SECRETS, KEY]),
    cuts=st.lists(st.integers(0, 500), max_size=12).map(sorted),
    end=st.sampled_from(["\n", "\r\n", " ", " and on\n"]),
)
def test_a_secret_in_pieces_is_masked_wherever_it_is_cut(secret: str, cuts: list[int], end: str) -> None:
    whole = f"line one\nthen {secret}{end}last line".encode()
    stream = Redactor([OWN]).stream()
    places = [0, *cuts, len(whole)]

    kept = b"".join(stream.feed(whole[start:stop]) for start, stop in pairwise(places))
    kept += stream.finish()

    assert kept.startswith(b"line one\nthen " + MASK.encode())
    assert kept.endswith(b"last line")
    assert not any(line in kept for line in secret.encode().splitlines())


@pytest.mark.parametrize("cut_off", [True, False])
def test_a_private_key_is_left_out_line_by_line(cut_off: bool) -> None:
    stream = Redactor().stream()
    lines = KEY.encode().splitlines(keepends=True)[: -1 if cut_off else None]

    kept = b"".join(map(stream.feed, lines)) + stream.feed(b"2 tests failed.\n") + stream.finish()

    assert kept == MASK.encode() + b"\n2 tests failed.\n"


def test_every_line_of_a_secret_of_several_lines_is_one() -> None:
    assert Redactor(["first-part\nsecond-part\n"]).text("x second-part y first-part") == f"x {MASK} y {MASK}"


def test_a_line_without_end_is_shown_in_time_and_never_in_the_middle_of_a_secret() -> None:
    stream = Redactor().stream()
    token = b"ghp_" + b"a" * 36
    piece = b"." * 100 + b" " + token + b" "

    kept = b"".join(stream.feed(piece) for _ in range(2000))
    shown_before_the_end = len(kept)
    kept += stream.finish()

    assert shown_before_the_end > 100_000
    assert kept == (b"." * 100 + b" " + MASK.encode() + b" ") * 2000


def test_what_is_held_back_can_be_seen_without_its_secrets() -> None:
    stream = Redactor([OWN]).stream()

    assert stream.feed(f"half a line with {OWN}".encode()) == b""

    assert stream.held() == f"half a line with {MASK}".encode()


def test_bytes_that_are_no_text_pass_unchanged() -> None:
    noise = bytes(range(256))
    stream = Redactor([OWN]).stream()

    assert stream.feed(noise) + stream.finish() == noise
