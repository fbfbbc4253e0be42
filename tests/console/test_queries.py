"""How often pages ask the database: a fixed number of times, however much there is to show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.store.sql import Session

from .conftest import PLAN, Reader

Upload = Callable[..., dict[str, Any]]


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    asked: list[str] = []
    execute = Session._execute

    def counting(self: Session, statement: Any, values: Any) -> None:
        asked.append(str(statement)[:60])
        execute(self, statement, values)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "_execute", counting)
        yield asked


@pytest.mark.parametrize("path", ["/", "/queue", "/queue?view=columns", "/plans"])
def test_lists_ask_as_often_for_many_plans_as_for_few(
    operator: Reader, upload: Upload, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    counts = []
    for many in (2, 12):
        for n in range(many):
            upload(PLAN.replace("# Site", f"# Site {many} {n}"))
        operator.open(path)
        with counted(monkeypatch) as asked:
            operator.open(path)
        counts.append(len(asked))

    assert counts[0] == counts[1], asked
    assert counts[1] <= 30


def test_a_plan_with_many_phases_asks_as_often_as_one_with_few(
    operator: Reader, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for many in (2, 20):
        phases = "".join(f"## Phase {n}: Part {n}\n\nDo it.\n\n" for n in range(1, many + 1))
        plan = upload(f"# Plan {many}\n\n{phases}")["id"]
        operator.open(f"/plans/{plan}")
        with counted(monkeypatch) as asked:
            operator.open(f"/plans/{plan}")
        counts.append(len(asked))

    assert counts[0] == counts[1], asked
    assert counts[1] <= 25
