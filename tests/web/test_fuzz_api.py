"""The whole description of the API, tried out by machine: no 5xx, and every answer as documented, with every check on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from .conftest import SECRET, TOKEN, Bot, asked, running_bot

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

# Two limitations of schemathesis itself. It takes for granted that whatever fits a schema is accepted; but no JSON Schema can
# say what makes a text a plan or a policy, or which cursor we gave. And it does not know that 413 refuses something.
MEANING = {"plan_invalid", "plan_unreadable", "policy_invalid"}
REFERENCES = {"cursor_invalid", "unknown_reference"}


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with running_bot(tmp_path, **SETTINGS) as phasebot, asked(phasebot) as bot:
        yield bot


def left_out(answer: Any) -> list[Any]:
    return [CHECKS.get_one("positive_data_acceptance")] if is_refused_for_its_meaning(answer) else []


def is_refused_for_its_meaning(answer: Any) -> bool:
    if answer.status_code != 422:
        return False
    error = answer.json()["error"]
    if error["type"] == "request_invalid":
        return all(one["code"] in REFERENCES for one in error["details"])
    return error["type"] in MEANING


def test_every_answer_is_as_documented(bot: Bot) -> None:
    bot.upload()
    schema = schemathesis.openapi.from_dict(bot.get("/api/openapi.json"))
    rejection = schema.config.checks.negative_data_rejection
    rejection.expected_statuses = [*rejection.expected_statuses, "413"]
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
                case.validate_response(answer, headers=headers, excluded_checks=left_out(answer))

            try:
                try_out()
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE  # there is nothing that could be wrong about it

    assert len(tried) > 40
    assert sum(tried.values()) > 200
