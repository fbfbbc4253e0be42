"""The events of GitHub that mean something to us: a module each, with the fields it reads and a pure translation.

A reader asks its `Sources` for what the translation needs, such as who may do what; it is called outside of any transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.github.events import comments, issues, links, places, pulls, push, runs
from bot.github.events.sources import Sources
from services.domain.messages import Message

Reader = Callable[[bytes, Sources], Sequence[Message]]
"""From the payload to messages. Raises TransientError, RemoteUnavailable; ValidationError for what is no such event."""

READERS: Mapping[str, Reader] = {
    "issues": issues.read,
    "issue_comment": comments.read,
    "sub_issues": links.read_sub_issue,
    "issue_dependencies": links.read_dependency,
    "installation": places.read_installation,
    "installation_repositories": places.read_installation,
    "repository": places.read_repository,
    "push": push.read,
    "pull_request": pulls.read,
    "workflow_run": runs.read_run,
    "workflow_job": runs.read_job,
    "check_run": runs.read_check,
    "check_suite": runs.read_check,
    "status": runs.read_check,
}
"""By the name in `X-GitHub-Event`. Any other event is not even stored."""

ABOUT_PLACES = frozenset({"installation", "installation_repositories", "repository"})
"""Those that tell of the repositories themselves, and look at each that they name."""
