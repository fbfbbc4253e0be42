"""Runs of workflows in tests."""

from __future__ import annotations

from collections.abc import Mapping

from bot.localhub import Hub
from bot.localhub.run_values import Run

from .conftest import REPO


def start_run(hub: Hub, workflow: str, inputs: Mapping[str, object] | None = None, login: str = "ada") -> Run:
    repository = hub.repositories.named(REPO)
    return hub.runs.dispatch(repository, hub.people.named(login), workflow, ref="main", inputs=inputs or {})
