"""Jobs in the console: a tool is run after a look at what that will be, and its run is followed, read and ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.bootstrap import Phasebot
from services.domain.access import Role
from tests.web.conftest import PATIENCE, running_bot

from .conftest import Reader

SAY = '{"run": ["echo", "<script>alert(1)</script>"]}'
HANG = '{"run": ["sleep", "600"]}'


@pytest.fixture
def phasebot(tmp_path: Path) -> Iterator[Phasebot]:
    with running_bot(tmp_path, api_tools="command") as phasebot:
        yield phasebot


def hidden(reader: Reader, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', reader.html)
    assert found, name
    return found[1]


def begun(reader: Reader, arguments: str, **more: Any) -> str:
    """The id of the job that it has become."""
    reader.open("/tools/command/run")
    reader.send("/tools/command/run", arguments=arguments, **more)
    reader.send("/tools/command/run", do="run", id=hidden(reader, "id"), arguments=arguments, **more)
    assert reader.path.startswith("/jobs/")
    return reader.path.removeprefix("/jobs/")


def ended(reader: Reader, id: str) -> str:
    """What its page says at its end."""
    assert reader.http.get(f"/api/jobs/{id}", params={"wait": int(PATIENCE)}).json()["finished_at"]
    reader.open(f"/jobs/{id}")
    return reader.text


def test_a_tool_is_run_after_a_look_at_what_that_is(operator: Reader, phasebot: Phasebot) -> None:
    operator.open("/tools")
    assert 'href="/tools/command/run"' in operator.html
    assert 'href="/tools/http/run"' not in operator.html
    operator.open("/tools/command/run")
    assert "run needed text or a list of text" in operator.text
    assert "A text is split as a shell would split it" in operator.text

    operator.send("/tools/command/run", arguments=SAY, project="acme/site", why="to see")
    assert "command for acme/site , on this server" in operator.text
    assert phasebot.store.jobs.newest() == []

    sent: Any = {"do": "run", "id": hidden(operator, "id"), "arguments": SAY, "project": "acme/site", "why": "to see"}
    operator.send("/tools/command/run", **sent)
    first = operator.path
    operator.send("/tools/command/run", **sent)  # a second click
    assert (operator.path, len(phasebot.store.jobs.newest())) == (first, 1)

    told = ended(operator, first.removeprefix("/jobs/"))
    assert "succeeded" in told
    assert '"exit_code": 0' in told
    assert "Job requested by operator" in told
    assert "why to see" in told
    assert "<script>alert" not in operator.html
    assert "&lt;script&gt;alert(1)" in operator.html
    operator.open("/jobs")
    assert operator.html.count("data-row") == 1
    assert "No jobs" in operator.open("/jobs?tool=http")
    operator.open("/activity?by=operator")
    assert f'href="{first}"' in operator.html


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"arguments": "{"}, "The arguments are no JSON"),
        ({"arguments": "[]"}, "arguments : "),
        ({"arguments": "{}"}, "arguments.run : Field required"),
        ({"arguments": SAY, "timeout": "soon"}, "timeout : "),
        ({"arguments": SAY, "timeout": "0"}, "timeout : "),
        ({"arguments": SAY, "project": "nonsense"}, "project : "),
    ],
)
def test_what_does_not_fit_is_told_beside_the_form(operator: Reader, sent: Any, words: str) -> None:
    operator.open("/tools/command/run")
    operator.send("/tools/command/run", 422, do="run", **sent)

    assert words in operator.text
    assert "What it takes" in operator.text
    assert "No jobs" in operator.open("/jobs")


def test_what_runs_is_ended_and_a_failure_is_read(operator: Reader) -> None:
    id = begun(operator, HANG)
    operator.open(f"/jobs/{id}")
    operator.send(f"/jobs/{id}/cancel", why="too slow")
    assert "The job is being ended." in operator.text or "The job is cancelled." in operator.text

    assert "cancelled" in ended(operator, id)
    assert "why too slow" in operator.text
    operator.send(f"/jobs/{id}/cancel")
    assert "The job has ended already" in operator.text

    assert "ended with exit code 1" in ended(operator, begun(operator, '{"run": ["false"]}'))


def test_a_tool_that_is_not_exposed_says_who_may_change_that(operator: Reader) -> None:
    operator.open("/tools/noop/run")
    assert "PHASEBOT_API_TOOLS does not name it" in operator.text
    operator.send("/tools/noop/run", 403, arguments="{}", do="run")
    operator.open("/tools/nothing/run", 404)


def test_a_viewer_looks_and_others_see_nothing(
    operator: Reader, reader: Callable[..., Reader], api: httpx.Client
) -> None:
    id = begun(operator, SAY, project="acme/site")
    viewer, other = reader(Role.VIEWER, "acme/site"), reader(Role.ADMIN, "acme/other")

    assert "Cancel" not in ended(viewer, id)
    assert "/run" not in viewer.open("/tools")
    assert id in viewer.html
    viewer.open("/tools/command/run", 403)
    viewer.send(f"/jobs/{id}/cancel", 403)
    assert id not in other.open("/tools")
    assert id not in other.open("/jobs")
    other.open(f"/jobs/{id}", 404)
    other.send(f"/jobs/{id}/cancel", 404)
    other.send("/tools/command/run", 404, arguments=SAY, project="acme/site", do="run")
