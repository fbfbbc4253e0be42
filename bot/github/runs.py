"""Actions as we use them: workflows are started, their runs looked at, cancelled and run again; the checks of a commit.

https://docs.github.com/en/rest/actions/workflow-runs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, model_validator

from bot.github.answers import RemoteRun
from bot.github.errors import Unprocessable
from bot.github.features import Feature, Features
from bot.github.session import Sessions
from bot.github.wire import PER_PAGE
from bot.lately import Lately
from services.domain.errors import NotFound, TransientError
from services.execution.workflow_runs import Check, Run
from services.ports import Clock

_LOOKED_AT = "50"
"""How many of the newest runs are looked through for one of ours. It has just been started, or it is not there."""

BRANCH_KNOWN = timedelta(minutes=1)
"""How long a default branch is taken for the one that it was. Webhooks name it, so that a run that follows one is started
with a single request."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _nothing(cls, given: Any) -> Any:
        """Many of these answers have no body at all."""
        return {} if given is None else given


class _Started(_Answer):
    workflow_run_id: int | None = None


class _Runs(_Answer):
    workflow_runs: tuple[RemoteRun, ...] = ()


class _Check(_Answer):
    id: int = 0
    name: str
    status: str
    conclusion: str | None = None
    details_url: str | None = None


class _Checks(_Answer):
    total_count: int = 0
    check_runs: tuple[_Check, ...] = ()

    @property
    def named(self) -> list[object]:
        return [one.id for one in self.check_runs]


class _Status(_Answer):
    context: str
    state: str
    target_url: str | None = None


class _Statuses(_Answer):
    total_count: int = 0
    statuses: tuple[_Status, ...] = ()

    @property
    def named(self) -> list[object]:
        return [one.context for one in self.statuses]


Listed = TypeVar("Listed", _Checks, _Statuses)


class _Repository(_Answer):
    default_branch: str


class ActionsApi:
    """Every method raises what `bot.github.errors` names. To start or end a run creates no content: it waits for no turn."""

    def __init__(self, sessions: Sessions, features: Features, clock: Clock) -> None:
        self._sessions = sessions
        self._features = features
        self._clock = clock
        self._branches: Lately[str] = Lately(BRANCH_KNOWN)

    def start(self, project: str, workflow: str, ref: str, inputs: Mapping[str, str]) -> int | None:
        """The id of the run, or None where the server does not tell: then it has to be found by its title. Without a `ref` it
        runs on the default branch."""
        path = f"/repos/{project}/actions/workflows/{quote(workflow, safe='')}/dispatches"
        known = ref or self._branches.get(project, self._clock.now())
        branch = known or self._default_branch(project)
        try:
            return self._started(project, path, {"ref": branch, "inputs": dict(inputs)})
        except Unprocessable:  # it may be another one since
            if ref or not known or (branch := self._default_branch(project)) == known:
                raise
        return self._started(project, path, {"ref": branch, "inputs": dict(inputs)})

    def _started(self, project: str, path: str, body: Mapping[str, object]) -> int | None:
        if self._features.lacks(Feature.RUN_DETAILS, project):
            return self._asked(path, body)
        try:
            return self._asked(path, {**body, "return_run_details": True})
        except Unprocessable:  # older servers refuse the field; anything else they refuse again
            started = self._asked(path, body)
            self._features.learn(Feature.RUN_DETAILS, project)
            return started

    def _asked(self, path: str, body: Mapping[str, object]) -> int | None:
        return self._sessions.one(_Started, "POST", path, body, in_turn=False).workflow_run_id

    def learn_branch(self, project: str, branch: str) -> None:
        """What the default branch is at this moment."""
        self._branches.put(project, branch, self._clock.now())

    def _default_branch(self, project: str) -> str:
        branch = self._sessions.one(_Repository, "GET", f"/repos/{project}").default_branch
        self.learn_branch(project, branch)
        return branch

    def find(self, project: str, workflow: str, title: str, since: datetime) -> Run | None:
        """The newest run whose title has this in it, not older than `since`."""
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        asked = f"event=workflow_dispatch&per_page={_LOOKED_AT}&created={quote(f'>={moment}')}"
        path = f"/repos/{project}/actions/workflows/{quote(workflow, safe='')}/runs?{asked}"
        found = self._sessions.one(_Runs, "GET", path).workflow_runs
        return next((one.value() for one in found if title in one.display_title.split()), None)

    def get(self, project: str, id: int) -> Run:
        return self._sessions.one(RemoteRun, "GET", _run(project, id)).value()

    def cancel(self, project: str, id: int, *, force: bool = False) -> None:
        """Raises TransientError for one that is over."""
        self._sessions.one(
            _Answer, "POST", f"{_run(project, id)}/{'force-cancel' if force else 'cancel'}", in_turn=False
        )

    def rerun_failed(self, project: str, id: int) -> None:
        self._sessions.one(_Answer, "POST", f"{_run(project, id)}/rerun-failed-jobs", in_turn=False)

    def checks(self, project: str, sha: str) -> list[Check]:
        """Check runs and commit statuses alike. Servers without one of them have none of those."""
        commit = f"/repos/{project}/commits/{sha}"
        found = [
            Check(one.name, one.status, one.conclusion, one.details_url or "")
            for page in self._pages(_Checks, f"{commit}/check-runs")
            for one in page.check_runs
        ]
        pages = self._pages(_Statuses, f"{commit}/status")
        return [*found, *(_as_check(one) for page in pages for one in page.statuses)]

    def _pages(self, shape: type[Listed], path: str) -> Iterator[Listed]:
        """All of a list that is wrapped: a check that was not read could be the one that has failed.

        Raises TransientError where it has changed between two pages, so that one may have slipped through."""
        number, seen, total, named = 1, 0, 1, set[object]()
        while seen < total:
            try:
                page = self._sessions.one(shape, "GET", f"{path}?per_page={PER_PAGE}&page={number}")
            except NotFound:
                return
            yield page
            named.update(page.named)
            number, seen, total = number + 1, seen + PER_PAGE, page.total_count
        if len(named) < total:
            raise TransientError("the checks of the commit changed while they were read", retry_after=1)


def _as_check(status: _Status) -> Check:
    if status.state == "pending":
        return Check(status.context, "in_progress", None, status.target_url or "")
    conclusion = "success" if status.state == "success" else "failure"
    return Check(status.context, "completed", conclusion, status.target_url or "")


def _run(project: str, id: int) -> str:
    return f"/repos/{project}/actions/runs/{id}"
