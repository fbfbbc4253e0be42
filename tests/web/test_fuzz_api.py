"""The whole description of the API, tried out by machine: no 5xx, and every answer as documented, with every check on."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from bot.web.auth import Access

from .conftest import SECRET, TOKEN, Bot, running_bot, served

SETTINGS: dict[str, Any] = {
    "webhook_secret": SECRET,
    "gitlab_token": SECRET,
    "requests_per_minute": 1_000_000,
    "api_tools": "noop",
}
EXAMPLES = 4
"""For each operation, and as many again that are wrong on purpose."""

QUIETLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

# The two exceptions to all checks on all routes:
MEANING = {"plan_invalid", "plan_unreadable", "policy_invalid"}
OF_OURS = {"value_error", "cursor_invalid", "unknown_reference"}
"""A schema cannot say what makes a document a plan, or which cursor we gave. What is refused for its meaning, and says so, was
refused rightly."""

TEXT = ("text/markdown", "multipart/form-data")
"""Whatever is sent in these is text, the number 1 as much as a plan, so that there is no wrong one."""


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with (
        running_bot(tmp_path, **SETTINGS) as phasebot,
        served(phasebot, Access(TOKEN, local_only=True)) as url,
    ):
        bot = Bot(phasebot, url)
        with bot.http:
            yield bot


def left_out(case: Any, answer: Any) -> list[Any]:
    names = ["positive_data_acceptance"] if is_refused_for_its_meaning(answer) else []
    is_large = answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE  # refused before it was looked at
    names += ["negative_data_rejection"] if case.media_type in TEXT or is_large else []
    return [CHECKS.get_one(name) for name in names]


def is_refused_for_its_meaning(answer: Any) -> bool:
    if answer.status_code != 422:
        return False
    error = answer.json()["error"]
    if error["type"] == "request_invalid":
        return all(one["code"] in OF_OURS for one in error["details"])
    return error["type"] in MEANING


def test_every_answer_is_as_documented(bot: Bot) -> None:
    bot.upload()
    schema = schemathesis.openapi.from_dict(bot.get("/api/openapi.json"))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    tried: dict[str, int] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in GenerationMode:

            @QUIETLY
            @given(case=operation.as_strategy(generation_mode=mode))
            def try_out(case: schemathesis.Case[Any]) -> None:
                label = case.operation.label
                tried[label] = tried.get(label, 0) + 1
                answer = case.call(base_url=bot.url, headers=headers)
                case.validate_response(answer, headers=headers, excluded_checks=left_out(case, answer))

            try:
                try_out()
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE  # there is nothing that could be wrong about it

    assert len(tried) > 40
    assert sum(tried.values()) > 200
