"""Effects: what the core wants done in the world. Carried out by the outbox, at least once, so that twice looks like once.

Effects that show state (`RefreshParent`) are thin: they are rendered from the plan as it is when they are carried out,
and several waiting for the same plan are one. Effects that tell of a moment (`PostComment`) carry their text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from services.domain.attempts import Attempt
from services.domain.texts import PhaseText


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """`key` is unique for the wish: derived from its cause, never from the road it came by."""

    plan: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIssue(_Effect):
    """Create the issue of a phase, attached to the parent; or the parent's, where `phase` is None."""

    phase: str | None
    kind: Literal["create_issue"] = "create_issue"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelParent(_Effect):
    """Give the parent's label to an issue that a person wrote and that has become a parent. Its title stays theirs."""

    kind: Literal["label_parent"] = "label_parent"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDependencies(_Effect):
    """Say on the child issue which issues block it."""

    phase: str
    kind: Literal["link_dependencies"] = "link_dependencies"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshChild(_Effect):
    """Bring title, body, label and dependencies of a phase's issue up to date, leaving what people made of it.

    `old_title`, `old_place` (by which its label calls it) and `old_text` are what the issue was last given, to be told apart
    from what people made of it; without `old_text` the text is as before. `dropped` are the keys of phases that the plan no
    longer says it needs.
    """

    phase: str
    old_title: str
    old_place: str = ""
    old_text: PhaseText | None = None
    dropped: tuple[str, ...] = ()
    kind: Literal["refresh_child"] = "refresh_child"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshParent(_Effect):
    """Bring the parent's managed block and the sticky status comment up to date."""

    kind: Literal["refresh_parent"] = "refresh_parent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangeChildren(_Effect):
    """Bring the children of the parent into the order of the phases."""

    kind: Literal["arrange_children"] = "arrange_children"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseParent(_Effect):
    """Bring title and overview of the parent up to date, leaving what people wrote in it. As for a child, `old_title` and
    `old_overview` are what it was last given."""

    old_title: str
    old_overview: str | None = None
    kind: Literal["revise_parent"] = "revise_parent"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostComment(_Effect):
    """A new comment on the issue of a phase, or on the parent where `phase` is None. `body` is ready to be posted.

    Comments of one `thread`, with which their keys begin, are one comment: a later one is written over it.
    """

    phase: str | None
    body: str
    thread: str = ""
    kind: Literal["post_comment"] = "post_comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class SayOnIssue(_Effect):
    """An answer on an issue, by its number: a new comment; or, where `sticky` names it, the one of this name, edited in place.
    `plan` is "" on an issue that belongs to none."""

    issue: int
    body: str
    sticky: str = ""
    kind: Literal["say_on_issue"] = "say_on_issue"


@dataclass(frozen=True, slots=True, kw_only=True)
class SayOnCommit(_Effect):
    """A comment on a commit, for whoever has made it. `plan` is ""."""

    commit: str
    body: str
    kind: Literal["say_on_commit"] = "say_on_commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class React(_Effect):
    """A reaction to somebody's comment, by its id: heard and done, or not."""

    comment: int
    content: Literal["eyes", "+1", "confused"]
    kind: Literal["react"] = "react"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreComment(_Effect):
    """A comment of ours, by its id, is to read again as we wrote it: somebody has ticked a box in it."""

    comment: int
    body: str
    kind: Literal["restore_comment"] = "restore_comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetIssueState(_Effect):
    """Open or close the issue of a phase, or the parent's. `reason` as GitHub knows it."""

    phase: str | None
    state: Literal["open", "closed"]
    reason: Literal["completed", "not_planned", "reopened"]
    kind: Literal["set_issue_state"] = "set_issue_state"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractIssues(_Effect):
    """Close every issue that the bot created for the plan, put back what it changed, and say what it left."""

    kind: Literal["retract_issues"] = "retract_issues"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPull(_Effect):
    """Have a pull request open for the plan's branch: the one that is open already, the plan's own reopened, or a new one."""

    kind: Literal["open_pull"] = "open_pull"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshPull(_Effect):
    """Bring title and text of the pull request up to date, leaving what people wrote in it. `old_title` is the plan's when they
    were written last."""

    old_title: str
    kind: Literal["refresh_pull"] = "refresh_pull"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchAttempt(_Effect):
    """Hand the claimed attempt to its executor."""

    phase: str
    fence: int
    executor: str
    kind: Literal["dispatch_attempt"] = "dispatch_attempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAttempt(_Effect):
    """End an execution whose result is no longer wanted."""

    phase: str
    fence: int
    executor: str
    kind: Literal["stop_attempt"] = "stop_attempt"

    @classmethod
    def of(cls, plan: str, phase: str, attempt: Attempt) -> StopAttempt:
        """The one wish to end this attempt: its key is the same whatever the reason."""
        key = f"stop:{plan}:{attempt.fence}"
        return cls(plan=plan, key=key, phase=phase, fence=attempt.fence, executor=attempt.executor)


Spoken = SayOnIssue | SayOnCommit | React | RestoreComment
IssueEffect = (
    CreateIssue
    | LabelParent
    | LinkDependencies
    | ArrangeChildren
    | RefreshChild
    | ReviseParent
    | RefreshParent
    | PostComment
    | SetIssueState
    | RetractIssues
)
PullEffect = OpenPull | RefreshPull
ExecutorEffect = DispatchAttempt | StopAttempt
Effect = IssueEffect | PullEffect | Spoken | ExecutorEffect

_codec: TypeAdapter[Effect] = TypeAdapter(Annotated[Effect, Field(discriminator="kind")])


def encode(effect: Effect) -> bytes:
    """As JSON, for the outbox."""
    return _codec.dump_json(effect)


def decode(text: bytes | str) -> Effect:
    """What `encode` wrote."""
    return _codec.validate_json(text)
