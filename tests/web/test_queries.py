"""Many rows are no more queries: what each page asks the database is counted."""

from __future__ import annotations

import pytest

from bot.store.sql import Session

from .conftest import Bot


def counted(bot: Bot, path: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements one answer takes."""
    asked: list[object] = []
    execute = Session._execute

    def counting(self: Session, statement: object, values: object) -> None:
        asked.append(statement)
        execute(self, statement, values)  # type: ignore[arg-type]

    bot.get(path)  # so that nothing is asked for the first time
    with monkeypatch.context() as patch:
        patch.setattr(Session, "_execute", counting)
        bot.get(path)
    return len(asked)


OF_PLANS = ("queue", "plans", "plans/{plan}", "phases/{plan}.2", "events", "outbox", "projects", "deliveries")
OTHERS = ("preview", "jobs", "tokens")


@pytest.mark.parametrize("start", [True, False], ids=["active", "planned"])
@pytest.mark.parametrize("path", [*OF_PLANS, *OTHERS])
def test_more_of_everything_are_no_more_queries(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, path: str, start: bool
) -> None:
    bot.phasebot.clockwork.stop()  # its own questions are not to be counted
    asked = f"/api/{path}".replace("{plan}", bot.upload(start=start)["id"])
    few = counted(bot, asked, monkeypatch)
    for number in range(8):
        bot.upload(again=True, start=start)
        if path in OTHERS:
            bot.post("/api/request", {"text": "Mend it."})
            bot.post("/api/tokens", {"name": f"t{number}", "role": "viewer"})
            job = bot.post("/api/tools/noop/execute", {})["id"]
            bot.get(f"/api/jobs/{job}", wait=20)  # its own questions are not to be counted either

    assert counted(bot, asked, monkeypatch) == few
    assert few <= 14
