"""Where the repositories of projects are, for processes that carry their phases out: as the operator and the tracker say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.settings import Settings
from bot.tracker import pages_of
from bot.workspaces.origins import Access, Origin, is_project, url_of

if TYPE_CHECKING:
    from bot.github.identity import Identity

DEFAULT = "{server}/{owner}/{name}.git"


@dataclass(frozen=True, slots=True)
class ProjectOrigins:
    """`is_shared`: the tracker is a GitHub, whose repositories can be cloned without anything being said. `identity` opens
    them; without it, git's own settings do."""

    settings: Settings
    identity: Identity | None
    is_shared: bool

    def of(self, project: str) -> Origin | None:
        """None: nobody knows a repository of this name."""
        found = self._at(project)
        return Origin(project, found, self._tokens(project, found, lent=False)) if found else None

    def lent(self, project: str, access: Access) -> tuple[str, str] | None:
        """The address and a token for a machine of ours that has none itself: one that opens nothing else, and ends soon, or
        "" where there is no such token. Raises what `bot.github.errors` names."""
        found = self._at(project)
        return (found, self._tokens(project, found, lent=True)(access)) if found else None

    def _at(self, project: str) -> str:
        template = self.settings.git_url or (DEFAULT if self.is_shared else "")
        return url_of(template, project, pages_of(self.settings.github_api_url)) if is_project(project) else ""

    def _tokens(self, project: str, url: str, *, lent: bool) -> Callable[[Access], str]:
        """Tokens are sent to the server that has made them, and nowhere else."""
        identity = self.identity if _host(url) == _host(pages_of(self.settings.github_api_url)) else None

        def token(access: Access) -> str:
            if identity is None:
                return ""
            from bot.github.identity import CODE, Need

            need = Need(project, CODE[access])
            return identity.lent(need) if lent else identity.token(need)

        return token


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or "" if parts.scheme in ("http", "https") else ""
