"""Hosted coding agents as we use them: an issue is assigned to one, and it answers with a pull request.

An App may not assign them, only a person: their token is asked for beside the App. The field `agent_assignment` is documented
with the agents, not with issues:
https://docs.github.com/en/copilot/how-tos/use-copilot-agents/coding-agent/create-a-pr#using-the-github-api
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from bot.github.pulls import RemotePull
from services.execution.agent_pulls import AgentPull

if TYPE_CHECKING:
    from bot.github.client import GitHub

CLOCKS_APART = timedelta(minutes=5)
"""How far the server's clock may be behind ours."""
_ALIASES = {"copilot-swe-agent": "copilot"}
"""What an agent is called as an assignee and as an author, where that is another name than the one it is assigned by."""


class AgentsApi:
    """`person` is who assigns; everything is read as ourselves. Raises what `bot.github.errors` names."""

    def __init__(self, github: GitHub, person: GitHub) -> None:
        self._github = github
        self._person = person

    def assign(self, project: str, issue: int, agent: str, *, base: str, model: str, anew: bool) -> str | None:
        if anew and self.is_assigned(project, issue, agent):
            self.unassign(project, issue, agent)
        brief: dict[str, object] = {"target_repo": project, "base_branch": base, "model": model}
        said = {name: value for name, value in brief.items() if value}
        after = self._person.assign(project, issue, [agent], more={"agent_assignment": said})
        return after.html_url if any(_is(agent, login) for login in after.assignees) else None

    def unassign(self, project: str, issue: int, agent: str) -> None:
        self._person.unassign(project, issue, [agent])

    def is_assigned(self, project: str, issue: int, agent: str) -> bool:
        return any(_is(agent, login) for login in self._github.issue(project, issue).assignees)

    def pull(self, project: str, number: int) -> AgentPull:
        return _value(self._github.pulls.get(project, number))

    def pulls_about(self, project: str, issue: int, agent: str, since: datetime) -> Iterator[AgentPull]:
        first = since - CLOCKS_APART
        made = takewhile(lambda one: one.created_at >= first, self._github.pulls.newest(project))
        return (_value(one) for one in made if _is(agent, one.author) and refers_to(one.body, project, issue))


def refers_to(body: str, project: str, issue: int) -> bool:
    """Whether a text names the issue: `#12`, `owner/name#12` or its address."""
    here = re.escape(project)
    return bool(
        re.search(rf"(?:(?<![\w/#&-])|\b{here})#{issue}(?!\w)|\b{here}/issues/{issue}(?!\w)", body, re.IGNORECASE)
    )


def _value(pull: RemotePull) -> AgentPull:
    return AgentPull(pull.number, pull.standing, pull.draft, pull.html_url)


def _is(agent: str, login: str) -> bool:
    wanted, found = (one.lower().removesuffix("[bot]") for one in (agent, login))
    return found in (wanted, _ALIASES.get(wanted))
