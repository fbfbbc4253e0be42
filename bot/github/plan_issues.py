"""Plan issues: an issue whose text is a plan is previewed, previewed again when it is edited, and published when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bot.github.answers import RemoteIssue
from bot.github.events.documents import Document, Ruling
from bot.github.events.sources import Sources
from services.coordinator import previews
from services.coordinator.intake import refuse_unusable
from services.domain.errors import PlanInvalid, RemoteUnavailable, UserError
from services.domain.messages import Asked, Message, Say, StartPlan
from services.domain.phase import IssueRef
from services.domain.plan import Plan, PlanState
from services.planning import parser
from services.planning.draft import PlanDraft
from services.planning.issue_text import digest, is_form, only_link, plan_text
from services.planning.links import LinkInvalid, RepositoryFile, link_in
from services.publishing.markers import MarkerKind

_COMMIT_IT = "Commit the plan to this repository, or paste it into the issue."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Why the issue is looked at. `cause` is unique for that; `asked` where somebody asked for it in writing."""

    cause: str
    by: str
    asked: Asked | None = None


def source_of(issue: int) -> str:
    """How a plan says that it comes from an issue, by its database id."""
    return f"issues/{issue}"


def is_plan(labels: Iterable[str], body: str, ruling: Ruling) -> bool:
    """True if people have handed the issue in as a plan: by the label, or by the form."""
    return ruling.policy.labels.plan.casefold() in {one.casefold() for one in labels} or is_form(body)


