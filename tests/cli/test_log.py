"""The log: where it goes, in which form, and what is never in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import log
from bot.settings import read_settings

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture(autouse=True)
def _untouched_afterwards() -> Iterator[None]:
    """Logging is the process's own: what a test sets up is taken back."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_has_its_level_event_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up(read_settings(log_level="info"))

    structlog.get_logger("phasebot.test").info("phase_started", phase="walls")

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "info" in captured.err
    assert "phase_started" in captured.err
    assert "phase=walls" in captured.err


def test_the_level_decides_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up(read_settings(log_level="warning"))

    structlog.get_logger("phasebot.test").info("not_this")
    logging.getLogger("phasebot.test").info("nor this")
    structlog.get_logger("phasebot.test").warning("but_this")

    assert "this" in (said := capsys.readouterr().err)
    assert "not_this" not in said
    assert "nor this" not in said


def test_as_json_every_line_is_an_object_whoever_wrote_it(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up(read_settings(log_level="info", log_json=True))

    structlog.get_logger("phasebot.test").info("ours", phase="walls")
    logging.getLogger("phasebot.executors").warning("theirs: %s", "roof")

    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["phase"], ours["level"]) == ("ours", "walls", "info")
    assert (theirs["event"], theirs["logger"]) == ("theirs: roof", "phasebot.executors")


@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_is_ever_in_it(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    log.set_up(read_settings(log_json=as_json, github_token=TOKEN))
    logger = structlog.get_logger("phasebot.test")

    logger.warning("request_failed", header=f"Authorization: Bearer {TOKEN}")
    logger.error("broken", exc_info=ValueError(f"bad token {TOKEN}"))
    logging.getLogger("library").warning("url https://x:%s@example.org", TOKEN)

    said = capsys.readouterr().err
    assert "request_failed" in said
    assert "ValueError" in said
    assert TOKEN not in said


def test_libraries_tell_of_their_requests_only_to_debuggers(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up(read_settings(log_level="info"))
    logging.getLogger("httpx").info("HTTP Request: GET")
    assert capsys.readouterr().err == ""

    log.set_up(read_settings(log_level="debug"))
    logging.getLogger("httpx").info("HTTP Request: GET")
    assert "HTTP Request: GET" in capsys.readouterr().err
