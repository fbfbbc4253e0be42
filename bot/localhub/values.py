"""What the tracker knows, as frozen values: users, repositories, issues, comments, hooks and their deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


class Role(StrEnum):
    """What somebody may do in a repository; each role includes those before it."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        ladder = list(Role)
        return ladder.index(self) >= ladder.index(other)

    @property
    def permission(self) -> str:
        """The older, coarser word: maintain is write, triage is read."""
        return {Role.MAINTAIN: "write", Role.TRIAGE: "read"}.get(self, self.value)


@dataclass(frozen=True, slots=True)
class User:
    id: int
    login: str
    type: str
    name: str | None
    created_at: datetime

    @property
    def email(self) -> str:
        """The address that commits are made with."""
        return f"{self.login}@users.noreply.localhub"


@dataclass(frozen=True, slots=True)
class Repository:
    id: int
    owner: User
    name: str
    private: bool
    description: str | None
    default_branch: str
    has_issues: bool
    archived: bool
    head: str
    open_issues: int
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"


@dataclass(frozen=True, slots=True)
class Label:
    id: int
    repository: str
    name: str
    color: str
    description: str | None
    default: bool


@dataclass(frozen=True, slots=True)
class IssueAddress:
    """Enough to point at an issue: its database id, and where it is found."""

    id: int
    repository: str
    number: int


@dataclass(frozen=True, slots=True)
class SubIssueCount:
    total: int
    completed: int

    @property
    def percent(self) -> int:
        return self.completed * 100 // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class DependencyCount:
    """Issues on either side; the first two count open ones only, the totals all."""

    blocked_by: int
    blocking: int
    total_blocked_by: int
    total_blocking: int


@dataclass(frozen=True, slots=True)
class Pull:
    """What makes an issue a pull request: `head` is to be merged into `base`, two branches of its repository. The commits are
    those that were seen last; `merge_sha` is the one that the merge has made."""

    id: int
    head: str
    base: str
    head_sha: str
    base_sha: str
    draft: bool
    merged_at: datetime | None
    merged_by: User | None
    merge_sha: str | None


@dataclass(frozen=True, slots=True)
class PullFigures:
    """What a pull request would bring. `mergeable` None: nobody can say, because it is closed or a branch is gone."""

    commits: int = 0
    additions: int = 0
    deletions: int = 0
    files: int = 0
    mergeable: bool | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """`id` is the database id that links speak of; `number` is what people see. They are never equal."""

    id: int
    number: int
    repository_id: int
    repository: str
    title: str
    body: str | None
    state: str
    state_reason: str | None
    user: User
    association: str
    labels: tuple[Label, ...]
    assignees: tuple[User, ...]
    comments: int
    parent: IssueAddress | None
    sub_issues: SubIssueCount
    dependencies: DependencyCount
    reactions: Mapping[str, int]
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    closed_by: User | None
    pull: Pull | None = None

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    @property
    def is_open(self) -> bool:
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    issue: IssueAddress
    user: User
    association: str
    body: str
    reactions: Mapping[str, int]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitComment:
    """What somebody says about a commit. `repository` is its full name."""

    id: int
    repository: str
    sha: str
    user: User
    association: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Reaction:
    id: int
    user: User
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One change of an issue: `kind` in the words of GitHub's issue events, `detail` what it says beside it."""

    id: int
    issue: IssueAddress
    kind: str
    actor: User
    detail: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file, or with `content` None a folder, on the default branch."""

    path: str
    content: bytes | None
    sha: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCommit:
    """A commit, which changes one file. `parent` is empty for the first; `author` None where nobody has noted it."""

    sha: str
    path: str
    is_removal: bool
    parent: str
    author: User | None
    message: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HookConfig:
    url: str
    content_type: str = "form"
    secret: str | None = None
    insecure_ssl: str = "0"


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """How the last delivery went, as the hook itself reports it."""

    code: int | None
    status: str
    message: str | None


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook of a repository; or (`app_id`) what of the webhook of an App concerns the repository."""

    id: int
    repository_id: int
    repository: str
    config: HookConfig
    events: tuple[str, ...]
    active: bool
    last_answer: HookAnswer
    created_at: datetime
    updated_at: datetime
    app_id: int | None = None
    installation_id: int | None = None

    def listens_to(self, event: str) -> bool:
        return event in self.events or "*" in self.events or event == "ping"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One sending of one event to one hook. `status_code` 0 means that no answer came."""

    id: int
    guid: str
    hook_id: int
    repository_id: int
    event: str
    action: str | None
    payload: str
    redelivery: bool
    is_pending: bool
    status: str
    status_code: int
    duration: float
    url: str
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    response_body: str
    delivered_at: datetime
    installation_id: int | None = None


class IssueChanges(TypedDict, total=False):
    """The fields of an issue that a PATCH names; what is absent stays as it is."""

    title: str
    body: str | None
    state: str
    state_reason: str | None
    labels: tuple[str, ...]
    assignees: tuple[str, ...]


class HookChanges(TypedDict, total=False):
    """The fields of a hook that a PATCH names."""

    config: HookConfig
    events: tuple[str, ...]
    active: bool


class LabelChanges(TypedDict, total=False):
    """The fields of a label that a PATCH names."""

    name: str
    color: str
    description: str | None


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """What a new issue is made of. `parent_issue_id` is a database id."""

    title: str
    body: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    parent_issue_id: int | None = None


@dataclass(frozen=True, slots=True)
class PullDraft:
    """What a new pull request is made of; `head` may be `owner:branch`."""

    title: str
    head: str
    base: str
    body: str | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class PullQuery:
    """Which pull requests to list, in GitHub's words; "" for all. `head` is a branch, without its owner."""

    state: str = "open"
    head: str = ""
    base: str = ""
    sort: str = "created"
    direction: str = "desc"


@dataclass(frozen=True, slots=True)
class Merge:
    """How to merge. `sha` is the head it is meant for, "" for whichever; no title: GitHub's own."""

    method: str = "merge"
    sha: str = ""
    title: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class IssueQuery:
    """Which issues to list, in GitHub's words; `assignee` may be "none" or "*"."""

    state: str = "open"
    labels: tuple[str, ...] = ()
    creator: str | None = None
    assignee: str | None = None
    since: datetime | None = None
    sort: str = "created"
    direction: str = "desc"


@dataclass(slots=True)
class Features:
    """What this server knows. Switched off, it behaves like an older one: fields ignored, routes not found."""

    parent_issue_id: bool = True
    sub_issues: bool = True
    dependencies: bool = True
    run_details: bool = True


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App. `permissions` and `events` are what it asks for; `bot` is who acts when it does."""

    id: int
    slug: str
    name: str
    description: str | None
    url: str
    owner: User
    bot: User
    client_id: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Installation:
    """An App in the repositories of one account, with the permissions that its owner granted."""

    id: int
    app: App
    account: User
    permissions: Mapping[str, str]
    repository_ids: tuple[int, ...]
    suspended_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """What one installation token may do, and where."""

    installation: Installation
    repository_ids: frozenset[int]
    permissions: Mapping[str, str]
    expires_at: datetime

    def allows(self, permission: str) -> bool:
        """`permission` as the response header says it: `issues=write`. Metadata can always be read."""
        name, _, level = permission.partition("=")
        given = {"metadata": "read", **self.permissions}.get(name, "none")
        return PERMISSION_LEVELS.index(given) >= PERMISSION_LEVELS.index(level)


PERMISSION_LEVELS = ("none", "read", "write", "admin")
