"""Whatever an event says of a repository or an installation, what counts is what a look at the repository shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.github.client import GitHub
from bot.github.resolve import Resolver
from bot.localhub import Hub
from services.domain.absence import Absence
from services.domain.messages import ProjectSeen
from tests.localhub.conftest import REPO
from tests.localhub.receiver import Receiver

from .test_hand import delivery, sources

OWNER, NAME = REPO.split("/")


def seen(github: GitHub, event: str, body: dict[str, Any], *projects: str) -> list[tuple[str, str, str]]:
    """What resolving the event shows of the projects we serve: each, its name, and why it is paused."""
    resolve = Resolver(replace(sources(github, lambda *_: None), projects=lambda: projects or (REPO,)))
    found = resolve(delivery(body, event=event))
    assert all(isinstance(one, ProjectSeen) for one in found)
    return [(one.project, one.name, one.paused_for or "") for one in found if isinstance(one, ProjectSeen)]


def installation(action: str, *names: str, **more: Any) -> dict[str, Any]:
    named = [{"id": 1, "full_name": name} for name in names]
    return {"action": action, "installation": {"id": 7, "account": {"login": OWNER}}, "repositories": named, **more}


@pytest.mark.parametrize("action", ["deleted", "suspend", "unsuspend", "created", "new_permissions_accepted"])
def test_an_installation_has_us_look_at_the_repositories_it_names(github: GitHub, action: str) -> None:
    assert seen(github, "installation", installation(action, REPO, "acme/other")) == [(REPO, REPO, "")]
    assert seen(github, "installation", installation(action, "acme/other")) == []


def test_an_installation_that_names_none_is_about_all_of_its_account(github: GitHub, hub: Hub) -> None:
    assert seen(github, "installation", installation("suspend"), REPO, "bob/else") == [(REPO, REPO, "")]
    assert [one.path for one in hub.requests] == [f"/repos/{REPO}"]


def test_repositories_taken_from_an_installation_are_looked_at(github: GitHub) -> None:
    gone = f"{OWNER}/gone"
    taken = {"repositories_removed": [{"full_name": gone}], "repositories_added": [{"full_name": REPO}]}
    body = {"action": "removed", "installation": {"id": 7}, **taken}
    assert seen(github, "installation_repositories", body, REPO, gone) == [(REPO, REPO, ""), (gone, gone, "gone")]


# ---------------------------------------------------------------- as a server really sends it


@pytest.fixture
def receiver(hub: Hub) -> Iterator[Receiver]:
    with Receiver() as receiver:
        hub.add_hook(REPO, receiver.url, events=("repository",))
        yield receiver


def told(hub: Hub, receiver: Receiver) -> dict[str, Any]:
    hub.drain_deliveries()
    return receiver.received.pop().payload


def test_an_archived_repository_is_paused_and_one_that_is_none_any_more_is_not(
    github: GitHub, hub: Hub, receiver: Receiver
) -> None:
    hub.archive_repository(REPO)
    late = told(hub, receiver)
    assert seen(github, "repository", late) == [(REPO, REPO, Absence.ARCHIVED)]

    hub.unarchive_repository(REPO)
    assert seen(github, "repository", told(hub, receiver)) == [(REPO, REPO, "")]
    assert seen(github, "repository", late) == [(REPO, REPO, "")], "an event that comes late changes nothing"


@pytest.mark.parametrize("new", [f"{OWNER}/another", f"elsewhere/{NAME}"])
def test_a_renamed_or_transferred_repository_is_found_under_its_new_name(
    github: GitHub, hub: Hub, receiver: Receiver, new: str
) -> None:
    hub.rename_repository(REPO, new)
    assert seen(github, "repository", told(hub, receiver)) == [(REPO, new, "")]


def test_a_repository_that_is_no_project_of_ours_is_not_looked_at(github: GitHub, hub: Hub, receiver: Receiver) -> None:
    hub.archive_repository(REPO)
    assert seen(github, "repository", told(hub, receiver), "acme/other") == []
    assert len(hub.requests) == 0
