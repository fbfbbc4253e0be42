"""The client itself. Synchronous; threads may share it. Use it as a context."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any, Self, TypeVar

import httpx

from bot.client.errors import refuse
from bot.web.api.shapes import (
    AttemptShape,
    EventShape,
    JobShape,
    LogPart,
    MeShape,
    PhaseDetail,
    PlanDetail,
    PlanSummary,
    PreviewShape,
    PreviewSummary,
    ProjectShape,
    QueueItem,
    Requested,
    Shape,
    ToolShape,
)
from services.domain.errors import RemoteUnavailable

TIMEOUT = 30.0
PAGE = 200
NEWEST = 2**53
_TRIES = 3
"""For requests that may be sent again: those that only ask, and those with an idempotency key."""

S = TypeVar("S", bound=Shape)


class Client:
    """`url` is where the server is, `token` an API token of it.

    Raises ApiError (also a NotFound or NotAllowed) for what the server refuses, RemoteUnavailable if it cannot be reached,
    TransientError if it asks to come back later.
    """

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"}
        try:
            self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout)
        except (httpx.InvalidURL, ValueError) as error:
            raise RemoteUnavailable(f"this is no address of a server: {error}", where=url) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # ------------------------------------------------------------ plans

    def plans(self, *, project: str | None = None) -> Iterator[PlanSummary]:
        """The newest first, page by page as they are wanted."""
        return self._pages("/api/plans", "plans", PlanSummary, project=project)

    def plan(self, id: str) -> PlanDetail:
        return self._get(f"/api/plans/{id}", PlanDetail)

    def upload(
        self, plan: str | bytes, *, name: str = "plan.md", policy: str | bytes | None = None, **options: Any
    ) -> PlanDetail:
        """Hand a Markdown plan in. Options: project, start, single, again."""
        answer = self._post("/api/plans", files=_files(plan, name, policy), params=_said(options))
        return PlanDetail.model_validate(answer["plan"])

    def preview(
        self, plan: str | bytes, *, name: str = "plan.md", policy: str | bytes | None = None, **options: Any
    ) -> PreviewShape:
        """Hand a Markdown plan in to see what it would become. Options: project, amends (the id of a plan)."""
        (found,) = self._post("/api/preview", files=_files(plan, name, policy), params=_said(options))["previews"]
        return PreviewShape.model_validate(found)

    def show_preview(self, id: str) -> PreviewShape:
        return self._get(f"/api/preview/{id}", PreviewShape)

    def previews(self) -> Iterator[PreviewSummary]:
        """Those that wait to be confirmed, the newest first."""
        return self._pages("/api/preview", "previews", PreviewSummary)

    def confirm(self, preview: str, *, again: bool | None = None) -> Requested:
        """Publish it. `again`: as a new plan, even if the document is one already."""
        return Requested.model_validate(self._post(f"/api/confirm/{preview}", params=_said({"again": again})))

    def drop_preview(self, id: str) -> None:
        self._send("DELETE", f"/api/preview/{id}")

    def order_plan(self, id: str, verb: str, *, version: int | None = None) -> PlanDetail:
        """`version`: the one that was looked at; an ApiError `stale_version` if the plan has moved on since."""
        return PlanDetail.model_validate(self._post(f"/api/plans/{id}/{verb}", json=_said({"version": version})))

    def prioritize(self, target: str, priority: int) -> None:
        """`target` is a phase by its queue id, or a plan. 0 is first, 100 last."""
        kind = "phases" if "." in target else "plans"
        self._post(f"/api/{kind}/{target}/priority", json={"priority": priority})

    def projects(self) -> list[ProjectShape]:
        """Those that the token opens, by name."""
        return list(self._pages("/api/projects", "projects", ProjectShape))

    def me(self) -> MeShape:
        """Whom the token stands for."""
        return self._get("/api/me", MeShape)

    # ------------------------------------------------------------ phases

    def queue(
        self, *, project: str | None = None, status: str | None = None, parent_issue: int | None = None
    ) -> Iterator[QueueItem]:
        """The oldest plan first, each plan in its order."""
        if parent_issue is not None:
            found = self._ask(f"/api/queue/{parent_issue}", project=project)["phases"]
            shown = (QueueItem.model_validate(one) for one in found)
            return (one for one in shown if status is None or one.status == status)
        return self._pages("/api/queue", "phases", QueueItem, project=project, status=status)

    def phase(self, queue_id: str) -> PhaseDetail:
        return self._get(f"/api/phases/{queue_id}", PhaseDetail)

    def order_phase(
        self, queue_id: str, verb: str, *, why: str = "", how: str = "", version: int | None = None
    ) -> PhaseDetail:
        """`why` is for `reject`, `how` for `retry`; `version` as for plans."""
        body = _said({"why": why or None, "how": how or None, "version": version})
        return PhaseDetail.model_validate(self._post(f"/api/phases/{queue_id}/{verb}", json=body))

    def attempts(self, queue_id: str) -> list[AttemptShape]:
        found = self._ask(f"/api/phases/{queue_id}/attempts")["attempts"]
        return [AttemptShape.model_validate(one) for one in found]

    def log(self, queue_id: str, attempt: int, *, offset: int | None = None) -> LogPart:
        """The end of an attempt's output; with `offset` what follows that byte."""
        return LogPart.model_validate(self._ask(f"/api/phases/{queue_id}/attempts/{attempt}/log", offset=offset))

    # ------------------------------------------------------------ tools

    def tools(self) -> list[ToolShape]:
        """By name."""
        return [ToolShape.model_validate(one) for one in self._ask("/api/tools")["tools"]]

    def execute(self, tool: str, arguments: dict[str, Any], **options: Any) -> JobShape:
        """Have a tool run that the operator exposes; it goes on while this returns. Options: project, timeout (in seconds),
        why."""
        wanted = _said({"arguments": arguments, **options})
        return JobShape.model_validate(self._post(f"/api/tools/{tool}/execute", json=wanted))

    def jobs(self, *, project: str | None = None, tool: str | None = None) -> Iterator[JobShape]:
        """The newest first."""
        return self._pages("/api/jobs", "jobs", JobShape, project=project, tool=tool)

    def job(self, id: str, *, wait: int = 0) -> JobShape:
        """`wait`: so many seconds for its end, if it has not come yet."""
        return self._get(f"/api/jobs/{id}", JobShape, wait=wait or None)

    def job_log(self, id: str, *, offset: int | None = None) -> LogPart:
        """The end of its output; with `offset` what follows that byte."""
        return self._get(f"/api/jobs/{id}/log", LogPart, offset=offset)

    def cancel_job(self, id: str, *, why: str = "") -> JobShape:
        return JobShape.model_validate(self._post(f"/api/jobs/{id}/cancel", json={"why": why}))

    # ------------------------------------------------------------ what happens

    def events(self, *, after: int = 0, **filters: Any) -> Iterator[EventShape]:
        """The audit trail, oldest line first. Filters: plan, project, phase, job, kind, by, since, until."""
        while page := self._ask("/api/events", after=after, limit=PAGE, **filters)["events"]:
            yield from (EventShape.model_validate(one) for one in page)
            after = page[-1]["seq"]

    def newest_events(self, limit: int, **filters: Any) -> list[EventShape]:
        """The end of the audit trail, newest line first. Filters as above."""
        found = self._ask("/api/events", before=NEWEST, limit=limit, **filters)["events"]
        return [EventShape.model_validate(one) for one in found]

    def changes(self, after: int | None = None) -> dict[str, Any]:
        """What has changed since `after`: `changes` of plans, `jobs`, `seq` to go on from, and `is_reset`."""
        found: dict[str, Any] = self._ask("/api/changes", after=after)
        return found

    def follow(self, after: int | None = None, *, stop: threading.Event | None = None) -> Iterator[dict[str, Any]]:
        """Messages of the live socket as they come, until `stop` is set; after a lost connection it goes on where it was."""
        from bot.client.live import follow

        return follow(self.url, self._http.headers["authorization"], after, stop or threading.Event())

    # ------------------------------------------------------------ inside

    def _get(self, path: str, shape: type[S], **query: Any) -> S:
        return shape.model_validate(self._ask(path, **query))

    def _pages(self, path: str, of: str, shape: type[S], **query: Any) -> Iterator[S]:
        cursor: str | None = None
        while True:
            page = self._ask(path, cursor=cursor, limit=PAGE, **query)
            yield from (shape.model_validate(one) for one in page[of])
            cursor = page["next"]
            if cursor is None:
                return

    def _ask(self, path: str, **query: Any) -> Any:
        return self._send("GET", path, params=_said(query))

    def _post(self, path: str, **what: Any) -> Any:
        """With a key, so that it is done once even if it has to be sent again."""
        return self._send("POST", path, headers={"Idempotency-Key": uuid.uuid4().hex}, **what)

    def _send(self, method: str, path: str, **what: Any) -> Any:
        for left in reversed(range(_TRIES)):
            try:
                answer = self._http.request(method, path, **what)
            except httpx.TransportError as error:
                if left:
                    continue
                why = str(error) or type(error).__name__
                raise RemoteUnavailable(
                    f"the server cannot be reached: {why}",
                    where=self.url,
                    fix="Check that `phasebot serve` runs there.",
                ) from None
            if not answer.is_success:
                refuse(answer)
            return answer.json() if answer.content else None
        raise AssertionError("unreachable")


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _files(plan: str | bytes, name: str, policy: str | bytes | None) -> dict[str, tuple[str, str | bytes]]:
    return {"plan": (name, plan)} | ({"policy": ("phasebot.yml", policy)} if policy is not None else {})
