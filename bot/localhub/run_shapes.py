"""How runs, jobs and checks look as JSON: GitHub's shapes."""

from __future__ import annotations

from dataclasses import dataclass

from bot.localhub.database import stamp
from bot.localhub.run_values import Job, Run, Step, Workflow, workflow_id
from bot.localhub.shapes import Json, Shapes, node_id
from bot.localhub.values import Repository

_MINIMAL = ("id", "node_id", "name", "full_name", "owner", "private", "html_url", "description", "fork", "url")


@dataclass(frozen=True, slots=True)
class RunShapes:
    """On the shapes of everything else."""

    shapes: Shapes

    def workflow(self, repository: str, workflow: Workflow) -> Json:
        return self._workflow(repository, workflow.path, workflow.name, stamp(workflow.since))

    def workflow_of(self, run: Run) -> Json:
        return self._workflow(run.repository, run.path, run.name, stamp(run.created_at))

    def _workflow(self, repository: str, path: str, name: str, since: str) -> Json:
        id, page = workflow_id(path), f"{self.shapes.html}/{repository}"
        return {
            "id": id,
            "node_id": node_id("W", id),
            "name": name,
            "path": path,
            "state": "active",
            "created_at": since,
            "updated_at": since,
            "url": f"{self.shapes.repository_url(repository)}/actions/workflows/{id}",
            "html_url": f"{page}/blob/main/{path}",
            "badge_url": f"{page}/workflows/{name}/badge.svg",
        }

    def of_run(self, run: Run, repository: Repository) -> Json:
        url = self.run_url(run)
        before = f"{url}/attempts/{run.attempt - 1}" if run.attempt > 1 else None
        place = self._repository(repository)
        return {
            "id": run.id,
            "name": run.name,
            "node_id": node_id("WFR", run.id),
            "head_branch": run.branch,
            "head_sha": run.sha,
            "path": run.path,
            "display_title": run.title,
            "run_number": run.number,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "workflow_id": run.workflow_id,
            "check_suite_id": run.suite_id,
            "check_suite_node_id": node_id("CS", run.suite_id),
            "url": url,
            "html_url": self.run_page(run),
            "pull_requests": [],
            "created_at": stamp(run.created_at),
            "updated_at": stamp(run.updated_at),
            "actor": self.shapes.user(run.actor),
            "run_attempt": run.attempt,
            "referenced_workflows": [],
            "run_started_at": stamp(run.started_at),
            "triggering_actor": self.shapes.user(run.actor),
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": f"{self.shapes.repository_url(run.repository)}/check-suites/{run.suite_id}",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": before,
            "workflow_url": f"{self.shapes.repository_url(run.repository)}/actions/workflows/{run.workflow_id}",
            "head_commit": self._commit(run),
            "repository": place,
            "head_repository": place,
        }

    def run_url(self, run: Run) -> str:
        return f"{self.shapes.repository_url(run.repository)}/actions/runs/{run.id}"

    def run_page(self, run: Run) -> str:
        return f"{self.shapes.html}/{run.repository}/actions/runs/{run.id}"

    def job(self, job: Job) -> Json:
        run = job.of_run
        return {
            "id": job.id,
            "run_id": run.id,
            "workflow_name": run.name,
            "head_branch": run.branch,
            "run_url": self.run_url(run),
            "run_attempt": job.attempt,
            "node_id": node_id("CR", job.id),
            "head_sha": run.sha,
            "url": f"{self.shapes.repository_url(run.repository)}/actions/jobs/{job.id}",
            "html_url": self._job_page(job),
            "status": job.status,
            "conclusion": job.conclusion,
            "created_at": stamp(job.created_at),
            "started_at": stamp(job.started_at),
            "completed_at": stamp(job.completed_at) if job.completed_at else None,
            "name": job.name,
            "steps": [self._step(one, job) for one in job.steps],
            "check_run_url": self._check_url(job),
            "labels": ["ubuntu-latest"],
            **dict.fromkeys(("runner_id", "runner_name", "runner_group_id", "runner_group_name")),
        }

    def check(self, job: Job) -> Json:
        """The job as a check of its commit."""
        suite, url = job.of_run.suite_id, self._check_url(job)
        return {
            "id": job.id,
            "head_sha": job.of_run.sha,
            "node_id": node_id("CR", job.id),
            "external_id": f"{job.of_run.id}/{job.attempt}/{job.name}",
            "url": url,
            "html_url": self._job_page(job),
            "details_url": self._job_page(job),
            "status": job.status,
            "conclusion": job.conclusion,
            "started_at": stamp(job.started_at),
            "completed_at": stamp(job.completed_at) if job.completed_at else None,
            "output": {
                **dict.fromkeys(("title", "summary", "text")),
                "annotations_count": 0,
                "annotations_url": f"{url}/annotations",
            },
            "name": job.name,
            "check_suite": {"id": suite},
            "app": None,
            "pull_requests": [],
        }

    def suite(self, run: Run, checks: int) -> Json:
        """All checks of a run as one."""
        url = f"{self.shapes.repository_url(run.repository)}/check-suites/{run.suite_id}"
        return {
            "id": run.suite_id,
            "node_id": node_id("CS", run.suite_id),
            "head_branch": run.branch,
            "head_sha": run.sha,
            "status": run.status,
            "conclusion": run.conclusion,
            "url": url,
            "before": None,
            "after": run.sha,
            "pull_requests": [],
            "app": self._actions(),
            "created_at": stamp(run.created_at),
            "updated_at": stamp(run.updated_at),
            "latest_check_runs_count": checks,
            "check_runs_url": f"{url}/check-runs",
            "head_commit": self._commit(run),
        }

    def _actions(self) -> Json:
        """The App that runs workflows."""
        return {
            "id": 15368,
            "slug": "github-actions",
            "node_id": node_id("A", 15368),
            "owner": None,
            "name": "GitHub Actions",
            "description": None,
            "external_url": f"{self.shapes.html}/features/actions",
            "html_url": f"{self.shapes.html}/apps/github-actions",
            "created_at": "2018-07-30T09:30:17Z",
            "updated_at": "2018-07-30T09:30:17Z",
        }

    def _check_url(self, job: Job) -> str:
        return f"{self.shapes.repository_url(job.of_run.repository)}/check-runs/{job.id}"

    def _job_page(self, job: Job) -> str:
        return f"{self.run_page(job.of_run)}/job/{job.id}"

    def _step(self, step: Step, job: Job) -> Json:
        at = stamp(job.started_at)
        ended = stamp(job.completed_at) if job.completed_at else None
        return {
            "name": step.name,
            "status": step.status,
            "conclusion": step.conclusion,
            "number": step.number,
            "started_at": at,
            "completed_at": ended,
        }

    def _commit(self, run: Run) -> Json:
        hand = {"name": run.actor.login, "email": run.actor.email}
        return {
            "id": run.sha,
            "tree_id": run.sha,
            "message": "The newest commit",
            "timestamp": stamp(run.created_at),
            "author": hand,
            "committer": hand,
        }

    def _repository(self, repository: Repository) -> Json:
        full = self.shapes.repository(repository)
        return {key: value for key, value in full.items() if key in _MINIMAL or key.endswith("_url")}
