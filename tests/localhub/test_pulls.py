"""Pull requests, through PyGithub and over git's own HTTP protocol."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from github import GithubException
from github.Repository import Repository

from bot.localhub import Hub, HubServer
from bot.localhub.values import PullDraft

from .apps import assertion, installed
from .conftest import REPO, Clients, MovedClock
from .git import Clone, address, git
from .receiver import Receiver


@pytest.fixture
def clone(tmp_path: Path, server: HubServer) -> Clone:
    """Wes's, with a branch `work` that has something to merge."""
    clone = Clone.begun(tmp_path / "clone", address(server, "wes"))
    clone.pushes("work", "index.html", "<h1>Site</h1>\n")
    return clone


def refusal(caught: pytest.ExceptionInfo[GithubException]) -> tuple[int, str]:
    data = caught.value.data
    found = [one.get("message") or f"{one['field']} {one['code']}" for one in data.get("errors", ())]
    return caught.value.status, found[0] if found else data["message"]


def test_a_branch_is_pushed_and_its_pull_request_merged(repo: Repository, clone: Clone) -> None:
    pull = repo.create_pull(base="main", head="acme:work", title="Work", body="All of it")
    assert (pull.state, pull.merged, pull.mergeable, pull.draft) == ("open", False, True, False)
    assert (pull.commits, pull.additions, pull.deletions, pull.changed_files) == (1, 1, 0, 1)
    assert (pull.head.ref, pull.head.sha, pull.base.ref) == ("work", git(clone.folder, "rev-parse", "work"), "main")

    done = pull.merge()

    assert done.merged
    assert clone.fetched("main", "index.html") == "<h1>Site</h1>"
    assert git(clone.folder, "log", "-1", "--format=%H %s", "origin/main") == (
        f"{done.sha} Merge pull request #1 from acme/work"
    )
    pull = repo.get_pull(1)
    assert (pull.state, pull.merged, pull.is_merged(), pull.merge_commit_sha) == ("closed", True, True, done.sha)
    assert pull.merged_by.login == "ada"
    with pytest.raises(GithubException) as again:
        pull.merge()
    assert refusal(again) == (405, "Pull Request is not mergeable")
    with pytest.raises(GithubException) as reopened:
        pull.edit(state="open")
    assert refusal(reopened)[0] == 422


def test_squashing_makes_one_commit_on_the_base(repo: Repository, clone: Clone) -> None:
    before = git(clone.folder, "rev-parse", "main")
    clone.pushes("work", "more.html", "more\n")

    done = repo.create_pull(base="main", head="work", title="Work").merge(merge_method="squash")

    git(clone.folder, "fetch", "--quiet", "origin")
    assert git(clone.folder, "log", "--format=%H %P %s", "-1", "origin/main") == f"{done.sha} {before} Work (#1)"


def test_pull_requests_are_issues_too_and_told_apart(repo: Repository, clone: Clone, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "An issue")
    pull = repo.create_pull(base="main", head="work", title="Work")

    listed = {issue.number: issue.pull_request is not None for issue in repo.get_issues()}
    assert listed == {1: False, 2: True}
    assert repo.get_issue(2).html_url == pull.html_url == f"{repo.html_url}/pull/2"
    pull.create_issue_comment("Looks good")
    assert repo.get_pull(2).comments == 1
    with pytest.raises(GithubException) as no_pull:
        repo.get_pull(1)
    assert no_pull.value.status == 404


def test_pull_requests_are_found_by_state_head_and_base(repo: Repository, clone: Clone, clock: MovedClock) -> None:
    first = repo.create_pull(base="main", head="work", title="First")
    clone.pushes("other", "other.html", "other\n")
    clock.advance(minutes=1)
    second = repo.create_pull(base="work", head="other", title="Second", draft=True)
    second.edit(state="closed")

    def numbers(**query: str) -> list[int]:
        return [one.number for one in repo.get_pulls(**query)]

    assert numbers() == [first.number]
    assert numbers(state="all") == [second.number, first.number]
    assert numbers(state="all", head="acme:other") == [second.number]
    assert numbers(state="all", head="somebody:other") == []
    assert numbers(state="closed", base="main") == []


def test_what_cannot_be_opened_is_refused(repo: Repository, clone: Clone) -> None:
    def trying(head: str, base: str) -> tuple[int, str]:
        with pytest.raises(GithubException) as caught:
            repo.create_pull(base=base, head=head, title="Work")
        return refusal(caught)

    repo.create_pull(base="main", head="work", title="Work")
    assert trying("work", "main") == (422, "A pull request already exists for acme:work.")
    assert trying("nowhere", "main") == (422, "head invalid")
    assert trying("work", "nowhere") == (422, "base invalid")
    assert trying("main", "work") == (422, "No commits between work and main")


def test_readers_open_and_merge_nothing(clients: Clients, repo: Repository, clone: Clone) -> None:
    theirs = clients.github("bob").get_repo(REPO)
    with pytest.raises(GithubException) as opened:
        theirs.create_pull(base="main", head="work", title="Work")
    repo.create_pull(base="main", head="work", title="Work")
    with pytest.raises(GithubException) as merged:
        theirs.get_pull(1).merge()
    assert (opened.value.status, merged.value.status) == (403, 403)
    assert not repo.get_pull(1).merged


