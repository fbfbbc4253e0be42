"""What happens to runs, told as GitHub tells it: workflow_run, workflow_job, check_run and check_suite."""

from __future__ import annotations

from bot.localhub.news import News
from bot.localhub.run_shapes import RunShapes
from bot.localhub.run_values import Job, Run


class RunNews:
    """Queues webhooks inside the transaction of what they tell of."""

    def __init__(self, news: News) -> None:
        self._news = news
        self.cancelling: set[int] = set()

    def about_run(self, action: str, run: Run) -> None:
        if action == "completed":
            self.cancelling.discard(run.id)
        shapes = self._shapes

        def payload() -> dict[str, object]:
            repository = self._news.repository(run.repository_id)
            return {
                "action": action,
                "workflow_run": shapes.of_run(run, repository),
                "workflow": shapes.workflow_of(run),
            }

        self._news.tell(run.repository_id, "workflow_run", run.actor, payload)

    def job(self, action: str, job: Job) -> None:
        shape = self._shapes.job(job)
        self._news.tell(
            job.of_run.repository_id,
            "workflow_job",
            job.of_run.actor,
            lambda: {"action": action, "workflow_job": shape},
        )

    def check(self, action: str, job: Job) -> None:
        shape = self._shapes.check(job)
        self._news.tell(
            job.of_run.repository_id, "check_run", job.of_run.actor, lambda: {"action": action, "check_run": shape}
        )

    def suite(self, run: Run, checks: int) -> None:
        """All its checks have ended."""
        shape = self._shapes.suite(run, checks)
        told = {"action": "completed", "check_suite": shape}
        self._news.tell(run.repository_id, "check_suite", run.actor, lambda: told)

    @property
    def _shapes(self) -> RunShapes:
        return RunShapes(self._news.shapes)
