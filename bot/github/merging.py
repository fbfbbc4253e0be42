"""Merging: has the pull request of a plan opened, and keeps what it says up to date."""

from __future__ import annotations

import structlog

from bot.github.client import GitHub
from bot.github.errors import Rejected
from bot.github.pulls import RemotePull
from services.domain.effects import OpenPull, RefreshPull
from services.domain.errors import NotAllowed, NotFound
from services.domain.messages import PullSeen
from services.domain.plan import Plan
from services.domain.pull import Pull, PullState
from services.publishing.markers import Markers
from services.publishing.pull_request import pull_body, pull_title

log = structlog.get_logger()

_NOTHING_TO_MERGE = "No commits between"
"""How GitHub words the 422 for a branch that holds nothing new."""
_NO_BRANCH = "'field': 'head', 'code': 'invalid'"
"""And that for one that it has not."""


class Merging:
    """For the plans of one account."""

    def __init__(self, github: GitHub, markers: Markers) -> None:
        self._github = github
        self._markers = markers

    def open(self, effect: OpenPull, plan: Plan) -> tuple[PullSeen, ...]:
        """A branch has one open pull request at most, so that what an earlier try has opened is found by it. Nothing is opened
        any more for a plan that has gone on."""
        pull = plan.pull
        if pull is None or pull.state is not PullState.WANTED:
            return ()
        try:
            found = self._github.pulls.open_from(plan.project, pull.branch) or self._opened(plan, pull)
        except (Rejected, NotAllowed) as refusal:
            if _NOTHING_TO_MERGE in refusal.message:
                return (_unopened(effect, plan, pull, PullState.UNNEEDED, ""),)
            log.warning("pull_refused", project=plan.project, branch=pull.branch, error=refusal.message)
            why = f"{refusal.message}\n{refusal.fix}".strip()
            if _NO_BRANCH in refusal.message:
                why = _not_there(plan, pull)
            return (_unopened(effect, plan, pull, PullState.CLOSED, why),)
        return (found.news(plan.id),)

    def _opened(self, plan: Plan, pull: Pull) -> RemotePull:
        if pull.number and (again := self._reopened(plan, pull)) is not None:
            return again
        base = pull.base or self._github.repository(plan.project).default_branch
        body = pull_body(plan, self._markers)
        return self._github.pulls.create(
            plan.project, title=pull_title(plan.title), body=body, head=pull.branch, base=base
        )

    def _reopened(self, plan: Plan, pull: Pull) -> RemotePull | None:
        """None where that is not possible any more."""
        try:
            return self._github.pulls.edit(plan.project, pull.number, {"state": "open"})
        except (Rejected, NotFound) as refusal:
            log.info("pull_not_reopened", project=plan.project, pull=pull.number, error=str(refusal))
            return None

    def refresh(self, effect: RefreshPull, plan: Plan) -> None:
        """A title that people gave it stays, and so does what they wrote around the block."""
        pull = plan.pull
        if pull is None or pull.state is not PullState.OPEN:
            return
        try:
            found = self._github.pulls.get(plan.project, pull.number)
        except NotFound:
            log.warning("pull_gone", project=plan.project, pull=pull.number)
            return
        name = pull_title(plan.title) if found.title == pull_title(effect.old_title) else found.title
        wanted = {"title": name, "body": pull_body(plan, self._markers, found.body)}
        if wanted != {"title": found.title, "body": found.body}:
            self._github.pulls.edit(plan.project, pull.number, wanted)

    def close(self, plan: Plan) -> None:
        """Of a plan that was retracted."""
        pull = plan.pull
        if pull is None or not pull.number or pull.state is not PullState.OPEN:
            return
        found = self._github.pulls.get(plan.project, pull.number)
        if found.standing is PullState.OPEN and found.author == self._github.login:
            self._github.pulls.edit(plan.project, pull.number, {"state": "closed"})


def _not_there(plan: Plan, pull: Pull) -> str:
    """With what became of the branch, by the newest attempt that brought something to it."""
    attempts = sorted((phase.attempt for phase in plan if phase.attempt), key=lambda one: one.fence, reverse=True)
    brought = (one.result.changes for one in attempts if one.result and one.result.changes)
    fate = next((changes.note for changes in brought if changes.branch == pull.branch), "not pushed")
    return f"The repository of {plan.project} has no branch {pull.branch}: it was {fate}"


def _unopened(effect: OpenPull, plan: Plan, pull: Pull, state: PullState, why: str) -> PullSeen:
    return PullSeen(plan=plan.id, cause=f"{effect.key}/refused", branch=pull.branch, state=state, why=why)
