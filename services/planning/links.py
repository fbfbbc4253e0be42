"""Links: a plan that is named rather than given: a file in a repository, or a file attached to an issue.

What is read of them is only where they lead; fetching is the shell's. https://docs.github.com/en/rest/repos/contents
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from services.domain.errors import UserError

_NAME = r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+"
_SHORT = re.compile(rf"(?P<project>{_NAME}):(?P<path>[^@]+?)(?:@(?P<ref>[^@\s]+))?")
_PAGE = re.compile(rf"/(?P<project>{_NAME})/(?:blob|raw)/(?P<ref>[^/]+)/(?P<path>.+)")
_RAW = re.compile(rf"/(?P<project>{_NAME})/(?:refs/(?:heads|tags)/)?(?P<ref>[^/]+)/(?P<path>.+)")
_ATTACHED = re.compile(rf"/user-attachments/files/\d+/[^/]+|/{_NAME}/files/\d+/[^/]+")
RAW_HOST = "raw.githubusercontent.com"


class LinkInvalid(UserError):
    """It leads to no plan that could be read."""

    code = "link_invalid"


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A file in a repository, as it is at `ref` (a branch, tag or commit); empty: on the default branch."""

    project: str
    path: str
    ref: str = ""

    def __str__(self) -> str:
        return f"{self.project}:{self.path}{f'@{self.ref}' if self.ref else ''}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that somebody attached to an issue or a comment."""

    url: str

    def __str__(self) -> str:
        return self.url


Link = RepositoryFile | Attachment


def link_in(text: str, *, host: str = "github.com") -> Link | None:
    """Where the text leads, if it is nothing but a link to a plan; None for anything else, such as the path of a file.

    `host` is that of the pages of the server in use. Raises LinkInvalid for an address that leads to no plan.
    """
    text = text.strip()
    if found := _SHORT.fullmatch(text):
        return _file(found["project"], found["path"], found["ref"] or "", text)
    if "://" not in text or re.search(r"\s", text):
        return None
    place = urlsplit(text)
    if place.scheme != "https" or place.netloc.lower() not in (host.lower(), RAW_HOST):
        raise LinkInvalid(
            f"plans are read from {host} over https alone", where=text, fix="Commit the plan, and link it there."
        )
    if _ATTACHED.fullmatch(place.path):
        return Attachment(text)
    found = (_RAW if place.netloc.lower() == RAW_HOST else _PAGE).fullmatch(place.path)
    if found is None:
        fix = f"Link the file itself, such as https://{host}/OWNER/NAME/blob/main/plan.md"
        raise LinkInvalid("this page is no file", where=text, fix=fix)
    return _file(found["project"], unquote(found["path"]), unquote(found["ref"]), text)


def _file(project: str, path: str, ref: str, text: str) -> RepositoryFile:
    """Within the repository, and nothing but a path."""
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts) or "\\" in path:
        raise LinkInvalid("this is no path within a repository", where=text, fix="Write OWNER/NAME:folder/plan.md")
    return RepositoryFile(project, path, ref)
