"""localhub plays Actions: workflows are started, their runs live and end, and are run again, as on GitHub."""

from __future__ import annotations

import jwt
import pytest
from github.Repository import Repository

from bot.localhub import Hub
from bot.localhub.problems import Refused

from .conftest import REPO, Clients
from .receiver import Receiver
from .runs import start_run

WORKFLOW = """
name: Phase
run-name: "phasebot ${{ inputs.correlation_id }}"
on:
  workflow_dispatch:
    inputs:
      correlation_id: {required: true}
      fence: {default: 1}
jobs:
  build: {}
  test: {name: Tests}
"""


@pytest.fixture(autouse=True)
def workflow(hub: Hub) -> None:
    hub.put_file(REPO, ".github/workflows/phase.yml", WORKFLOW)
    hub.put_file(REPO, ".github/workflows/push.yml", "name: Push\non: [push]\njobs: {a: {}}\n")


def test_a_run_is_named_by_what_it_was_given(hub: Hub) -> None:
    run = start_run(hub, "phase.yml", {"correlation_id": "plan-7"})

    assert (run.title, run.status, run.attempt) == ("phasebot plan-7", "queued", 1)
    assert run.inputs == {"correlation_id": "plan-7", "fence": "1"}
    assert [job.name for job in hub.runs.jobs(run)] == ["build", "Tests"]


@pytest.mark.parametrize(
    ("name", "inputs", "ref", "status", "words"),
    [
        ("none.yml", {}, "main", 404, "Not Found"),
        ("push.yml", {}, "main", 422, "workflow_dispatch"),
        ("phase.yml", {}, "main", 422, "Required input 'correlation_id' not provided"),
        ("phase.yml", {"correlation_id": "a", "more": 1}, "main", 422, "Unexpected inputs"),
        ("phase.yml", {f"i{n}": n for n in range(26)}, "main", 422, "up to 25"),
        ("phase.yml", {"correlation_id": "a"}, "nowhere", 422, "No ref found"),
    ],
)
def test_what_cannot_be_started_is_refused(
    hub: Hub, name: str, inputs: dict[str, object], ref: str, status: int, words: str
) -> None:
    repository, ada = hub.repositories.named(REPO), hub.people.named("ada")

    with pytest.raises(Refused, match=words) as refused:
        hub.runs.dispatch(repository, ada, name, ref=ref, inputs=inputs)

    assert refused.value.status == status


def test_only_who_may_write_may_start(hub: Hub) -> None:
    with pytest.raises(Refused) as refused:
        start_run(hub, "phase.yml", {"correlation_id": "a"}, login="tia")

    assert refused.value.status == 403


def test_a_client_starts_follows_and_repeats_a_run(hub: Hub, repo: Repository) -> None:
    started = repo.get_workflow("phase.yml").create_dispatch(
        "main", {"correlation_id": "c-1"}, throw=True, return_run_details=True
    )
    assert started
    [run] = hub.repository(REPO).runs
    hub.runs.begin(run)
    hub.runs.complete(run, "failure", jobs={"build": "success"})

    seen = repo.get_workflow_run(run.id)
    assert (seen.status, seen.conclusion, seen.display_title) == ("completed", "failure", "phasebot c-1")
    assert [(job.name, job.conclusion) for job in seen.jobs()] == [("build", "success"), ("Tests", "failure")]

    assert seen.rerun_failed_jobs()
    again = repo.get_workflow_run(run.id)
    assert (again.run_attempt, again.status, [job.name for job in again.jobs()]) == (2, "queued", ["Tests"])
    assert len(list(again.jobs("all"))) == 3


def test_a_run_that_goes_on_ends_when_its_runner_says_so(hub: Hub, repo: Repository) -> None:
    run = hub.runs.begin(start_run(hub, "phase.yml", {"correlation_id": "a"}))

    assert repo.get_workflow_run(run.id).cancel()
    assert (hub.repository(REPO).runs[0].status, hub.runs.cancelling) == ("in_progress", {run.id})

    hub.runs.complete(run, "cancelled")
    assert hub.runs.cancelling == set()
    assert not repo.get_workflow_run(run.id).cancel()


def test_a_run_that_is_queued_is_cancelled_at_once(hub: Hub, repo: Repository) -> None:
    run = start_run(hub, "phase.yml", {"correlation_id": "a"})

    assert repo.get_workflow_run(run.id).cancel()

    assert hub.repository(REPO).runs[0].conclusion == "cancelled"


def test_each_step_of_its_life_is_told(hub: Hub, receiver: Receiver) -> None:
    hub.add_hook(REPO, receiver.url, events=("workflow_run",))
    run = start_run(hub, "phase.yml", {"correlation_id": "a"})
    hub.runs.begin(run)
    hub.runs.complete(run)
    hub.runs.begin(hub.runs.rerun(hub.runs.complete(run), hub.people.named("ada")))
    hub.drain_deliveries()

    told = [(one.payload["action"], one.payload["workflow_run"]["run_attempt"]) for one in receiver.received]
    assert told == [("requested", 1), ("in_progress", 1), ("completed", 1), ("completed", 1), ("in_progress", 2)]


def test_a_job_can_prove_which_run_it_belongs_to(hub: Hub, clients: Clients) -> None:
    run = start_run(hub, "phase.yml", {"correlation_id": "a"})
    token = hub.oidc.token(run, "https://bot.example")
    http = clients.http()
    found = http.get("/_services/token/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(http.get(found["jwks_uri"]).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]

    claims = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience="https://bot.example",
        issuer=found["issuer"],
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},  # the hub's clock stands still
    )

    assert (claims["run_id"], claims["run_attempt"]) == (str(run.id), "1")
    assert claims["job_workflow_ref"] == f"{REPO}/.github/workflows/phase.yml@refs/heads/main"
    assert claims["sub"].startswith("repo:acme@")
