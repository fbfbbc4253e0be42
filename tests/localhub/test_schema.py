"""Every JSON answer of every endpoint against GitHub's published models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, TypeAdapter

from bot.localhub import Hub
from bot.localhub.rest.routes import ENDPOINTS
from bot.localhub.values import PullDraft

from .apps import assertion, installed, manifest
from .conftest import REPO, Clients
from .receiver import Receiver
from .runs import start_run

BASE = f"/repos/{REPO}"


@dataclass
class World:
    """A client and a repository with one of everything."""

    http: httpx.Client
    hub: Hub
    receiver: Receiver

    @property
    def parent(self) -> int:
        return self.hub.repository(REPO).issue(1).id

    @property
    def child(self) -> int:
        return self.hub.repository(REPO).issue(2).id

    @property
    def other(self) -> int:
        return self.hub.repository(REPO).issue(3).id

    @property
    def comment(self) -> int:
        return self.hub.repository(REPO).comments(1)[0].id

    @property
    def hook(self) -> int:
        return self.hub.repository(REPO).hooks[0].id

    @property
    def delivery(self) -> int:
        self.hub.drain_deliveries()
        return self.hub.repository(REPO).deliveries(self.hook)[0].id

    @property
    def app_delivery(self) -> int:
        self.hub.create_issue(REPO, "ada", "Told to the App")
        self.hub.drain_deliveries()
        return self.hub.hooks.deliveries_of_app(self.hub.apps.named("planner").id)[0].id

    @property
    def installation(self) -> int:
        return self.hub.apps.installed_in(self.hub.apps.named("planner"))[0].id

    def branch(self, name: str) -> str:
        """One with something to merge into main."""
        repository, ada = self.hub.repositories.named(REPO), self.hub.people.named("ada")
        git = self.hub.pulls.git(repository)
        if not git.heads():
            root = git.ask("commit-tree", git.ask("mktree"), "-m", "Begin", by=ada)
            git.move("main", git.commit(root, "README.md", "Site", "Begin", ada))
        git.move(name, git.commit(git.heads()["main"], name, name, "Work", ada))
        return name

    def pull(self) -> int:
        draft = PullDraft("Work", self.branch("work"), "main", "All of it")
        return self.hub.create_pull(REPO, "ada", draft).number

    def merged(self) -> httpx.Response:
        number = self.pull()
        assert self.send("GET", f"{BASE}/pulls/{number}/merge").status_code == 404
        self.hub.merge_pull(REPO, number, "ada")
        return self.send("GET", f"{BASE}/pulls/{number}/merge")

    def run(self, *, ended: bool = False) -> int:
        run = self.hub.repository(REPO).runs[0]
        return self.hub.runs.complete(run, "failure").id if ended else run.id

    def comments_on_head(self) -> httpx.Response:
        return self.send("POST", f"{BASE}/commits/{self.hub.repository(REPO).value.head}/comments", body="Hm.")

    def status(self, state: str) -> httpx.Response:
        path = f"{BASE}/statuses/{self.hub.repository(REPO).value.head}"
        return self.send("POST", path, state=state, context="lint", description="All of it", target_url="https://x/1")

    def as_app(self, method: str, path: str, **body: Any) -> httpx.Response:
        """As the App itself."""
        app = self.hub.apps.named("planner")
        headers = {"Authorization": f"Bearer {assertion(app.id, self.hub.apps.create_key(app.id), self.hub.clock())}"}
        return self.http.request(method, path, json=body or None, headers=headers)

    def send(self, method: str, path: str, **body: Any) -> httpx.Response:
        return self.http.request(method, path, json=body or None)


@dataclass(frozen=True)
class Exchange:
    """What to ask, and what GitHub says the answer is: the name of a model, in brackets a list of it, "" nothing."""

    model: str
    ask: Callable[[World], httpx.Response]


def get(model: str, path: str) -> Exchange:
    return Exchange(model, lambda world: world.send("GET", path))


EXCHANGES = {
    "meta/root": get("Root", "/"),
    "meta/get": get("ApiOverview", "/meta"),
    "rate-limit/get": get("RateLimitOverview", "/rate_limit"),
    "users/get-authenticated": get("PrivateUser", "/user"),
    "repos/list-for-authenticated-user": get("[Repository]", "/user/repos"),
    "users/get-by-username": get("PublicUser", "/users/bob"),
    "apps/get-authenticated": Exchange("Integration", lambda world: world.as_app("GET", "/app")),
    "apps/create-from-manifest": Exchange(
        "AppManifestsCodeConversionsPostResponse201",
        lambda world: httpx.post(
            f"{world.http.base_url}/app-manifests/{world.hub.apps.register(world.hub.people.named('ada'), manifest('Two'))}"
            "/conversions",
            trust_env=False,
        ),
    ),
    "apps/get-webhook-config-for-app": Exchange("WebhookConfig", lambda world: world.as_app("GET", "/app/hook/config")),
    "apps/list-webhook-deliveries": Exchange(
        "[HookDeliveryItem]", lambda world: world.as_app("GET", f"/app/hook/deliveries?cursor={world.app_delivery}")
    ),
    "apps/get-webhook-delivery": Exchange(
        "HookDelivery", lambda world: world.as_app("GET", f"/app/hook/deliveries/{world.app_delivery}")
    ),
    "apps/redeliver-webhook-delivery": Exchange(
        "EmptyObject", lambda world: world.as_app("POST", f"/app/hook/deliveries/{world.app_delivery}/attempts")
    ),
    "apps/list-installations": Exchange("[Installation]", lambda world: world.as_app("GET", "/app/installations")),
    "apps/get-installation": Exchange(
        "Installation", lambda world: world.as_app("GET", f"/app/installations/{world.installation}")
    ),
    "apps/get-repo-installation": Exchange("Installation", lambda world: world.as_app("GET", f"{BASE}/installation")),
    "apps/create-installation-access-token": Exchange(
        "InstallationToken",
        lambda world: world.as_app(
            "POST",
            f"/app/installations/{world.installation}/access_tokens",
            repositories=["site"],
            permissions={"issues": "write"},
        ),
    ),
    "repos/get": get("FullRepository", BASE),
    "repos/get-by-number": Exchange(
        "FullRepository", lambda world: world.send("GET", f"/repositories/{world.hub.repository(REPO).value.id}")
    ),
    "repos/create-for-authenticated-user": Exchange(
        "FullRepository", lambda world: world.send("POST", "/user/repos", name="notes", private=True)
    ),
    "repos/create-in-org": Exchange(
        "FullRepository", lambda world: world.send("POST", "/orgs/acme/repos", name="api", description="An API")
    ),
    "repos/add-collaborator": Exchange(
        "", lambda world: world.send("PUT", f"{BASE}/collaborators/bob", permission="triage")
    ),
    "repos/remove-collaborator": Exchange("", lambda world: world.send("DELETE", f"{BASE}/collaborators/wes")),
    "repos/list-collaborators": get("[Collaborator]", f"{BASE}/collaborators"),
    "repos/check-collaborator": get("", f"{BASE}/collaborators/wes"),
    "repos/get-collaborator-permission-level": get(
        "RepositoryCollaboratorPermission", f"{BASE}/collaborators/tia/permission"
    ),
    "issues/create": Exchange(
        "Issue",
        lambda world: world.send(
            "POST", f"{BASE}/issues", title="New", labels=["fresh"], assignees=["wes"], parent_issue_id=world.parent
        ),
    ),
    "issues/list-for-repo": get("[Issue]", f"{BASE}/issues?state=all"),
    "issues/get": get("Issue", f"{BASE}/issues/2"),
    "issues/update": Exchange("Issue", lambda world: world.send("PATCH", f"{BASE}/issues/1", state="closed")),
    "issues/list-events": get("[IssueEvent]", f"{BASE}/issues/1/events"),
    "issues/add-assignees": Exchange(
        "Issue", lambda world: world.send("POST", f"{BASE}/issues/2/assignees", assignees=["wes"])
    ),
    "issues/remove-assignees": Exchange(
        "Issue", lambda world: world.send("DELETE", f"{BASE}/issues/1/assignees", assignees=["wes"])
    ),
    "issues/list-labels-on-issue": get("[Label]", f"{BASE}/issues/1/labels"),
    "issues/add-labels": Exchange(
        "[Label]", lambda world: world.send("POST", f"{BASE}/issues/1/labels", labels=["one"])
    ),
    "issues/set-labels": Exchange(
        "[Label]", lambda world: world.send("PUT", f"{BASE}/issues/1/labels", labels=["two"])
    ),
    "issues/remove-all-labels": Exchange("", lambda world: world.send("DELETE", f"{BASE}/issues/1/labels")),
    "issues/remove-label": Exchange("[Label]", lambda world: world.send("DELETE", f"{BASE}/issues/1/labels/bug")),
    "issues/list-labels-for-repo": get("[Label]", f"{BASE}/labels"),
    "issues/create-label": Exchange(
        "Label", lambda world: world.send("POST", f"{BASE}/labels", name="new", color="ff0000", description="d")
    ),
    "issues/get-label": get("Label", f"{BASE}/labels/good%20first%20issue"),
    "issues/update-label": Exchange(
        "Label", lambda world: world.send("PATCH", f"{BASE}/labels/bug", new_name="defect", color="00FF00")
    ),
    "issues/delete-label": Exchange("", lambda world: world.send("DELETE", f"{BASE}/labels/wontfix")),
    "issues/create-comment": Exchange(
        "IssueComment", lambda world: world.send("POST", f"{BASE}/issues/1/comments", body="Hello")
    ),
    "issues/list-comments": get("[IssueComment]", f"{BASE}/issues/1/comments"),
    "issues/list-comments-for-repo": get("[IssueComment]", f"{BASE}/issues/comments"),
    "issues/get-comment": Exchange(
        "IssueComment", lambda world: world.send("GET", f"{BASE}/issues/comments/{world.comment}")
    ),
    "issues/update-comment": Exchange(
        "IssueComment", lambda world: world.send("PATCH", f"{BASE}/issues/comments/{world.comment}", body="Edited")
    ),
    "issues/delete-comment": Exchange(
        "", lambda world: world.send("DELETE", f"{BASE}/issues/comments/{world.comment}")
    ),
    "reactions/list-for-issue": get("[Reaction]", f"{BASE}/issues/1/reactions"),
    "reactions/create-for-issue": Exchange(
        "Reaction", lambda world: world.send("POST", f"{BASE}/issues/1/reactions", content="rocket")
    ),
    "reactions/delete-for-issue": Exchange(
        "",
        lambda world: world.send(
            "DELETE", f"{BASE}/issues/1/reactions/{world.hub.repository(REPO).reactions(1)[0].id}"
        ),
    ),
    "reactions/list-for-issue-comment": Exchange(
        "[Reaction]", lambda world: world.send("GET", f"{BASE}/issues/comments/{world.comment}/reactions")
    ),
    "reactions/create-for-issue-comment": Exchange(
        "Reaction",
        lambda world: world.send("POST", f"{BASE}/issues/comments/{world.comment}/reactions", content="eyes"),
    ),
    "reactions/delete-for-issue-comment": Exchange(
        "",
        lambda world: world.send(
            "DELETE",
            f"{BASE}/issues/comments/{world.comment}/reactions/"
            f"{world.hub.repository(REPO).comment_reactions(world.comment)[0].id}",
        ),
    ),
    "issues/list-sub-issues": get("[Issue]", f"{BASE}/issues/1/sub_issues"),
    "issues/add-sub-issue": Exchange(
        "Issue", lambda world: world.send("POST", f"{BASE}/issues/1/sub_issues", sub_issue_id=world.other)
    ),
    "issues/remove-sub-issue": Exchange(
        "Issue", lambda world: world.send("DELETE", f"{BASE}/issues/1/sub_issue", sub_issue_id=world.child)
    ),
    "issues/reprioritize-sub-issue": Exchange(
        "Issue",
        lambda world: world.send(
            "PATCH",
            f"{BASE}/issues/1/sub_issues/priority",
            sub_issue_id=world.child,
            after_id=world.hub.repository(REPO).sub_issues(1)[1].id,
        ),
    ),
    "issues/get-parent": get("Issue", f"{BASE}/issues/2/parent"),
    "issues/list-dependencies-blocked-by": get("[Issue]", f"{BASE}/issues/3/dependencies/blocked_by"),
    "issues/add-blocked-by-dependency": Exchange(
        "Issue", lambda world: world.send("POST", f"{BASE}/issues/1/dependencies/blocked_by", issue_id=world.other)
    ),
    "issues/remove-dependency-blocked-by": Exchange(
        "Issue", lambda world: world.send("DELETE", f"{BASE}/issues/3/dependencies/blocked_by/{world.child}")
    ),
    "issues/list-dependencies-blocking": get("[Issue]", f"{BASE}/issues/2/dependencies/blocking"),
    "repos/create-commit-status": Exchange("Status", lambda world: world.status("pending")),
    "repos/list-commit-statuses-for-ref": Exchange(
        "[Status]", lambda world: world.status("success") and world.send("GET", f"{BASE}/commits/main/statuses")
    ),
    "repos/get-combined-status-for-ref": Exchange(
        "CombinedCommitStatus", lambda world: world.status("error") and world.send("GET", f"{BASE}/commits/main/status")
    ),
    "repos/list-webhooks": get("[Hook]", f"{BASE}/hooks"),
    "repos/create-webhook": Exchange(
        "Hook",
        lambda world: world.send(
            "POST", f"{BASE}/hooks", name="web", config={"url": world.receiver.url, "secret": "s"}, events=["push"]
        ),
    ),
    "repos/get-webhook": Exchange("Hook", lambda world: world.send("GET", f"{BASE}/hooks/{world.hook}")),
    "repos/update-webhook": Exchange(
        "Hook", lambda world: world.send("PATCH", f"{BASE}/hooks/{world.hook}", active=False, add_events=["push"])
    ),
    "repos/delete-webhook": Exchange("", lambda world: world.send("DELETE", f"{BASE}/hooks/{world.hook}")),
    "repos/ping-webhook": Exchange("", lambda world: world.send("POST", f"{BASE}/hooks/{world.hook}/pings")),
    "repos/list-webhook-deliveries": Exchange(
        "[HookDeliveryItem]",
        lambda world: world.send("GET", f"{BASE}/hooks/{world.hook}/deliveries?cursor={world.delivery}"),
    ),
    "repos/get-webhook-delivery": Exchange(
        "HookDelivery", lambda world: world.send("GET", f"{BASE}/hooks/{world.hook}/deliveries/{world.delivery}")
    ),
    "repos/redeliver-webhook-delivery": Exchange(
        "EmptyObject",
        lambda world: world.send("POST", f"{BASE}/hooks/{world.hook}/deliveries/{world.delivery}/attempts"),
    ),
    "actions/list-repo-workflows": get("ReposOwnerRepoActionsWorkflowsGetResponse200", f"{BASE}/actions/workflows"),
    "actions/get-workflow": get("Workflow", f"{BASE}/actions/workflows/phase.yml"),
    "actions/create-workflow-dispatch": Exchange(
        "WorkflowDispatchResponse",
        lambda world: world.send("POST", f"{BASE}/actions/workflows/phase.yml/dispatches", ref="main"),
    ),
    "actions/list-workflow-runs": get(
        "ReposOwnerRepoActionsRunsGetResponse200", f"{BASE}/actions/workflows/phase.yml/runs?event=workflow_dispatch"
    ),
    "actions/list-workflow-runs-for-repo": get("ReposOwnerRepoActionsRunsGetResponse200", f"{BASE}/actions/runs"),
    "actions/get-workflow-run": Exchange(
        "WorkflowRun", lambda world: world.send("GET", f"{BASE}/actions/runs/{world.run(ended=True)}")
    ),
    "actions/cancel-workflow-run": Exchange(
        "EmptyObject", lambda world: world.send("POST", f"{BASE}/actions/runs/{world.run()}/cancel")
    ),
    "actions/force-cancel-workflow-run": Exchange(
        "EmptyObject", lambda world: world.send("POST", f"{BASE}/actions/runs/{world.run()}/force-cancel")
    ),
    "actions/re-run-workflow": Exchange(
        "EmptyObject", lambda world: world.send("POST", f"{BASE}/actions/runs/{world.run(ended=True)}/rerun")
    ),
    "actions/re-run-workflow-failed-jobs": Exchange(
        "EmptyObject",
        lambda world: world.send("POST", f"{BASE}/actions/runs/{world.run(ended=True)}/rerun-failed-jobs"),
    ),
    "actions/list-jobs-for-workflow-run": Exchange(
        "ReposOwnerRepoActionsRunsRunIdJobsGetResponse200",
        lambda world: world.send("GET", f"{BASE}/actions/runs/{world.run(ended=True)}/jobs?filter=all"),
    ),
    "checks/list-for-ref": Exchange(
        "ReposOwnerRepoCommitsRefCheckRunsGetResponse200",
        lambda world: world.send("GET", f"{BASE}/commits/{world.hub.repository(REPO).runs[0].sha}/check-runs"),
    ),
    "pulls/create": Exchange(
        "PullRequest",
        lambda world: world.send("POST", f"{BASE}/pulls", title="Work", head=world.branch("work"), base="main"),
    ),
    "pulls/list": Exchange(
        "[PullRequestSimple]", lambda world: world.send("GET", f"{BASE}/pulls?state=all&n={world.pull()}")
    ),
    "pulls/get": Exchange("PullRequest", lambda world: world.send("GET", f"{BASE}/pulls/{world.pull()}")),
    "pulls/update": Exchange(
        "PullRequest", lambda world: world.send("PATCH", f"{BASE}/pulls/{world.pull()}", title="Better")
    ),
    "pulls/merge": Exchange(
        "PullRequestMergeResult", lambda world: world.send("PUT", f"{BASE}/pulls/{world.pull()}/merge")
    ),
    "pulls/check-if-merged": Exchange("", lambda world: world.merged()),
    "repos/list-commits": get("[Commit]", f"{BASE}/commits?path=plans/site.md"),
    "repos/create-commit-comment": Exchange("CommitComment", lambda world: world.comments_on_head()),
    "repos/list-comments-for-commit": Exchange(
        "[CommitComment]",
        lambda world: world.send("GET", world.comments_on_head().request.url.path),
    ),
    "repos/get-contents-of-root": get("[ContentDirectoryItems]", f"{BASE}/contents"),
    "repos/get-content": get("ContentFile", f"{BASE}/contents/plans/site.md"),
    "repos/create-or-update-file-contents": Exchange(
        "FileCommit",
        lambda world: world.send("PUT", f"{BASE}/contents/new.md", message="New", content="IyBOZXcK"),
    ),
}


@pytest.fixture(scope="session")
def models() -> ModuleType:
    from githubkit_schemas.v2026_03_10 import models

    return models


@pytest.fixture
def world(hub: Hub, clients: Clients, receiver: Receiver) -> World:
    hub.create_issue(REPO, "ada", "Parent", "Body", labels=("bug", "question"), assignees=("wes",))
    for title in ("Child", "Other", "Sibling"):
        hub.create_issue(REPO, "bob", title)
    site = hub.repository(REPO)
    hub.add_sub_issue(REPO, 1, "ada", site.issue(2).id)
    hub.add_sub_issue(REPO, 1, "ada", site.issue(4).id)
    hub.add_blocked_by(REPO, 3, "ada", site.issue(2).id)
    comment = hub.comment(REPO, 1, "bob", "Well?")
    hub.reactions.add(comment, hub.people.named("ada"), "+1")
    hub.reactions.add(site.issue(1), hub.people.named("ada"), "heart")
    hub.add_hook(REPO, receiver.url, secret="s")
    hub.put_file(REPO, "plans/site.md", "# Site\n")
    hub.put_file(REPO, ".github/workflows/phase.yml", "name: Phase\non: workflow_dispatch\njobs: {work: {}}\n")
    start_run(hub, "phase.yml")
    installed(hub, hook_attributes={"url": receiver.url}, default_events=["issues"])
    return World(clients.http("ada", **{"X-GitHub-Api-Version": "2026-03-10"}), hub, receiver)


def validate(models: ModuleType, model: str, response: httpx.Response) -> None:
    if not model:
        assert (response.status_code, response.content) == (204, b"")
        return
    kind: type[BaseModel] = getattr(models, model.strip("[]"))
    wanted = TypeAdapter(list[kind] if model.startswith("[") else kind)  # type: ignore[valid-type]
    found = wanted.validate_python(response.json())
    assert found or model == "EmptyObject", "an empty list proves nothing"
    sample = response.json()[0] if model.startswith("[") else response.json()
    known = {field.alias or name for name, field in kind.model_fields.items()}
    assert set(sample) - {"status"} <= known, "GitHub publishes no such field"


def test_every_endpoint_has_a_published_model() -> None:
    assert sorted(EXCHANGES) == sorted(endpoint.name for endpoint in ENDPOINTS)


@pytest.mark.parametrize("name", list(EXCHANGES))
def test_an_answer_has_the_shape_that_github_publishes(name: str, world: World, models: ModuleType) -> None:
    response = EXCHANGES[name].ask(world)

    assert response.is_success, response.text
    validate(models, EXCHANGES[name].model, response)


REFUSALS: dict[str, tuple[int, str, Callable[[World], httpx.Response]]] = {
    "a missing issue": (404, "BasicError", lambda world: world.send("GET", f"{BASE}/issues/99")),
    "no title": (422, "BasicError", lambda world: world.send("POST", f"{BASE}/issues", body="b")),
    "a blank title": (422, "ValidationError", lambda world: world.send("POST", f"{BASE}/issues", title=" ")),
    "a label twice": (422, "ValidationError", lambda world: world.send("POST", f"{BASE}/labels", name="BUG")),
    "a hook to nowhere": (422, "ValidationError", lambda world: world.send("POST", f"{BASE}/hooks", config={})),
    "no such route": (404, "BasicError", lambda world: world.send("GET", f"{BASE}/wormholes")),
}


@pytest.mark.parametrize("name", list(REFUSALS))
def test_a_refusal_has_the_shape_that_github_publishes(name: str, world: World, models: ModuleType) -> None:
    status, model, ask = REFUSALS[name]

    response = ask(world)

    assert response.status_code == status
    validate(models, model, response)
    assert response.json()["documentation_url"]


def hook_model(what: str) -> str:
    return "Webhook" + "".join(word.capitalize() for word in what.replace(".", "_").split("_"))


def everything_about_a_pull_request(world: World) -> None:
    hub, number = world.hub, world.pull()
    repository, ada = hub.repositories.named(REPO), hub.people.named("ada")
    hub.edit_issue(REPO, number, "ada", title="Renamed", labels=("bug",), assignees=("ada",))
    hub.set_draft(REPO, number, "ada", draft=True)
    hub.set_draft(REPO, number, "ada", draft=False)
    git = hub.pulls.git(repository)
    git.move("work", git.commit(git.heads()["work"], "more", "more", "More", ada))
    hub.pulls.look(repository, ada)
    hub.edit_pull(REPO, number, "ada", state="closed")
    hub.edit_pull(REPO, number, "ada", state="open")
    hub.merge_pull(REPO, number, "ada")


def everything_about_an_installation(world: World) -> None:
    """It was made with the world."""
    app, other = world.hub.apps.named("planner"), world.hub.create_repository("acme/other")
    world.hub.apps.suspend(world.hub.apps.install(app, other.owner, [other]))


def test_every_webhook_has_the_shape_that_github_publishes(world: World, models: ModuleType) -> None:
    hub, site = world.hub, world.hub.repository(REPO)
    hub.create_issue(REPO, "ada", "Fresh", labels=("bug",), assignees=("wes",), parent_issue_id=world.parent)
    hub.edit_issue(REPO, 3, "ada", title="Renamed", body="New", labels=("bug",), assignees=("ada",))
    hub.edit_issue(REPO, 3, "ada", labels=(), assignees=())
    hub.close_issue(REPO, 3, "ada", "not_planned")
    hub.reopen_issue(REPO, 3, "ada")
    comment = hub.comment(REPO, 3, "bob", "One")
    hub.edit_comment(REPO, comment.id, "bob", "Two")
    hub.delete_comment(REPO, comment.id, "bob")
    hub.sub_issues.remove(site.issue(1), world.child, hub.people.named("ada"))
    hub.dependencies.remove(site.issue(3), world.child, hub.people.named("ada"))
    hub.add_blocked_by(REPO, 3, "ada", world.parent)
    world.send("POST", f"{BASE}/labels", name="brand new")
    world.send("PATCH", f"{BASE}/labels/brand%20new", color="123456", new_name="newer")
    world.send("DELETE", f"{BASE}/labels/newer")
    world.send("POST", f"{BASE}/hooks/{world.hook}/pings")
    hub.delete_issue(REPO, 3, "ada")
    hub.put_file(REPO, "plans/site.md", "# Changed\n")
    run = start_run(hub, "phase.yml")
    hub.runs.wait(run)
    hub.runs.begin(run)
    hub.runs.rerun(hub.runs.complete(run, "failure"), hub.people.named("ada"))
    hub.statuses.create(site.value, hub.people.named("ada"), site.value.head, "failure", context="lint")
    everything_about_a_pull_request(world)
    everything_about_an_installation(world)
    hub.drain_deliveries()

    for received in world.receiver.received:
        getattr(models, hook_model(received.what)).model_validate(received.payload)
    assert set(world.receiver.events) == {
        *(f"issues.{what}" for what in ("opened", "edited", "closed", "reopened", "deleted")),
        *(f"issues.{what}" for what in ("labeled", "unlabeled", "assigned", "unassigned")),
        *(f"pull_request.{what}" for what in ("opened", "edited", "closed", "reopened", "synchronize")),
        *(f"pull_request.{what}" for what in ("ready_for_review", "converted_to_draft", "labeled", "assigned")),
        *("installation.created", "installation_repositories.added", "installation.suspend"),
        *(f"issue_comment.{what}" for what in ("created", "edited", "deleted")),
        *(f"sub_issues.{side}_issue_{what}" for side in ("sub", "parent") for what in ("added", "removed")),
        *(f"issue_dependencies.{side}_{what}" for side in ("blocked_by", "blocking") for what in ("added", "removed")),
        *(f"label.{what}" for what in ("created", "edited", "deleted")),
        *(f"workflow_run.{what}" for what in ("requested", "in_progress", "completed")),
        *(f"workflow_job.{what}" for what in ("queued", "waiting", "in_progress", "completed")),
        *(f"check_run.{what}" for what in ("created", "completed")),
        "check_suite.completed",
        "status",
        "ping",
        "push",
    }
