"""What an attempt has changed in a repository, as the API shows it."""

from __future__ import annotations

from bot.web.api.showing import attempt
from services.domain.attempts import Attempt, AttemptState, Changes, Result
from tests.execution.kit import NOW


def an_attempt(result: Result | None) -> Attempt:
    return Attempt(1, 1, "local", AttemptState.SUCCEEDED, NOW, result=result)


def test_changes_are_shown_where_there_are_any() -> None:
    changes = Changes("c0ffee", 2, "/logs/1-a.diff", ("stray.txt",), "phasebot/shop", "pushed to origin", ("a.txt",))

    shown = attempt(an_attempt(Result(changes=changes))).changes

    assert shown is not None
    assert shown.model_dump() == {
        "commit": "c0ffee",
        "files": 2,
        "diff": "/logs/1-a.diff",
        "unplanned": ["stray.txt"],
        "branch": "phasebot/shop",
        "note": "pushed to origin",
        "names": ["a.txt"],
    }


def test_an_attempt_without_a_repository_shows_none() -> None:
    assert attempt(an_attempt(None)).changes is None
    assert attempt(an_attempt(Result())).changes is None
