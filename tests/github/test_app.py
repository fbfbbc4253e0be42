"""The App as an identity: a token for one repository alone, minted once, renewed in time and when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.github.app import AppIdentity, AppKeyInvalid
from bot.github.client import Draft, GitHub
from bot.github.identity import ISSUES, Need, Permissions
from bot.github.session import Access
from bot.github.standing import look_at
from bot.localhub import Hub, HubServer
from services.domain.absence import Absence
from services.domain.errors import NotAllowed
from services.execution.redaction import Redactor
from tests.localhub.apps import installed
from tests.localhub.conftest import REPO, MovedClock

from .conftest import Moment

DRAFT = Draft(title="T", body="b", labels=("multi-phase",))
NEED = Need(REPO)


@pytest.fixture
def identity(hub: Hub, server: HubServer, clock: MovedClock) -> Iterator[AppIdentity]:
    app, key = installed(hub)
    identity = AppIdentity(server.url, str(app.id), key, Moment(clock))
    yield identity
    identity.close()


@pytest.fixture
def github(identity: AppIdentity, server: HubServer, clock: MovedClock) -> Iterator[GitHub]:
    github = GitHub(Access(server.url, identity), Moment(clock))
    yield github
    github.close()


def minted(hub: Hub) -> int:
    return len(hub.requests.of("POST", "/access_tokens"))


def test_the_app_writes_as_its_bot(github: GitHub) -> None:
    assert github.login == "planner[bot]"
    made = github.create_issue(REPO, DRAFT)
    assert made.author == "planner[bot]"
    assert made.labels == {"multi-phase"}
    assert [one.number for one in github.own_issues(REPO, None)] == [made.number]


def test_what_became_of_the_installation_is_seen_by_looking(github: GitHub, hub: Hub, identity: AppIdentity) -> None:
    (installation,) = hub.apps.installed_in(hub.apps.named("planner"))
    assert look_at(github, REPO, cause="c").paused_for is None
    hub.apps.suspend(installation)
    assert look_at(github, REPO, cause="c").paused_for is Absence.SUSPENDED
    hub.apps.uninstall(installation)
    assert look_at(github, REPO, cause="c").paused_for is Absence.GONE


def test_one_token_serves_until_it_is_about_to_end(github: GitHub, hub: Hub, clock: MovedClock) -> None:
    github.create_issue(REPO, DRAFT)
    clock.advance(minutes=54)
    github.issue(REPO, 1)
    assert minted(hub) == 1
    clock.advance(minutes=2)
    github.issue(REPO, 1)
    assert minted(hub) == 2


def test_many_threads_mint_one_token(identity: AppIdentity, hub: Hub) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: identity.token(NEED), range(40)))
    assert len(tokens) == 1
    assert minted(hub) == 1
    assert len(hub.requests.of("GET", "/installation")) == 1


def test_many_threads_renew_a_refused_token_once(identity: AppIdentity, hub: Hub) -> None:
    old = identity.token(NEED)
    hub.apps.end_tokens()
    with ThreadPoolExecutor(8) as pool:
        fresh = set(pool.map(lambda _: identity.renewed(NEED, old), range(40)))
    assert len(fresh) == 1
    assert minted(hub) == 2


def test_a_refused_token_is_renewed_and_the_write_is_done_once(github: GitHub, hub: Hub) -> None:
    github.create_issue(REPO, DRAFT)
    hub.apps.end_tokens()
    github.create_issue(REPO, DRAFT)
    assert [issue.number for issue in hub.repository(REPO).issues] == [1, 2]
    assert minted(hub) == 2


def test_a_token_opens_its_repository_and_what_it_is_for_alone(identity: AppIdentity, hub: Hub) -> None:
    other = hub.create_repository("acme/other", private=True)
    app = hub.apps.named("planner")
    hub.apps.install(app, other.owner, [other])
    for need, permissions in ((NEED, ISSUES), (Need.of(f"/repos/{REPO}/contents/plan.md"), {"contents": "read"})):
        grant = hub.apps.grant_of(identity.token(need))
        assert grant is not None
        assert grant.repository_ids == {hub.repository(REPO).value.id}
        assert grant.permissions == {"metadata": "read", **permissions}


@pytest.mark.parametrize(
    ("verb", "path", "permissions"),
    [
        ("GET", "contents/plan.md", {"contents": "read"}),
        ("PUT", "contents/.github/phasebot.yml", {"contents": "write"}),
        ("GET", "commits?path=plan.md", {"contents": "read"}),
        ("GET", "commits/1f0c/check-runs?per_page=100", {"checks": "read"}),
        ("GET", "commits/1f0c/status?per_page=100", {"statuses": "read"}),
        ("POST", "commits/1f0c/comments", {"contents": "read"}),
        ("PATCH", "issues/7", {"issues": "write"}),
        ("POST", "pulls", {"pull_requests": "write"}),
    ],
)
def test_a_request_asks_for_no_more_than_what_is_behind_it(verb: str, path: str, permissions: Permissions) -> None:
    assert Need.of(f"/repos/{REPO}/{path}", verb) == Need(REPO, {**permissions, "metadata": "read"})


def test_after_the_first_token_the_repository_goes_by_its_id(
    identity: AppIdentity, hub: Hub, clock: MovedClock
) -> None:
    identity.token(NEED)
    hub.db.run("UPDATE repositories SET full_name = 'acme/renamed' WHERE full_name = ?", REPO)
    clock.advance(minutes=56)
    assert hub.apps.grant_of(identity.token(NEED)) is not None


def test_an_app_installed_anew_is_found_again(github: GitHub, hub: Hub) -> None:
    github.create_issue(REPO, DRAFT)
    app = hub.apps.named("planner")
    hub.apps.uninstall(hub.apps.installed_in(app)[0])
    hub.apps.install(app, hub.repository(REPO).value.owner, [hub.repository(REPO).value])
    assert github.create_issue(REPO, DRAFT).number == 2


def test_where_it_is_not_installed_it_says_so(github: GitHub, hub: Hub) -> None:
    hub.create_repository("acme/elsewhere")
    with pytest.raises(NotAllowed, match="not installed in acme/elsewhere"):
        github.create_issue("acme/elsewhere", DRAFT)


def test_a_permission_it_was_not_granted_is_named(identity: AppIdentity) -> None:
    with pytest.raises(NotAllowed, match="may not do this") as refused:
        identity.token(Need.of(f"/repos/{REPO}/actions/runs"))
    assert "actions: write" in refused.value.fix


def test_the_allowance_is_the_installations(identity: AppIdentity, hub: Hub) -> None:
    other = hub.create_repository("acme/other")
    hub.apps.install(hub.apps.named("planner"), other.owner, [other])
    assert identity.account(NEED) == identity.account(Need("acme/other"))
    assert identity.account(Need()) != identity.account(NEED)


def test_clocks_may_differ_by_a_minute(identity: AppIdentity, clock: MovedClock, hub: Hub) -> None:
    hub.apps._clock = lambda: clock() - timedelta(seconds=59)
    assert identity.token(NEED)


def test_a_key_that_is_none_is_refused_by_name(clock: MovedClock) -> None:
    with pytest.raises(AppKeyInvalid, match="no private key") as refused:
        AppIdentity("https://api.github.com", "1", "ssh-rsa AAAA", Moment(clock))
    assert refused.value.where == "PHASEBOT_APP_PRIVATE_KEY"


def test_a_key_that_lost_its_line_ends_still_works(hub: Hub, server: HubServer, clock: MovedClock) -> None:
    app, key = installed(hub)
    identity = AppIdentity(server.url, app.client_id, key.replace("\n", "\\n"), Moment(clock))
    assert identity.token(NEED)
    identity.close()


def test_its_tokens_and_its_key_are_never_shown(identity: AppIdentity) -> None:
    token = identity.token(NEED)
    assert Redactor().text(f"got {token}!") == "got [redacted]!"
    assert identity._pem.splitlines()[3] not in Redactor(identity.secrets()).text(identity._pem)
    assert token not in repr(identity._repositories)
