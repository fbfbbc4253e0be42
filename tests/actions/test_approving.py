"""A repository's policy asks for an approval: who may give it from a comment, and what happens while nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.localhub import Hub
from tests.localhub.conftest import REPO

from .conftest import Stage, staged

POLICY = """
version: 1
phases:
  - match: Release
    approval: {by: "@bob"}
    escalate: {after: 1s, to: "@bob"}
"""
PLAN = "## Phase 1: Release\n\nPut it online.\n"


@pytest.fixture
def stage(tmp_path: Path, hub: Hub) -> Iterator[Stage]:
    hub.put_file(REPO, ".github/phasebot.yml", POLICY)
    yield from staged(tmp_path, hub, webhooks=True)


def said(stage: Stage, issue: int, words: str) -> bool:
    return any(words in one.body for one in stage.hub.repository(REPO).comments(issue))


def test_somebody_named_approves_without_write_access_after_being_asked_twice(stage: Stage) -> None:
    hub = stage.hub
    parent = hub.create_issue(REPO, "ada", "Site", PLAN, labels=("phasebot-plan",))
    hub.drain_deliveries()
    stage.until(lambda: said(stage, parent.number, "This is a plan of 1 phase"))
    hub.comment(REPO, parent.number, "ada", "/phase publish")
    hub.drain_deliveries()
    stage.until(lambda: stage.phasebot.store.lookups.newest(REPO) is not None)
    plan = stage.phasebot.store.lookups.newest(REPO)
    assert plan is not None
    stage.id = plan.id
    stage.wait_until(lambda: stage.phase("Release").issue is not None)
    child = stage.phase("Release").issue
    assert child is not None

    stage.until(lambda: said(stage, child.number, "waits for approval by @"))
    stage.until(lambda: said(stage, child.number, "still waits for approval"))

    hub.comment(REPO, child.number, "wes", "/phase approve")
    hub.drain_deliveries()
    stage.until(lambda: said(stage, child.number, "this takes @"))
    assert stage.phase("Release").status == "ready"

    hub.comment(REPO, child.number, "bob", "/phase approve")
    hub.drain_deliveries()
    stage.wait_until(lambda: stage.phase("Release").status == "running")
    assert stage.phase("Release").approved_by == "bob"
