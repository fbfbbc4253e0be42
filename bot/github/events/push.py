"""The event `push`: plan files and the policy, as they are at the commit that the default branch now points to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog

from bot.github.events.documents import Document, Ruling
from bot.github.events.payloads import Account, Payload, Repository
from bot.github.events.sources import Sources
from services.coordinator import previews
from services.coordinator.intake import by_hand
from services.coordinator.spending import new_budgets
from services.domain.errors import NotFound, PlanInvalid, PlanUnreadable, UserError
from services.domain.messages import Message, Say
from services.planning import parser
from services.planning.globs import fits_any

log = structlog.get_logger()

POLICY = ".github/phasebot.yml"


class _Commit(Payload):
    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()


class _Repository(Repository):
    default_branch: str = ""


class PushEvent(Payload):
    """As far as it is read."""

    ref: str
    after: str
    deleted: bool = False
    commits: tuple[_Commit, ...] = ()
    repository: _Repository
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
    ruling = sources.documents.ruling(event.repository.full_name, event.after)
    messages: list[Message] = []
    if POLICY in event.paths:
        messages += _about_policy(event, ruling, sources)
        messages += _budgets(event, ruling, sources)
    for path in event.paths:
        if fits_any(path, ruling.policy.plans):
            messages += _take_in(path, event, ruling, sources)
    return messages


def _budgets(event: PushEvent, ruling: Ruling, sources: Sources) -> Iterator[Message]:
    """What the policy allows now counts for the plans that are under way, too."""
    if ruling.problem is None:
        for plan in sources.under_way(event.repository.full_name):
            yield from new_budgets(plan, ruling.policy.budgets, cause=f"budgets/{plan.id}/{event.after}")


def _about_policy(event: PushEvent, ruling: Ruling, sources: Sources) -> Iterator[Message]:
    """A policy that cannot be used is said once, on the newest plan under way."""
    plan = sources.newest(event.repository.full_name) if ruling.problem is not None else None
    if plan is None or plan.issue is None or ruling.problem is None:
        return
    yield Say(
        plan=plan.id,
        cause=f"policy/{event.repository.full_name}/{event.after}",
        project=plan.project,
        issue=plan.issue.number,
        body=previews.policy_broken(ruling.problem, event.after, has_older=ruling.has_older),
    )


def _take_in(path: str, event: PushEvent, ruling: Ruling, sources: Sources) -> Iterator[Message]:
    """A new plan, or an amendment of the one that this file has made. Whoever pushes to the default branch may write."""
    project = event.repository.full_name
    try:
        raw = sources.github.file(project, path, event.after).bytes
        draft = parser.parse(parser.decode(raw, name=path), name=path)
        document = Document(project=project, source=path, draft=draft, rules_for=ruling.rules_for)
        plan = sources.documents.take_in(document, start=ruling.policy.publish_auto)
    except (PlanInvalid, PlanUnreadable, NotFound) as error:
        log.warning("pushed_plan_not_taken", project=project, path=path, commit=event.after, error=error.message)
        yield from _about_file(path, event, error, sources)
        return
    log.info("pushed_plan_taken", project=project, path=path, commit=event.after, plan=plan.id)


def _about_file(path: str, event: PushEvent, error: UserError, sources: Sources) -> Iterator[Message]:
    """A plan that cannot be used is said once: on the plan that the file has made before, else on the newest under way."""
    project = event.repository.full_name
    document = Document(project=project, source=path, draft=parser.parse(""), rules_for=by_hand)
    plan = sources.documents.known(document) or sources.newest(project)
    if plan is not None and plan.issue is not None:
        yield Say(
            plan=plan.id,
            cause=f"push/{project}/{event.after}/{path}",
            project=project,
            issue=plan.issue.number,
            body=previews.file_unusable(path, event.after, error),
        )
