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
from services.domain.errors import NotNow
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


# ---------------------------------------------------------------- events from a repository under another name


class Served:
    """Projects of ours by name, and what was found out on the way."""

    def __init__(self, github: GitHub, projects: dict[str, int | None]) -> None:
        self.told: list[tuple[str, str, int | None]] = []
        self.asked: list[str] = []
        known = replace(
            sources(github, self._find),
            known_as=lambda number, name: [one for one in projects.items() if one[1] == number or one[0] == name],
            tell=self._told,
        )
        self._resolve = Resolver(known)

    def _find(self, project: str, _: int) -> None:
        self.asked.append(project)

    def _told(self, message: object) -> None:
        assert isinstance(message, ProjectSeen)
        self.told.append((message.project, message.name, message.repository))

    def hears(self, number: int, name: str) -> list[str]:
        """In which project the issue of the event is looked for."""
        issue = {"id": 9, "number": 2, "updated_at": "2026-11-20T10:00:00Z"}
        repository = {"id": number, "full_name": name}
        body = {"action": "closed", "issue": issue, "repository": repository, "sender": {"login": "ada"}}
        assert self._resolve(delivery(body)) == ()
        return self.asked


def number_of(hub: Hub, name: str) -> int:
    return hub.repository(name).value.id


def test_one_that_is_known_by_its_number_costs_no_request(github: GitHub, hub: Hub) -> None:
    served = Served(github, {REPO: number_of(hub, REPO)})
    assert served.hears(number_of(hub, REPO), REPO) == [REPO]
    assert served.told == []
    assert len(hub.requests) == 0


def test_the_number_of_one_that_is_served_is_learned_from_its_first_event(github: GitHub, hub: Hub) -> None:
    served = Served(github, {REPO: None})
    assert served.hears(number_of(hub, REPO), REPO) == [REPO]
    assert served.told == [(REPO, REPO, number_of(hub, REPO))]


def test_a_rename_that_was_not_heard_of_is_followed_before_the_event_counts(github: GitHub, hub: Hub) -> None:
    served = Served(github, {REPO: number_of(hub, REPO)})
    hub.rename_repository(REPO, "acme/web")

    with pytest.raises(NotNow, match="followed first"):
        served.hears(number_of(hub, "acme/web"), "acme/web")

    assert served.told == [(REPO, "acme/web", number_of(hub, "acme/web"))]


def test_an_event_from_before_a_rename_is_about_the_project_of_now(github: GitHub, hub: Hub) -> None:
    hub.rename_repository(REPO, "acme/web")
    served = Served(github, {"acme/web": number_of(hub, "acme/web")})
    assert served.hears(number_of(hub, "acme/web"), REPO) == ["acme/web"]
    assert served.told == []


def test_an_event_of_whoever_took_the_name_waits_until_ours_has_made_room(github: GitHub, hub: Hub) -> None:
    ours = number_of(hub, REPO)
    served = Served(github, {REPO: ours})
    hub.rename_repository(REPO, "acme/web")
    taken = hub.create_repository(REPO)

    with pytest.raises(NotNow):
        served.hears(taken.id, REPO)

    assert served.told == [(REPO, "acme/web", ours)]


def test_an_event_of_one_that_had_the_name_long_ago_is_about_nothing(github: GitHub, hub: Hub) -> None:
    served = Served(github, {REPO: number_of(hub, REPO)})
    assert served.hears(4711, REPO) == []
    assert served.told == []
