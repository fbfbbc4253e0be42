"""Values: how the domain's words are written as columns, and read back as they were."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from services.domain.attempts import Result
from services.domain.failure import Failure
from services.domain.phase import IssueRef, Rules
from services.domain.pull import Pull

_encoder = json.JSONEncoder(separators=(",", ":"))  # made once: it takes longer than to write a short value
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_rules: TypeAdapter[Rules] = TypeAdapter(Rules)
_failure: TypeAdapter[Failure] = TypeAdapter(Failure)
_result: TypeAdapter[Result] = TypeAdapter(Result)
_pull: TypeAdapter[Pull] = TypeAdapter(Pull)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 in UTC, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def micros_or_none(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def moment(stored: int) -> datetime:
    """What `micros` wrote."""
    return _EPOCH + timedelta(microseconds=stored)


def moment_or_none(stored: int | None) -> datetime | None:
    return None if stored is None else moment(stored)


def to_json(value: Any) -> str:
    return _encoder.encode(value)


def rules_json(rules: Rules) -> str:
    return _rules.dump_json(rules).decode()


@lru_cache(maxsize=1024)  # the phases of a plan mostly share their rules
def rules_of(stored: str) -> Rules:
    return _rules.validate_json(stored)


def failure_json(failure: Failure | None) -> str | None:
    return None if failure is None else _failure.dump_json(failure).decode()


def failure_of(stored: str | None) -> Failure | None:
    return None if stored is None else _failure.validate_json(stored)


def result_json(result: Result | None) -> str | None:
    return None if result is None else _result.dump_json(result).decode()


def result_of(stored: str | None) -> Result | None:
    return None if stored is None else _result.validate_json(stored)


def pull_json(pull: Pull | None) -> str | None:
    return None if pull is None else _pull.dump_json(pull).decode()


def pull_of(stored: str | None) -> Pull | None:
    return None if stored is None else _pull.validate_json(stored)


def issue_of(number: int | None, id: int | None) -> IssueRef | None:
    return None if number is None or id is None else IssueRef(number, id)


def storable(words: str) -> str:
    """Words from outside (an error's text) as both databases can keep them: PostgreSQL refuses NUL in a text."""
    return words.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
