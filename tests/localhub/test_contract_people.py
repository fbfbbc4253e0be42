"""Users, permissions, repositories, files and hooks through the real PyGithub client."""

from __future__ import annotations

import pytest
from github import Auth, BadCredentialsException, Github, GithubException, UnknownObjectException
from github.Repository import Repository

from bot.localhub import Hub, HubServer

from .conftest import REPO, Clients
from .receiver import Receiver


def test_a_token_is_its_user(clients: Clients) -> None:
    user = clients.github("ada").get_user()
    assert (user.login, user.type) == ("ada", "User")
    assert clients.github("phasebot[bot]").get_user().type == "Bot"
    assert clients.github("ada").get_user("bob").login == "bob"


def test_a_token_nobody_has_is_refused(server: HubServer) -> None:
    with (
        Github(base_url=server.url, auth=Auth.Token("ghp_wrong"), retry=None) as client,
        pytest.raises(BadCredentialsException),
    ):
        client.get_repo(REPO)


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("ada", "admin", "admin"),
        ("wes", "write", "write"),
        ("tia", "read", "triage"),
        ("mia", "write", "maintain"),
        ("bob", "read", "read"),
    ],
)
def test_a_permission_is_the_coarse_word_and_the_role_the_fine_one(
    login: str, permission: str, role: str, repo: Repository, hub: Hub
) -> None:
    hub.create_user("mia")
    hub.add_collaborator(REPO, "mia", "maintain")

    assert repo.get_collaborator_permission(login) == permission
    assert repo.get_collaborator_role_name(login) == role


def test_nobody_has_a_permission_they_were_not_given_in_a_private_repository(clients: Clients, hub: Hub) -> None:
    hub.create_repository("acme/secret", private=True)
    hub.add_collaborator("acme/secret", "ada", "admin")
    assert clients.github("ada").get_repo("acme/secret").get_collaborator_permission("bob") == "none"
    with pytest.raises(UnknownObjectException):
        clients.github("bob").get_repo("acme/secret")


def test_the_permission_of_a_stranger_to_the_server_is_a_404(repo: Repository) -> None:
    with pytest.raises(GithubException, match="nobody is not a user"):
        repo.get_collaborator_permission("nobody")


def test_an_owner_administers_what_is_theirs(clients: Clients, hub: Hub) -> None:
    hub.create_repository("bob/notes")
    repo = clients.github("bob").get_repo("bob/notes")
    assert repo.owner.type == "User"
    assert repo.permissions.admin
    assert repo.get_collaborator_permission("bob") == "admin"


def test_collaborators_are_listed_and_looked_up(repo: Repository) -> None:
    assert [user.login for user in repo.get_collaborators()] == ["ada", "tia", "wes", "phasebot[bot]"]
    assert repo.has_in_collaborators("tia")
    assert not repo.has_in_collaborators("bob")