class PlanIssue:
    """One issue as it is now, read as a plan."""

    def __init__(self, project: str, issue: RemoteIssue, sources: Sources, ruling: Ruling) -> None:
        self._project = project
        self._issue = issue
        self._sources = sources
        self._ruling = ruling
        self._problem: UserError | None = None
        text = self._text(plan_text(issue.body))
        self._digest = digest(issue.title, text)
        self._is_empty = not text.strip()
        self._draft, self._is_single = _draft(text, issue.title)

    def preview(self, wanted: Wanted, *, publish: bool = False) -> Sequence[Message]:
        """Store what the text says, as long as nothing of it is published, and show it. `publish`: begin at once."""
        if not self._is_usable():
            return (self._shown(wanted, self._why_unusable()),)
        known = self._known()
        if known is not None and known.state is not PlanState.PLANNED:
            return self._what_changed(known, wanted, publish=publish)
        try:
            plan = self._taken_in(wanted.by)
        except PlanInvalid as error:  # as the policy has it, nothing is left to be done
            return (self._shown(wanted, previews.refused(error)),)
        preview = self._shown(wanted, self._preview(plan), plan=plan.id)
        start = StartPlan(plan=plan.id, cause=f"{wanted.cause}/start", by=wanted.by, asked=wanted.asked)
        return (preview, start) if publish and not self._is_single else (preview,)

    def publish(self, wanted: Wanted) -> Sequence[Message]:
        """Exactly what was previewed: if the text has changed since, a new preview is all there is."""
        if not self._is_usable():
            return self.preview(wanted)
        known = self._known()
        if known is None or not self._was_previewed():
            return [*self.preview(wanted), self._say(wanted, previews.moved_on())]
        if known.state is PlanState.PLANNED:
            start = StartPlan(plan=known.id, cause=wanted.cause, by=wanted.by, asked=wanted.asked)
            seen = replace(wanted, cause=f"{wanted.cause}/preview")
            return (start, self._shown(seen, self._preview(known, is_published=True), plan=known.id))
        return self._amended(wanted)

    # ------------------------------------------------------------ inside

    def _text(self, text: str) -> str:
        """The text of the issue, or, where that is nothing but a link to a plan, what it leads to."""
        try:
            link = link_in(only_link(text), host=urlsplit(self._issue.html_url).netloc or "github.com")
            if link is None:
                return text
            if isinstance(link, RepositoryFile) and link.project.lower() != self._project.lower():
                # whoever writes here need not be somebody who may read there
                raise LinkInvalid("only files of this very repository are read", where=str(link), fix=_COMMIT_IT)
            return parser.decode(self._sources.linked(link), name=str(link))
        except RemoteUnavailable:
            raise
        except UserError as error:
            self._problem = error
            return text

    def _why_unusable(self) -> str:
        if self._problem is not None:
            return previews.unreadable(self._problem)
        return previews.empty() if self._is_empty else previews.unusable(self._draft)

    def _document(self, by: str = "") -> Document:
        return Document(
            project=self._project,
            source=source_of(self._issue.id),
            draft=self._draft,
            ruling=self._ruling,
            by=by,
            issue=IssueRef(number=self._issue.number, id=self._issue.id),
        )

    def _known(self) -> Plan | None:
        return self._sources.documents.known(self._document())

    def _taken_in(self, by: str) -> Plan:
        return self._sources.documents.take_in(self._document(by), start=False)

    def _is_usable(self) -> bool:
        try:
            refuse_unusable(self._draft, "")
        except PlanInvalid:
            return False
        return not self._is_empty and self._problem is None

    def _was_previewed(self) -> bool:
        """Our own comment says so, by the digest in its signed marker."""
        for comment in self._sources.github.own_comments(self._project, self._issue.number):
            marker = self._sources.markers.find(comment.body)
            if marker is not None and marker.kind is MarkerKind.PREVIEW:
                return marker.of == self._digest
        return False

    def _what_changed(self, known: Plan, wanted: Wanted, *, publish: bool) -> Sequence[Message]:
        if publish:
            return self._amended(wanted)
        found = self._sources.documents.compared(self._document())
        if found is None or not found.diff:
            words = previews.published_already()
            return (self._say(wanted, words),) if wanted.asked else ()
        return (self._shown(wanted, previews.changed(found.diff), plan=known.id),)

    def _amended(self, wanted: Wanted) -> Sequence[Message]:
        known, found = self._known(), self._sources.documents.compared(self._document())
        if known is None or not found:
            return (self._say(wanted, previews.published_already()),) if wanted.asked else ()
        return (replace(found.order(known, wanted.cause), by=wanted.by, asked=wanted.asked),)

    def _preview(self, plan: Plan, *, is_published: bool = False) -> str:
        return previews.preview(
            previews.Shown(
                draft=self._draft,
                plan=plan,
                pace=replace(self._sources.pace, spent=self._sources.github.spent(self._project)),
                single=self._is_single,
                commit=self._ruling.commit,
                is_published=is_published,
                remarks=tuple(self._remarks()),
            )
        )

    def _remarks(self) -> Iterator[str]:
        if self._ruling.problem is not None:
            yield previews.policy_remark(self._ruling.problem, has_older=self._ruling.has_older)
        if self._ruling.holds_back(self._draft.phases):
            yield previews.local_remark()

    def _shown(self, wanted: Wanted, body: str, *, plan: str = "") -> Say:
        return self._told(wanted, body, plan=plan, sticky=self._digest)

    def _say(self, wanted: Wanted, body: str) -> Say:
        return self._told(replace(wanted, cause=f"{wanted.cause}/answer"), body)

    def _told(self, wanted: Wanted, body: str, *, plan: str = "", sticky: str = "") -> Say:
        return Say(
            plan=plan,
            cause=wanted.cause,
            by=wanted.by,
            project=self._project,
            issue=self._issue.number,
            body=body,
            sticky=sticky,
        )


def _draft(text: str, title: str) -> tuple[PlanDraft, bool]:
    """The text as a plan, called like the issue; as a single phase where it has none."""
    draft = parser.parse(text)
    if draft.has_phases:
        return replace(draft, title=title), False
    single = parser.parse_single(text)
    called = tuple(replace(phase, title=title) for phase in single.phases)
    return replace(single, title=title, phases=called), True
