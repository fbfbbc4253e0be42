"""Pull requests as we use them: found by their branch, opened, edited, reopened.

https://docs.github.com/en/rest/pulls/pulls
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, field_validator

from services.domain.messages import PullSeen
from services.domain.pull import PullState

if TYPE_CHECKING:  # the web server knows the events, and has no use for a client
    from bot.github.session import Sessions


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Account(_Answer):
    login: str


class _Repository(_Answer):
    full_name: str


class _Branch(_Answer):
    ref: str
    repo: _Repository | None = None


class RemotePull(_Answer):
    """A pull request as it is on GitHub. `body` is "" for none."""

    id: int
    number: int
    state: str
    title: str
    html_url: str
    head: _Branch
    base: _Branch
    body: str = ""
    draft: bool = False
    user: _Account | None = None
    created_at: datetime
    updated_at: datetime
    merged_at: datetime | None = None

    @field_validator("body", mode="before")
    @classmethod
    def _empty_body(cls, given: Any) -> Any:
        return given or ""

    @property
    def standing(self) -> PullState:
        if self.merged_at is not None:
            return PullState.MERGED
        return PullState.OPEN if self.state == "open" else PullState.CLOSED

    @property
    def author(self) -> str:
        """Empty for one whose account is gone."""
        return self.user.login if self.user else ""

    def is_from(self, project: str, branch: str) -> bool:
        """Of a branch of the repository itself: one of a fork may be called the same."""
        home = self.head.repo.full_name if self.head.repo else ""
        return self.head.ref == branch and home.lower() == project.lower()

    def news(self, plan: str, by: str = "") -> PullSeen:
        """How it stands, for the plan whose branch it is."""
        return PullSeen(
            plan=plan,
            cause=f"pull/{self.id}/{self.standing}/{self.updated_at.isoformat()}",
            by=by,
            branch=self.head.ref,
            state=self.standing,
            number=self.number,
            url=self.html_url,
            at=self.updated_at,
        )


class PullsApi:
    """Raises what `bot.github.errors` names."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def get(self, project: str, number: int) -> RemotePull:
        return self._sessions.one(RemotePull, "GET", f"{_pulls(project)}/{number}")

    def open_from(self, project: str, branch: str) -> RemotePull | None:
        """The one that asks to merge this branch."""
        found = self._sessions.all(RemotePull, _pulls(project), state="open", **from_branch(project, branch))
        return next((one for one in found if one.is_from(project, branch)), None)

    def newest(self, project: str) -> Iterator[RemotePull]:
        """All there are, the newest first, as far as they are asked for."""
        asked = {"state": "all", "sort": "created", "direction": "desc"}
        return self._sessions.all(RemotePull, _pulls(project), **asked)

    def create(self, project: str, *, title: str, body: str, head: str, base: str) -> RemotePull:
        wanted = {"title": title, "body": body, "head": head, "base": base}
        return self._sessions.one(RemotePull, "POST", _pulls(project), wanted)

    def edit(self, project: str, number: int, changes: Mapping[str, object]) -> RemotePull:
        """`title`, `body`, `state`; whatever is not given stays."""
        return self._sessions.one(RemotePull, "PATCH", f"{_pulls(project)}/{number}", changes)


def from_branch(project: str, branch: str) -> dict[str, str]:
    """How lists of pull requests are asked for those of one branch."""
    return {"head": f"{project.partition('/')[0]}:{branch}"}


def _pulls(project: str) -> str:
    return f"/repos/{project}/pulls"