def test_a_repository_says_what_it_is(repo: Repository, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Open")
    repo.update()
    assert (repo.full_name, repo.default_branch, repo.open_issues_count) == (REPO, "main", 1)
    assert repo.owner.type == "Organization"
    assert repo.id == hub.repository(REPO).value.id


def test_a_repository_is_created_over_http_and_shared(clients: Clients, hub: Hub) -> None:
    ada = clients.github("ada")
    own = ada.get_user().create_repo("notes", private=True)
    ada.requester.requestJsonAndCheck("POST", "/orgs/acme/repos", input={"name": "api"})
    shared = ada.get_repo("acme/api")
    shared.add_to_collaborators("bob", "maintain")

    assert (own.full_name, own.private) == ("ada/notes", True)
    assert (shared.get_collaborator_permission("ada"), shared.get_collaborator_role_name("bob")) == (
        "admin",
        "maintain",
    )
    shared.remove_from_collaborators("bob")
    assert shared.get_collaborator_permission("bob") == "read"
    with pytest.raises(GithubException, match="name already exists"):
        ada.requester.requestJsonAndCheck("POST", "/orgs/acme/repos", input={"name": "API"})


def test_only_administrators_share_a_repository(clients: Clients, hub: Hub) -> None:
    with pytest.raises(UnknownObjectException):
        clients.github("wes").get_repo(REPO).add_to_collaborators("wes", "admin")
    assert hub.repositories.role(hub.repository(REPO).value, hub.people.named("wes")) == "write"


def test_a_file_is_read_whole_and_raw(repo: Repository, hub: Hub, clients: Clients) -> None:
    hub.put_file(REPO, "plans/site.md", "# Größe\n")
    found = repo.get_contents("plans/site.md")
    raw = clients.http("ada", Accept="application/vnd.github.raw+json").get(f"/repos/{REPO}/contents/plans/site.md")

    assert not isinstance(found, list)
    assert found.decoded_content.decode() == "# Größe\n"
    assert raw.text == "# Größe\n"
    with pytest.raises(UnknownObjectException):
        repo.get_contents("plans/none.md")
    with pytest.raises(GithubException, match="No commit found"):
        repo.get_contents("plans/site.md", ref="other-branch")


def test_the_history_is_listed_for_a_file_and_as_of_a_commit(repo: Repository, hub: Hub) -> None:
    with pytest.raises(GithubException, match="is empty"):
        repo.get_commits()[0]
    for path in ("a.md", "b.md", "a.md"):
        hub.put_file(REPO, path, path)
    newest, middle, first = [one.sha for one in repo.get_commits()]

    assert [one.sha for one in repo.get_commits(path="a.md")] == [newest, first]
    assert [one.sha for one in repo.get_commits(sha=middle, path="a.md")] == [first]
    assert [one.sha for one in repo.get_commits(sha="main")] == [newest, middle, first]
    assert [one.sha for one in repo.get_commits()[0].parents] == [middle]
    with pytest.raises(GithubException, match="No commit found"):
        repo.get_commits(sha="f" * 40)[0]


def test_the_history_says_who_wrote_what(repo: Repository, hub: Hub) -> None:
    hub.put_file(REPO, "a.md", "1", login="wes")
    known = repo.get_contents("a.md")
    assert not isinstance(known, list)
    repo.update_file("a.md", "Say more", "2", known.sha)

    assert [(one.commit.message, one.author.login) for one in repo.get_commits(path="a.md")] == [
        ("Say more", "ada"),
        ("Added a.md", "wes"),
    ]


def test_a_commit_is_commented_on(repo: Repository, hub: Hub) -> None:
    hub.put_file(REPO, "a.md", "x")
    newest = repo.get_commits()[0]

    newest.create_comment("Not like this.")

    assert [(one.body, one.commit_id) for one in newest.get_comments()] == [("Not like this.", newest.sha)]
    with pytest.raises(GithubException, match="missing"):
        newest.create_comment(" ")


def test_a_folder_is_listed(repo: Repository, hub: Hub) -> None:
    for path in ("README.md", "plans/a.md", "plans/deep/b.md"):
        hub.put_file(REPO, path, "x")
    top, plans = repo.get_contents(""), repo.get_contents("plans")

    assert isinstance(top, list)
    assert isinstance(plans, list)
    assert [(item.path, item.type) for item in top] == [("README.md", "file"), ("plans", "dir")]
    assert [(item.path, item.type) for item in plans] == [("plans/a.md", "file"), ("plans/deep", "dir")]


def test_a_hook_is_made_pinged_changed_and_deleted(repo: Repository, hub: Hub, receiver: Receiver) -> None:
    hook = repo.create_hook("web", {"url": receiver.url, "content_type": "json", "secret": "s"}, ["issues"])
    hook.ping()
    hub.drain_deliveries()
    assert receiver.events == ["ping", "ping"]
    assert hook.config["secret"] == "********"

    hook.edit("web", {"url": receiver.url, "content_type": "json"}, add_events=["issue_comment"])
    assert (hook.events, "secret" in hook.config) == (["issues", "issue_comment"], False)

    hook.delete()
    assert list(repo.get_hooks()) == []


def test_hooks_are_for_administrators(clients: Clients) -> None:
    with pytest.raises(UnknownObjectException):
        list(clients.github("wes").get_repo(REPO).get_hooks())


def test_the_same_hook_twice_is_refused(repo: Repository, receiver: Receiver) -> None:
    repo.create_hook("web", {"url": receiver.url}, ["issues"])
    with pytest.raises(GithubException) as refused:
        repo.create_hook("web", {"url": receiver.url}, ["issues"])
    assert refused.value.data["errors"][0]["message"] == "Hook already exists on this repository"


def test_deliveries_are_listed_read_and_made_again(repo: Repository, hub: Hub, receiver: Receiver) -> None:
    hook = hub.add_hook(REPO, receiver.url, secret="s")
    receiver.status = 500
    repo.create_issue("Missed")
    hub.drain_deliveries()
    receiver.status = 202

    [failed] = repo.get_hook_deliveries(hook.id)
    assert (failed.event, failed.action, failed.status_code, failed.redelivery) == ("issues", "opened", 500, False)
    assert failed.id
    whole = repo.get_hook_delivery(hook.id, failed.id)
    assert whole.request
    assert whole.request.payload
    assert whole.request.payload["issue"]["title"] == "Missed"

    repo.requester.requestJsonAndCheck("POST", f"{hook_url(repo, hook.id)}/deliveries/{failed.id}/attempts")
    hub.drain_deliveries()
    again, first = repo.get_hook_deliveries(hook.id)
    assert (again.guid, again.redelivery, again.status) == (first.guid, True, "OK")
    assert receiver.received[0].headers["x-github-delivery"] == receiver.received[1].headers["x-github-delivery"]


def hook_url(repo: Repository, hook_id: int) -> str:
    return f"{repo.url}/hooks/{hook_id}"


def test_deliveries_are_paged_by_cursor(clients: Clients, hub: Hub, receiver: Receiver) -> None:
    hook = hub.add_hook(REPO, receiver.url)
    for n in range(5):
        hub.create_issue(REPO, "ada", f"issue {n}")
    hub.drain_deliveries()

    repo = clients.github("ada", per_page=2).get_repo(REPO)
    ids = [delivery.id or 0 for delivery in repo.get_hook_deliveries(hook.id)]
    assert (len(ids), ids) == (5, sorted(ids, reverse=True))


def test_an_enterprise_client_finds_everything_below_its_prefix(clients: Clients, hub: Hub) -> None:
    repo = clients.github("ada", "/api/v3").get_repo(REPO)
    parent, child = repo.create_issue("parent"), repo.create_issue("child")
    parent.add_sub_issue(child)

    assert "/api/v3/repos/acme/site/issues/1" in parent.url
    assert [issue.number for issue in parent.get_sub_issues()] == [2]
    assert hub.repository(REPO).issue(2).parent is not None


def test_an_archived_repository_is_read_only_and_a_private_one_still_none_for_strangers(
    clients: Clients, hub: Hub
) -> None:
    hub.create_repository("acme/secret", private=True)
    hub.add_collaborator("acme/secret", "ada", "admin")
    hub.archive_repository("acme/secret")

    def refusal(login: str) -> int:
        return clients.http(login).post("/repos/acme/secret/issues", json={"title": "x"}).status_code

    assert (refusal("ada"), refusal("bob")) == (403, 404)
