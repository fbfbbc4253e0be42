"""The event `push`: plan files and the policy, as they are at the commit that the default branch now points to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog

from bot.github.events.documents import Document, Ruling
from bot.github.events.payloads import Account, Payload, Repository
from bot.github.events.sources import Sources
from services.coordinator import previews
from services.coordinator.spending import new_budgets
from services.domain.errors import NotFound, PlanInvalid, PlanUnreadable, UserError
from services.domain.messages import Message, Say
from services.domain.plan import Plan
from services.planning import parser
from services.planning.draft import PlanDraft
from services.planning.globs import fits_any

log = structlog.get_logger()

POLICY = ".github/phasebot.yml"


class _Commit(Payload):
    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()


class PushEvent(Payload):
    """As far as it is read."""

    ref: str
    before: str = ""
    after: str
    deleted: bool = False
    commits: tuple[_Commit, ...] = ()
    repository: Repository
    sender: Account | None = None

    @property
    def is_of_default_branch(self) -> bool:
        return not self.deleted and self.ref == f"refs/heads/{self.repository.default_branch}"

    @property
    def paths(self) -> tuple[str, ...]:
        """What was added or changed, once each, in order."""
        return tuple(dict.fromkeys(path for commit in self.commits for path in (*commit.added, *commit.modified)))


def read(body: bytes, sources: Sources) -> Sequence[Message]:
    """Raises TransientError if GitHub cannot be asked now, pydantic.ValidationError for what is no such event."""
    event = PushEvent.model_validate_json(body)
    if not event.is_of_default_branch or not event.paths:
        return ()
    if POLICY in event.paths:
        return list(_with_policy(event, sources))
    ruling = sources.documents.ruling(event.repository.full_name)
    if not any(fits_any(path, ruling.policy.plans) for path in event.paths):
        return ()
    return list(_plans(event, _head(event, sources), ruling, sources))


def _with_policy(event: PushEvent, sources: Sources) -> Iterator[Message]:
    head = _head(event, sources)
    ruling = sources.documents.ruling(event.repository.full_name, head)
    yield from _about_policy(event.repository.full_name, head, ruling, sources)
    yield from _budgets(event.repository.full_name, head, ruling, sources)
    yield from _plans(event, head, ruling, sources)


def _plans(event: PushEvent, head: str, ruling: Ruling, sources: Sources) -> Iterator[Message]:
    by = event.sender.login if event.sender and not event.sender.is_bot else ""
    for path in event.paths:
        if fits_any(path, ruling.policy.plans):
            yield from _Pushed(event.repository.full_name, path, head, by).taken_in(ruling, sources)


def _head(event: PushEvent, sources: Sources) -> str:
    """The newest commit: that of the event, unless the event comes late. An answer may be older than the event, too."""
    found = sources.github.last_commit(event.repository.full_name, event.repository.default_branch)
    return event.after if found in (event.before, "") else found


def _about_policy(project: str, head: str, ruling: Ruling, sources: Sources) -> Iterator[Message]:
    """A policy that cannot be used is said once: on the newest plan under way, else on the commit that made it so."""
    if ruling.problem is not None:
        commit = ruling.newest or head
        body = previews.policy_broken(ruling.problem, commit, has_older=ruling.has_older)
        yield _told(project, f"policy/{project}/{commit}", commit, body, sources.newest(project))


def _budgets(project: str, head: str, ruling: Ruling, sources: Sources) -> Iterator[Message]:
    """What the policy allows now counts for the plans that are under way, too."""
    if ruling.problem is None:
        for plan in sources.under_way(project):
            yield from new_budgets(plan, ruling.policy.budgets, cause=f"budgets/{plan.id}/{head}")


def _told(project: str, cause: str, commit: str, body: str, plan: Plan | None) -> Say:
    """Where those look who have to mend it."""
    if plan is not None and plan.issue is not None:
        return Say(plan=plan.id, cause=cause, project=project, issue=plan.issue.number, body=body)
    return Say(plan="", cause=cause, project=project, commit=commit, body=body)


@dataclass(frozen=True, slots=True)
class _Pushed:
    """A plan file as it is at the newest commit, and who has pushed it."""

    project: str
    path: str
    head: str
    by: str

    def taken_in(self, ruling: Ruling, sources: Sources) -> Iterator[Message]:
        """A new plan, or an amendment of the one that this file has made. Whoever pushes to the default branch may write."""
        try:
            file = sources.github.file(self.project, self.path, self.head)
        except NotFound:
            return  # it was removed since
        try:
            draft = parser.parse(parser.decode(file.bytes, name=self.path), name=self.path)
            plan = sources.documents.take_in(self._document(draft, ruling), start=ruling.policy.publish_auto)
        except (PlanInvalid, PlanUnreadable) as error:
            self._log("pushed_plan_not_taken", error=error.message)
            yield self._explained(error, file.sha, ruling, sources)
            return
        self._log("pushed_plan_taken", plan=plan.id)

    def _explained(self, error: UserError, sha: str, ruling: Ruling, sources: Sources) -> Say:
        """Said once of each content: on the plan that the file has made before, else on the newest under way, else on the
        commit."""
        plan = sources.documents.known(self._document(parser.parse(""), ruling)) or sources.newest(self.project)
        commit = sources.github.last_commit(self.project, self.head, path=self.path) or self.head
        body = previews.file_unusable(self.path, commit, error)
        return _told(self.project, f"push/{self.project}/{self.path}/{sha}", commit, body, plan)

    def _document(self, draft: PlanDraft, ruling: Ruling) -> Document:
        return Document(project=self.project, source=self.path, draft=draft, ruling=ruling, by=self.by)

    def _log(self, what: str, **facts: str) -> None:
        log.info(what, project=self.project, path=self.path, commit=self.head, **facts)
