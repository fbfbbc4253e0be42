"""Hosted coding agents, played: issues can be assigned to them, and they answer with a pull request when a script says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.localhub.values import Issue, PullDraft, Repository, User

if TYPE_CHECKING:
    from bot.localhub.hub import Hub


class HostedAgent:
    """One agent in one repository. What it writes, and when, is up to who plays it; the rules are the tracker's own."""

    def __init__(self, hub: Hub, full_name: str, user: User) -> None:
        self._hub = hub
        self._name = full_name
        self.user = user

    @property
    def issues(self) -> list[Issue]:
        """Those that it is assigned to and that are open."""
        every = self._hub.repository(self._name).issues
        return [one for one in every if self.user in one.assignees and one.is_open and one.pull is None]

    def opens(self, issue: int, body: str = "", base: str = "main") -> Issue:
        """A draft on a branch of its own, as agents do right after they were assigned."""
        branch = self.branch(issue)
        self.writes(branch, f"agent-{issue}.txt", "begun\n", base=base)
        text = body or f"Fixes #{issue}"
        draft = PullDraft(f"[WIP] Work at #{issue}", branch, base, text, draft=True)
        return self._hub.pulls.create(self._repository, self.user, draft, is_agent=True)

    def writes(self, branch: str, path: str, text: str, *, base: str = "main") -> str:
        """One more commit on a branch, which begins at `base`."""
        git = self._hub.pulls.git(self._repository)
        heads = git.heads()
        git.move(branch, commit := git.commit(heads.get(branch, heads[base]), path, text, f"Write {path}", self.user))
        self._hub.pulls.look(self._repository, self.user)
        return commit

    def is_ready(self, pull: int) -> Issue:
        """It asks for a review."""
        return self._hub.pulls.set_draft(self._repository, pull, self.user, draft=False)

    def branch(self, issue: int) -> str:
        """A name that is not taken yet."""
        heads, name = self._hub.pulls.git(self._repository).heads(), f"copilot/fix-{issue}"
        return next(one for one in (name, *(f"{name}-{n}" for n in range(2, 100))) if one not in heads)

    @property
    def _repository(self) -> Repository:
        return self._hub.repositories.named(self._name)
