"""The event `issue_comment`: commands that people write, and boxes that they tick in comments of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from pydantic import Field

from bot.github.events.payloads import Account, Id, Issue, Payload, Repository
from bot.github.events.sources import Sources, Subject
from bot.github.plan_issues import PlanIssue, Wanted, source_of
from services.commands import boxes, parser
from services.commands.interpret import Forbidden, Meaning, NoPlan, Place, Speaker, Unknown, Wish, interpret
from services.commands.parser import Command
from services.coordinator import answers, previews
from services.domain.errors import TransientError, UserError
from services.domain.messages import Asked, Message, Say
from services.publishing.markers import Marker, MarkerKind
from services.publishing.text import LIMIT, cut


class _Comment(Payload):
    id: Id
    body: str = ""
    user: Account | None = None
    updated_at: datetime


class _Text(Payload):
    was: str = Field("", alias="from")


class _Changes(Payload):
    body: _Text | None = None


class CommentEvent(Payload):
    """As far as it is read."""

    action: str
    comment: _Comment
    issue: Issue
    repository: Repository
    sender: Account
    changes: _Changes = _Changes()


def read(body: bytes, sources: Sources) -> Sequence[Message]:
    """Raises TransientError if GitHub cannot be asked now, pydantic.ValidationError for what is no such event."""
    event = CommentEvent.model_validate_json(body)
    if event.action not in ("created", "edited") or event.sender.is_bot:
        return ()
    marker = sources.markers.find(event.comment.body)
    if marker is not None:
        return _ticked(event, marker, sources)
    if event.comment.user is not None and event.comment.user.is_bot:
        return ()
    heard = parser.heard(event.comment.body)
    if not heard.commands:
        return ()
    with suppress(TransientError, UserError):  # a sign that we have heard is nice, and never worth waiting for
        sources.github.react(event.repository.full_name, event.comment.id, "eyes")
    return _Hearing(event, sources).meaning(heard.commands, heard.ignored)


def causes(comment: int, body: str) -> list[str]:
    """The causes of the commands in a comment: those that were applied already need not be heard again."""
    return [f"comment/{comment}/{command.id}" for command in parser.heard(body).commands]


def _ticked(event: CommentEvent, marker: Marker, sources: Sources) -> Sequence[Message]:
    """A comment of ours that somebody has edited. Only its boxes count, and only if it is really ours."""
    author = event.comment.user.login if event.comment.user else ""
    is_ours = marker.kind is MarkerKind.COMMENT and author == sources.github.login
    written = sources.said(marker.of) if is_ours and event.action == "edited" else None
    if written is None:
        return ()
    was = event.changes.body.was if event.changes.body else None
    commands = boxes.ticked(written, event.comment.body, was)
    if not commands:
        return ()
    restore = f"{cut(written, LIMIT)}\n\n{sources.markers.write(marker)}"
    return _Hearing(event, sources, restore=restore).meaning(commands, 0)


class _Hearing:
    """One comment with its commands: what they mean here, from whoever gave them."""

    def __init__(self, event: CommentEvent, sources: Sources, *, restore: str = "") -> None:
        self._event = event
        self._sources = sources
        self._project = event.repository.full_name
        self._subject = sources.find(self._project, event.issue.id)
        self._asked = Asked(comment=event.comment.id, issue=event.issue.number, restore=restore)
        # a box that was put back can be ticked again, and then it is another order
        moment = f"/{event.comment.updated_at.isoformat()}" if restore else ""
        self._cause = f"comment/{event.comment.id}{moment}"

    def meaning(self, commands: Sequence[Command], ignored: int) -> Sequence[Message]:
        login = self._event.sender.login
        speaker = Speaker(login, self._sources.level(self._project, login))
        told: list[tuple[str, str]] = []
        orders: list[Message] = []
        for command in commands:
            for found in self._one(command, speaker):
                if isinstance(found, str):
                    told.append((f"/phase {command.written}", found))
                else:
                    orders.append(found)
        if ignored:
            told.append(("…", answers.too_many(ignored)))
        return [*orders, *self._answer(told, commands)]

    def _one(self, command: Command, speaker: Speaker) -> Iterator[Message | str]:
        """Messages, and words for the answer."""
        place = Place(self._subject.plan, self._subject.phase) if self._subject else Place()
        cause = f"{self._cause}/{command.id}"
        try:
            meaning = interpret(command, place, speaker, cause=cause, asked=self._asked)
        except UserError as error:
            yield answers.invalid(error)
            return
        yield from self._meant(meaning, command, speaker)

    def _meant(self, meaning: Meaning, command: Command, speaker: Speaker) -> Iterator[Message | str]:
        match meaning:
            case Unknown():
                yield answers.unknown(command)
            case Forbidden():
                yield answers.not_permitted(meaning.verb, speaker.login, speaker.level)
            case NoPlan():
                yield answers.no_plan_here()
            case Wish():
                yield from self._wished(meaning, f"{self._cause}/{command.id}")
            case _:
                yield meaning

    def _wished(self, wish: Wish, cause: str) -> Iterator[Message | str]:
        match wish.verb.name, self._subject:
            case ("preview" | "publish") as verb, subject:
                yield from self._document(verb, subject, cause)
            case ("status", Subject() as subject):
                yield answers.status(subject.plan)
            case "why", Subject(plan=plan) if wish.phase is not None:
                yield answers.why(plan, wish.phase, self._sources.why(plan, wish.phase), self._sources.now())
            case _:
                yield answers.help_text()

    def _document(self, verb: str, subject: Subject | None, cause: str) -> Iterator[Message | str]:
        """The text of this issue as a plan, as it is by now."""
        if subject is not None and (
            subject.phase is not None or subject.plan.source != source_of(self._event.issue.id)
        ):
            yield previews.not_in_an_issue()
            return
        ruling = self._sources.documents.ruling(self._project)
        issue = self._sources.github.issue(self._project, self._event.issue.number)
        found = PlanIssue(self._project, issue, self._sources, ruling)
        wanted = Wanted(cause=cause, by=self._event.sender.login, asked=self._asked)
        yield from found.publish(wanted) if verb == "publish" else found.preview(wanted)

    def _answer(self, told: list[tuple[str, str]], commands: Sequence[Command]) -> Iterator[Say]:
        if told:
            yield Say(
                plan=self._subject.plan.id if self._subject else "",
                cause=f"{self._cause}/{'+'.join(command.id for command in commands)}",
                by=self._event.sender.login,
                asked=self._asked,
                project=self._project,
                issue=self._event.issue.number,
                body=answers.several(told),
            )
