"""What GitHub answers, as frozen values: only the fields used, whatever else there may be."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

from services.commands.permission import level
from services.commands.spec import Level
from services.execution.workflow_runs import Run


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Account(_Answer):
    login: str
    type: str = "User"


class Webhook(_Answer):
    """Where the events of an App are sent."""

    url: str | None = None


class RemoteIssue(_Answer):
    """An issue as it is on GitHub. `id` is the database id, which links want; `number` is the one people see."""

    id: int
    number: int
    state: str
    state_reason: str | None = None
    title: str
    html_url: str = ""
    body: str = ""
    user: _Account | None = None
    labels: frozenset[str] = frozenset()
    parent_issue_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_by: _Account | None = None
    assignees: tuple[str, ...] = ()
    pull_request: object = Field(None, repr=False)

    @field_validator("assignees", mode="before")
    @classmethod
    def _logins(cls, given: Any) -> Any:
        return tuple(one["login"] if isinstance(one, dict) else one for one in given or ())

    @field_validator("body", mode="before")
    @classmethod
    def _empty_body(cls, given: Any) -> Any:
        return "" if given is None else given

    @field_validator("labels", mode="before")
    @classmethod
    def _names_of_labels(cls, given: Any) -> Any:
        """A label is an object, or only its name in some answers."""
        if not isinstance(given, list):
            return given
        return frozenset(one.get("name") if isinstance(one, dict) else one for one in given)

    @property
    def author(self) -> str:
        """Empty for one whose account is gone."""
        return self.user.login if self.user else ""

    @property
    def is_pull_request(self) -> bool:
        """GitHub lists pull requests among the issues."""
        return self.pull_request is not None


class RemoteComment(_Answer):
    """A comment on an issue."""

    id: int
    body: str = ""
    user: _Account | None = None

    @property
    def author(self) -> str:
        return self.user.login if self.user else ""


class RemoteFile(_Answer):
    """A file at a commit. Content over a megabyte is not sent along; it is fetched by its `sha`."""

    sha: str
    type: str = "file"
    size: int = 0
    content: str = ""
    encoding: str = ""

    @property
    def bytes(self) -> bytes:
        return b64decode(self.content)


class _Hand(_Answer):
    name: str = ""
    date: datetime | None = None


class _Made(_Answer):
    message: str = ""
    author: _Hand | None = None


class RemoteCommit(_Answer):
    """A commit. `author` is null for a hand that belongs to no account."""

    sha: str
    html_url: str = ""
    commit: _Made = _Made()
    author: _Account | None = None

    @property
    def who(self) -> str:
        hand = self.commit.author
        return self.author.login if self.author else hand.name if hand else ""

    @property
    def at(self) -> datetime | None:
        return self.commit.author.date if self.commit.author else None


class Committed(_Answer):
    """A file that was committed, as it is from now on."""

    content: RemoteFile


class Commit(_Answer):
    """One of the history."""

    sha: str


class Commits(RootModel[tuple[Commit, ...]]):
    """A part of the history, the newest first."""


class Reaction(_Answer):
    """Somebody's sign below a comment."""

    content: str


class _Owner(_Answer):
    id: int = 0


class RemoteRepository(_Answer):
    """A repository as far as it matters whether issues can be written there."""

    id: int
    full_name: str
    owner: _Owner
    default_branch: str = ""
    archived: bool = False
    has_issues: bool = True


class RemoteRun(_Answer):
    """A run of a workflow, as lists, answers and webhooks have it. `event` and `path` say what started it, and which workflow
    it is of."""

    id: int = Field(ge=0, lt=1 << 63)
    run_attempt: int = Field(1, ge=0, lt=1 << 63)
    status: str
    conclusion: str | None = None
    html_url: str
    display_title: str = ""
    head_sha: str = ""
    event: str = ""
    path: str = ""

    def value(self) -> Run:
        return Run(
            self.id, self.run_attempt, self.status, self.conclusion, self.html_url, self.display_title, self.head_sha
        )


class RemoteEvent(_Answer):
    """One thing done to an issue."""

    id: int
    event: str
    actor: _Account | None = None
    created_at: datetime
    label: str = ""

    @field_validator("label", mode="before")
    @classmethod
    def _name_of_label(cls, given: Any) -> Any:
        return given.get("name", "") if isinstance(given, dict) else given or ""


class Nothing(_Answer):
    """An answer that says nothing."""


class Account(_Answer):
    """Whose token it is."""

    login: str


class Permission(_Answer):
    """What somebody may do in a repository: `role_name` is exact, `permission` the older and coarser word."""

    permission: str
    role_name: str | None = None

    @property
    def level(self) -> Level:
        return level(self.permission, self.role_name)
