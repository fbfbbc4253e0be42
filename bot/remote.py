"""The remote side of a process: what speaks to its tracker. Made when first needed, so that a run without issues never
imports the GitHub client."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.clock import SystemClock
from bot.github.agents import AgentsApi
from bot.github.answers import RemoteCommit, RemoteRepository
from bot.github.catch_up import catch_up, gone
from bot.github.client import GitHub
from bot.github.documents import Documents as LinkedDocuments
from bot.github.events.documents import Documents
from bot.github.events.sources import Runs, Sources, Subject
from bot.github.features import Moments
from bot.github.identity import PersonalToken
from bot.github.pacing import Pacer
from bot.github.perform import Performer
from bot.github.reconciling import Reconciling
from bot.github.resolve import Resolver
from bot.github.runs import ActionsApi
from bot.github.session import Access
from bot.github.speaking import Speaking
from bot.github.standing import look_at
from bot.keys import marker_key
from bot.settings import Settings
from bot.tracker import Tracker
from services.domain.progress import awaits_merge
from services.publishing.labels import LabelNames
from services.publishing.markers import Markers
from services.publishing.pace import Ledger, Pace

if TYPE_CHECKING:
    from bot.github.answers import RemoteIssue
    from services.domain.effects import Effect, Spoken
    from services.domain.messages import Message, ProjectSeen
    from services.domain.phase import Phase
    from services.domain.plan import Plan
    from services.domain.reasons import Reason
    from services.domain.rules import Budgets
    from services.ports import Delivery, PlanText, Sending


def _as_person(access: Access, settings: Settings) -> Access:
    """Who assigns hosted agents: the person whose token was given for that, else ourselves."""
    token = settings.agent_token
    return access if token is None else replace(access, by=PersonalToken(token.get_secret_value()))


ByIssue = Callable[[str, int], "tuple[Plan, str | None] | None"]
"""The plan that an issue belongs to, by repository and database id, and the key of its phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the process knows of its plans, for those who find out what webhooks mean. `said` is a comment as last written,
    by the key of its effect; `why` why a phase is not running; `newest` the newest plan under way in a project, `under_way`
    all of them; `projects` are those with issues of ours; `by_branch` the plan that waits for a branch to be merged; `pending`
    what a plan has still to have done; `heard` whether a cause was applied; `labels` how a plan's issues are labelled; `ledger`
    what was written lately, and by whom; `runs` which attempts runs are about; `moments` outlive the process; `known_as` and
    `tell` are as in `Sources`."""

    by_issue: ByIssue
    said: Callable[[str], str | None]
    why: Callable[[Plan, Phase], Reason | None]
    ledger: Ledger
    newest: Callable[[str], Plan | None]
    under_way: Callable[[str], Iterable[Plan]]
    projects: Callable[[], Collection[str]]
    pending: Callable[[str], Sequence[Effect]]
    by_branch: Callable[[str, str], Plan | None]
    known_as: Callable[[int, str], Sequence[tuple[str, int | None]]]
    tell: Callable[[Message], None]
    heard: Callable[[str], bool]
    documents: Documents
    labels: Callable[[Plan], LabelNames]
    runs: Runs
    moments: Moments


class Remote:
    """Performs effects on issues, and says what webhooks mean. `labels` None: each repository's policy names them."""

    def __init__(self, tracker: Tracker, settings: Settings, labels: LabelNames | None, known: Known) -> None:
        address = tracker.open()
        clock = SystemClock()
        pacer = Pacer(settings.pace, known.ledger, clock) if tracker.is_shared else Pacer.unhurried(clock)
        access = Access(address.api_url, address.identity, settings.github_api_version)
        self._github = github = GitHub(access, clock, pacer, known.moments)
        self._person = GitHub(_as_person(access, settings), clock, pacer, known.moments)
        self._by_issue = known.by_issue
        self._heard = known.heard
        self._pace = settings.pace
        self._markers = markers = Markers(marker_key(settings))
        self._speaking = Speaking(markers)
        self.reconciling = Reconciling(github, markers)
        self._performer = Performer(
            lambda: github,
            markers,
            labels_of=lambda plan: labels or known.labels(plan),
            # a tracker on this machine has no files to link to
            page_of=lambda project: f"{address.web_url}/{project}" if tracker.is_shared else "",
        )
        self._documents = known.documents
        linked = LinkedDocuments(address.api_url, address.identity, api_version=settings.github_api_version)
        self._resolver = Resolver(
            Sources(
                find=self._subject,
                github=github,
                markers=markers,
                now=clock.now,
                said=known.said,
                why=known.why,
                newest=known.newest,
                under_way=known.under_way,
                projects=known.projects,
                pending=known.pending,
                by_branch=known.by_branch,
                known_as=known.known_as,
                tell=known.tell,
                documents=known.documents,
                linked=lambda link: linked.read(link).text,
                pace=self._pace,
                runs=known.runs,
            )
        )

    def perform(self, sending: Sending, plan: Plan, text: PlanText) -> Sequence[Message]:
        return self._performer.perform(sending, plan, text)

    def speak(self, effect: Spoken, sending: Sending) -> None:
        """Answer somebody. Raises what `perform` raises."""
        self._speaking.perform(self._github, effect, sending)

    def seen(self, project: str, cause: str, known: int | None = None) -> ProjectSeen:
        """Whether anything can be done there now, `known` being the number of the repository. Raises TransientError,
        RemoteUnavailable."""
        return look_at(self._github, project, cause=cause, known=known)

    def pace(self, project: str) -> Pace:
        """With what was spent of it lately."""
        return replace(self._pace, spent=self._github.spent(project))

    def budgets(self, project: str) -> Budgets | None:
        """What the repository's own policy allows now; None without one. Raises TransientError."""
        ruling = self._documents.ruling(project, anew=True)
        return ruling.policy.budgets if ruling.commit else None

    def repository(self, project: str) -> RemoteRepository:
        return self._github.repository(project)

    @property
    def agents(self) -> AgentsApi:
        """Hosted coding agents."""
        return AgentsApi(self._github, self._person)

    @property
    def actions(self) -> ActionsApi:
        return self._github.actions

    def resolve(self, delivery: Delivery) -> Sequence[Message]:
        return self._resolver(delivery)

    def catch_up(self, plan: Plan, pending: Sequence[Effect]) -> list[Message]:
        """What people did to the plan's issues while nobody was listening. Raises TransientError, RemoteUnavailable."""
        return [*catch_up(self._github, plan, pending, heard=self._heard), *self._merge_of(plan)]

    def _merge_of(self, plan: Plan) -> Iterator[Message]:
        """What became of the pull request that the plan waits for."""
        if plan.pull is not None and plan.pull.number and awaits_merge(plan):
            yield self._github.pulls.get(plan.project, plan.pull.number).news(plan.id)

    def by_hand(self, plan: Plan, pending: Sequence[Effect], listed: Iterable[RemoteIssue]) -> Iterator[Message]:
        """The same, of these issues, one by one."""
        return catch_up(self._github, plan, pending, listed, heard=self._heard)

    def gone(self, plan: Plan, pending: Sequence[Effect], listed: Iterable[RemoteIssue]) -> Iterator[Message]:
        """What it means that issues of the plan are not among those that are there."""
        return gone(self._github, plan, pending, listed)

    def last_change(self, project: str, path: str, at: str) -> str:
        return self._github.last_commit(project, at, path=path)

    def read_file(self, project: str, path: str, commit: str) -> tuple[str, bytes]:
        found = self._github.file(project, path, commit)
        return found.sha, found.bytes

    def history(self, project: str, path: str, limit: int) -> list[RemoteCommit]:
        """The newest commits on the default branch that touched a file. Raises NotFound, TransientError."""
        return self._github.commits(project, path, limit)

    def write_file(self, project: str, path: str, text: str, *, sha: str, message: str) -> str:
        """Commit a file to the default branch, in place of the one with this hash ("": there is none); its new hash."""
        return self._github.put_file(project, path, text.encode(), sha=sha, message=message).content.sha

    def _subject(self, project: str, issue: int) -> Subject | None:
        found = self._by_issue(project, issue)
        if found is None:
            return None
        plan, key = found
        return Subject(plan, None if key is None else plan.phase(key))
