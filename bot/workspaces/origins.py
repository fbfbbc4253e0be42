"""Origins: where the repository of a project is cloned from, and what opens it there."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.ports import Assignment

Access = Literal["read", "write"]
_PROJECT = re.compile(r"(?!\.)[A-Za-z0-9_.-]+/(?!\.)[A-Za-z0-9_.-]+")


def _no_token(_: Access) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Origin:
    """A project's repository. `token` is asked each time, because tokens end; "" leaves signing in to git's own settings."""

    project: str
    url: str
    token: Callable[[Access], str] = field(default=_no_token, repr=False)

    def environ(self, access: Access) -> Mapping[str, str]:
        """Settings for one call of git: the token is in no address, no argument and no file.

        https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader
        """
        token = self.token(access)
        if not token:
            return {}
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.url}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }


Origins = Callable[[Assignment], Origin | None]
"""Where the repository of an attempt's project is; None: there is none, and the work is done in the folder itself.

May ask a server. Raises UserError, TransientError."""


def is_project(name: str) -> bool:
    """It is an `owner/name` that can be part of a path."""
    return _PROJECT.fullmatch(name) is not None


def url_of(template: str, project: str, server: str) -> str:
    """`{server}/{owner}/{name}.git` filled in."""
    owner, _, name = project.partition("/")
    return template.replace("{server}", server.rstrip("/")).replace("{owner}", owner).replace("{name}", name)