def test_drafts_conflicts_and_moved_heads_are_not_merged(repo: Repository, clone: Clone, hub: Hub) -> None:
    pull = repo.create_pull(base="main", head="work", title="Work", draft=True)
    with pytest.raises(GithubException) as draft:
        pull.merge()
    hub.set_draft(REPO, 1, "ada", draft=False)
    with pytest.raises(GithubException) as moved:
        pull.merge(sha="0" * 40)
    clone.pushes("main", "index.html", "<h1>Another</h1>\n")
    with pytest.raises(GithubException) as conflict:
        pull.merge()

    assert refusal(draft) == (405, "Pull Request is still a draft")
    assert refusal(moved)[0] == 409
    assert refusal(conflict) == (405, "Pull Request is not mergeable")
    assert repo.get_pull(1).mergeable is False
    assert clone.fetched("main", "index.html") == "<h1>Another</h1>"


def test_everything_about_it_is_told(repo: Repository, clone: Clone, hub: Hub, receiver: Receiver) -> None:
    hub.add_hook(REPO, receiver.url)
    pull = repo.create_pull(base="main", head="work", title="Work", draft=True)
    before = pull.head.sha
    after = clone.pushes("work", "index.html", "<h1>Anew</h1>\n", force=True)
    hub.set_draft(REPO, 1, "ada", draft=False)
    pull.edit(title="Better work", body="More")
    pull.edit(state="closed")
    pull.edit(state="open")
    pull.merge()
    hub.drain_deliveries()

    told = [one for one in receiver.received if one.what.startswith("pull_request.")]
    actions = ["opened", "synchronize", "ready_for_review", "edited", "closed", "reopened", "closed"]
    assert [one.payload["action"] for one in told] == actions
    assert [one.payload["pull_request"]["merged"] for one in told] == [False] * 6 + [True]
    moved = told[1].payload
    assert (moved["before"], moved["after"], moved["pull_request"]["head"]["sha"]) == (before, after, after)
    assert moved["sender"]["login"] == "wes"
    assert not [one for one in receiver.received if one.what.startswith("issues.")]


def test_a_deleted_branch_closes_its_pull_request(repo: Repository, clone: Clone) -> None:
    pull = repo.create_pull(base="main", head="work", title="Work")
    git(clone.folder, "push", "--quiet", "origin", ":work")

    pull = repo.get_pull(pull.number)
    assert (pull.state, pull.merged) == ("closed", False)
    with pytest.raises(GithubException) as reopened:
        pull.edit(state="open")
    assert refusal(reopened)[0] == 422


def test_git_asks_who_pushes_and_what_is_private(tmp_path: Path, server: HubServer, hub: Hub, clone: Clone) -> None:
    hub.create_repository("acme/secret", private=True)
    anonymous = f"{server.url}/{REPO}.git"
    assert git(tmp_path, "ls-remote", anonymous, "refs/heads/work")
    for url in (address(server, "bob"), anonymous):
        with pytest.raises(subprocess.CalledProcessError):
            git(clone.folder, "push", "--quiet", url, "work:stolen")
    for url in (address(server, "bob", "acme/secret"), f"{server.url}/acme/secret.git"):
        with pytest.raises(subprocess.CalledProcessError):
            git(tmp_path, "ls-remote", url)
    assert set(hub.pulls.git(hub.repositories.named(REPO)).heads()) == {"main", "work"}


def test_a_person_merges_on_the_page(clients: Clients, server: HubServer, hub: Hub, clone: Clone) -> None:
    hub.create_pull(REPO, "wes", PullDraft("Work", "work", "main", draft=True))
    browser = clients.http(None, Accept="text/html,*/*")
    browser.follow_redirects = True
    page = f"/{REPO}/pull/1"

    def press(act: str) -> httpx.Response:
        return browser.post(page, data={"act": act, "body": ""}, headers={"Origin": server.url})

    assert "Merge" not in browser.get(page).text
    browser.get(server.sign_in_url("ada"))
    draft = browser.get(page).text
    assert ("1 file changed (+1 −0)" in draft, 'value="ready"' in draft, 'value="merge"' in draft) == (
        True,
        True,
        False,
    )
    assert 'value="merge"' in press("ready").text
    merged = press("merge").text

    assert ("Merged" in merged, "merged this" in merged, 'value="reopen"' in merged) == (True, True, False)
    assert "Pull request #1" in browser.get(f"/{REPO}/issues?state=closed").text
    assert clone.fetched("main", "index.html") == "<h1>Site</h1>"


def test_only_people_assign_agents(clients: Clients, hub: Hub, server: HubServer) -> None:
    agent = hub.create_agent(REPO)
    app, key = installed(hub)
    number = hub.create_issue(REPO, "ada", "Work").number
    installation = hub.apps.installed_in(app)[0].id
    token = (
        clients.http()
        .post(
            f"/app/installations/{installation}/access_tokens",
            headers={"Authorization": f"Bearer {assertion(app.id, key, hub.clock())}"},
        )
        .json()["token"]
    )

    def assigned_by(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        body = {"assignees": [agent.user.login], "agent_assignment": {"base_branch": "main"}}
        return clients.http(**headers).post(f"/repos/{REPO}/issues/{number}/assignees", json=body).status_code

    assert assigned_by(token) == 403
    assert agent.issues == []
    assert assigned_by(hub.create_token("ada")) == 201
    assert [one.number for one in agent.issues] == [number]


def test_an_agent_answers_with_a_draft_of_its_own(hub: Hub, clone: Clone) -> None:
    agent = hub.create_agent(REPO)
    issue = hub.create_issue(REPO, "ada", "Work", assignees=(agent.user.login,))

    pull = agent.opens(issue.number)

    assert pull.pull is not None
    assert (pull.pull.draft, pull.body, pull.user.login) == (True, f"Fixes #{issue.number}", "copilot-swe-agent[bot]")
    agent.writes(pull.pull.head, "made.txt", "made\n")
    hub.merge_pull(REPO, agent.is_ready(pull.number).number, "ada")
    assert clone.fetched("main", "made.txt") == "made"
