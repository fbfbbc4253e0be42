"""The events of Actions and of checks: what they say of a run, or of a commit, that an attempt of ours waits for."""

from __future__ import annotations

from collections.abc import Sequence

from bot.github.answers import RemoteRun
from bot.github.events.payloads import Id, Payload, Repository
from bot.github.events.sources import Sources
from services.domain.messages import Message
from services.execution.workflow_runs import Run, news_of

BY_US = "workflow_dispatch"
"""Only runs that were started like this are ours: a title proves nothing where people choose it, as with pull requests."""


class RunEvent(Payload):
    """`workflow_run`, as far as it is read."""

    workflow_run: RemoteRun
    repository: Repository


def read_run(body: bytes, sources: Sources) -> Sequence[Message]:
    event = RunEvent.model_validate_json(body)
    run, path = event.workflow_run, event.workflow_run.path if event.workflow_run.event == BY_US else ""
    of = sources.runs.carried_by(event.repository.full_name, run.value(), path=path)
    if of and event.repository.default_branch:  # where the run that follows this one is started
        sources.github.actions.learn_branch(event.repository.full_name, event.repository.default_branch)
    return news_of(run.value(), of, sources.now(), sources.runs.patience) if of else ()


class _Job(Payload):
    run_id: Id
    run_attempt: Id = 1
    status: str


class JobEvent(Payload):
    """`workflow_job`, as far as it is read."""

    workflow_job: _Job
    repository: Repository


def read_job(body: bytes, sources: Sources) -> Sequence[Message]:
    """A job that waits for an approval holds its run up; one that runs, or has run, says that the run has begun."""
    event = JobEvent.model_validate_json(body)
    job = event.workflow_job
    status = "in_progress" if job.status == "completed" else job.status
    known = Run(job.run_id, job.run_attempt, status, None, "", "")
    of = sources.runs.carried_by(event.repository.full_name, known)
    return news_of(known, of, sources.now(), sources.runs.patience) if of else ()


class _Checked(Payload):
    head_sha: str


class CheckEvent(Payload):
    """`check_run`, `check_suite` or `status`, as far as it is read."""

    check_run: _Checked | None = None
    check_suite: _Checked | None = None
    sha: str = ""
    repository: Repository

    @property
    def commit(self) -> str:
        checked = self.check_run or self.check_suite
        return checked.head_sha if checked else self.sha


def read_check(body: bytes, sources: Sources) -> Sequence[Message]:
    """One check says little about a commit that has several: all of them are asked for, if anybody waits for them."""
    event = CheckEvent.model_validate_json(body)
    waiting = sources.runs.watched(event.repository.full_name, event.commit) if event.commit else []
    return [message for of in waiting for message in sources.runs.look_at(of)]
