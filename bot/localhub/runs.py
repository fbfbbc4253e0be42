"""Runs of workflows: started through the API, carried on by whoever plays the runner, with the webhooks of GitHub Actions.

Nothing is executed. `begin`, `wait` and `complete` are what a runner would do; a test, or a person, says what happens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from bot.localhub.database import Row, moment, moment_or_none, stamp
from bot.localhub.files import Files
from bot.localhub.ground import Ground
from bot.localhub.problems import Refused, not_found, unprocessable
from bot.localhub.run_news import RunNews
from bot.localhub.run_values import UNFINISHED, Job, Run, Step, Workflow
from bot.localhub.values import Repository, Role, StoredFile, User
from bot.localhub.workflows import FOLDER, check_inputs, read_workflow, title_of

_SELECT = "SELECT r.*, p.full_name FROM runs r JOIN repositories p ON p.id = r.repository_id"
_STEPS = ("Set up job", "Run", "Complete job")
RERUNS = 50


class Runs:
    """Workflows of a repository, and their runs."""

    def __init__(self, ground: Ground, files: Files) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._people = ground.people
        self._repositories = ground.repositories
        self._files = files
        self._news = RunNews(ground.news)

    # ------------------------------------------------------------ workflows

    def workflows(self, repository: Repository) -> list[Workflow]:
        try:
            found = self._files.read(repository, FOLDER)
        except Refused:
            return []
        files = [one for one in found if one.content is not None] if isinstance(found, list) else []
        return [_workflow(repository, one) for one in files if one.path.endswith((".yml", ".yaml"))]

    def workflow(self, repository: Repository, name: str) -> Workflow:
        """By its id, or by the name of its file; 404 if there is none."""
        found = [one for one in self.workflows(repository) if name in (str(one.id), one.path.rpartition("/")[2])]
        if not found:
            raise not_found()
        return found[0]

    # ------------------------------------------------------------ starting

    def dispatch(
        self, repository: Repository, actor: User, name: str, *, ref: str, inputs: Mapping[str, object]
    ) -> Run:
        """https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event"""
        self._repositories.demand(repository, actor, Role.WRITE)
        workflow = self.workflow(repository, name)
        if ref.removeprefix("refs/heads/") != repository.default_branch:
            raise unprocessable(f"No ref found for: {ref}")
        if not workflow.is_dispatchable:
            raise unprocessable("Workflow does not have 'workflow_dispatch' trigger")
        return self._create(repository, actor, workflow, check_inputs(workflow, inputs))

    def _create(self, repository: Repository, actor: User, workflow: Workflow, inputs: Mapping[str, str]) -> Run:
        now = stamp(self._clock())
        with self._db.transaction():
            number = self._db.value(
                "SELECT count(*) + 1 FROM runs WHERE repository_id = ? AND path = ?", repository.id, workflow.path
            )
            run_id = self._db.insert(
                "runs",
                repository_id=repository.id,
                path=workflow.path,
                name=workflow.name,
                title=title_of(workflow, inputs),
                event="workflow_dispatch",
                number=number,
                inputs=json.dumps(dict(inputs)),
                actor_id=actor.id,
                sha=repository.head,
                branch=repository.default_branch,
                created_at=now,
                started_at=now,
                updated_at=now,
            )
            self._add_jobs(run_id, 1, workflow.jobs)
            run = self.get(repository, run_id)
            self._news.about_run("requested", run)
            self._tell_jobs("queued", run)
            return run

    def _add_jobs(self, run_id: int, attempt: int, names: tuple[str, ...]) -> None:
        now, steps = stamp(self._clock()), [asdict(Step(name, place)) for place, name in enumerate(_STEPS, 1)]
        for name in names:
            self._db.insert(
                "jobs",
                run_id=run_id,
                attempt=attempt,
                name=name,
                steps=json.dumps(steps),
                created_at=now,
                started_at=now,
            )

    # ------------------------------------------------------------ the runner's part

    def begin(self, run: Run) -> Run:
        """A runner has taken it."""
        return self._move(run, "in_progress", jobs="in_progress")

    def wait(self, run: Run) -> Run:
        """It waits until somebody approves its deployment to an environment."""
        return self._move(run, "waiting", jobs="waiting")

    def complete(self, run: Run, conclusion: str = "success", *, jobs: Mapping[str, str] | None = None) -> Run:
        """It has ended; `jobs` may say how single ones did."""
        with self._db.transaction():
            for job in self.jobs(self._now(run)):
                if job.status != "completed":
                    self._finish_job(job, (jobs or {}).get(job.name, conclusion))
            ended = self._move(run, "completed", conclusion)
            self._news.suite(ended, len(self.jobs(ended)))
            return ended

    def _finish_job(self, job: Job, conclusion: str) -> None:
        steps = [
            Step(one.name, one.number, "completed", conclusion if one.number == 2 else "success") for one in job.steps
        ]
        self._db.update(
            "jobs",
            job.id,
            status="completed",
            conclusion=conclusion,
            steps=json.dumps([asdict(one) for one in steps]),
            completed_at=stamp(self._clock()),
        )
        self._news.job("completed", self.job(job.id))
        self._news.check("completed", self.job(job.id))

    def _move(self, run: Run, status: str, conclusion: str | None = None, *, jobs: str = "") -> Run:
        with self._db.transaction():
            self._db.update("runs", run.id, status=status, conclusion=conclusion, updated_at=stamp(self._clock()))
            moved = self._now(run)
            if jobs:
                self._db.run("UPDATE jobs SET status = ? WHERE run_id = ? AND attempt = ?", jobs, run.id, moved.attempt)
                self._tell_jobs(jobs, moved)
            if status != "waiting":  # GitHub tells that of the jobs alone
                self._news.about_run(status, moved)
            return moved

    def _tell_jobs(self, action: str, run: Run) -> None:
        for job in self.jobs(run):
            self._news.job(action, job)
            if action == "queued":
                self._news.check("created", job)

    # ------------------------------------------------------------ acts of people

    def cancel(self, run: Run, actor: User, *, force: bool = False) -> Run:
        """It ends when the runner says so; by force it has ended now. 409 if it is over."""
        self._demand(run, actor)
        if run.is_over:
            raise Refused(409, "Cannot cancel a workflow run that is completed.")
        return self.complete(run, "cancelled") if force or run.status != "in_progress" else self._ask_to_cancel(run)

    def _ask_to_cancel(self, run: Run) -> Run:
        """Its runner is told, and finishes what must be finished."""
        self._db.update("runs", run.id, updated_at=stamp(self._clock()))
        self.cancelling.add(run.id)
        return self._now(run)

    @property
    def cancelling(self) -> set[int]:
        """Runs that somebody asked to end and whose runner has not said so yet."""
        return self._news.cancelling

    def rerun(self, run: Run, actor: User, *, only_failed: bool = False) -> Run:
        """The same run, its next attempt. 403 while it is going on, and after too many."""
        self._demand(run, actor)
        if not run.is_over:
            raise Refused(403, "This workflow is already running")
        if run.attempt > RERUNS:
            raise Refused(403, f"This workflow run cannot be re-run more than {RERUNS} times")
        again = [one.name for one in self.jobs(run) if not only_failed or one.conclusion not in ("success", "skipped")]
        now = stamp(self._clock())
        with self._db.transaction():
            moved = {"status": "queued", "conclusion": None, "attempt": run.attempt + 1, "started_at": now}
            self._db.update("runs", run.id, **moved, updated_at=now)
            self._add_jobs(run.id, run.attempt + 1, tuple(again))
            again_run = self._now(run)
            self._tell_jobs("queued", again_run)  # `requested` is not sent for a re-run
            return again_run

    def _demand(self, run: Run, actor: User) -> None:
        self._repositories.demand(self._repositories.get(run.repository_id), actor, Role.WRITE)

    # ------------------------------------------------------------ reading

    def all(self, repository: Repository, path: str | None = None) -> list[Run]:
        """The newest first."""
        rows = self._db.rows(f"{_SELECT} WHERE r.repository_id = ? ORDER BY r.id DESC", repository.id)
        return [self._run(row) for row in rows if path is None or row["path"] == path]

    def get(self, repository: Repository, run_id: int) -> Run:
        return self._run(self._db.one(f"{_SELECT} WHERE r.id = ? AND r.repository_id = ?", run_id, repository.id))

    def _now(self, run: Run) -> Run:
        return self._run(self._db.one(f"{_SELECT} WHERE r.id = ?", run.id))

    def jobs(self, run: Run, *, every_attempt: bool = False) -> list[Job]:
        """Those of the newest attempt, or of all."""
        rows = self._db.rows("SELECT * FROM jobs WHERE run_id = ? ORDER BY id", run.id)
        return [_job(row, run) for row in rows if every_attempt or row["attempt"] == run.attempt]

    def job(self, job_id: int) -> Job:
        row = self._db.one("SELECT * FROM jobs WHERE id = ?", job_id)
        return _job(row, self._run(self._db.one(f"{_SELECT} WHERE r.id = ?", row["run_id"])))

    def checks(self, repository: Repository, sha: str) -> list[Job]:
        """The check runs of a commit: the newest of each name."""
        runs = [run for run in self.all(repository) if run.sha == sha]
        newest = {(run.id, job.name): job for run in runs for job in self.jobs(run, every_attempt=True)}
        return list(newest.values())

    def unfinished(self, repository: Repository) -> list[Run]:
        return [run for run in self.all(repository) if run.status in UNFINISHED]

    def _run(self, row: Row) -> Run:
        return Run(
            id=row["id"],
            repository_id=row["repository_id"],
            repository=row["full_name"],
            path=row["path"],
            name=row["name"],
            title=row["title"],
            event=row["event"],
            number=row["number"],
            attempt=row["attempt"],
            status=row["status"],
            conclusion=row["conclusion"],
            inputs=json.loads(row["inputs"]),
            actor=self._people.get(row["actor_id"]),
            sha=row["sha"],
            branch=row["branch"],
            created_at=moment(row["created_at"]),
            started_at=moment(row["started_at"]),
            updated_at=moment(row["updated_at"]),
        )


def _workflow(repository: Repository, file: StoredFile) -> Workflow:
    return read_workflow(file.path, file.content or b"", repository.created_at)


def _job(row: Row, run: Run) -> Job:
    return Job(
        id=row["id"],
        of_run=run,
        attempt=row["attempt"],
        name=row["name"],
        status=row["status"],
        conclusion=row["conclusion"],
        steps=tuple(Step(**one) for one in json.loads(row["steps"])),
        created_at=moment(row["created_at"]),
        started_at=moment(row["started_at"]),
        completed_at=moment_or_none(row["completed_at"]),
    )
