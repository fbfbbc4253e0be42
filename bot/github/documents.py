"""Linked plans: what a link leads to. Files of a repository in the bot's own name, attachments in nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from bot.github.fetching import Bounds, fetch
from bot.github.identity import Identity, Need
from services.domain.errors import NotAllowed, NotFound
from services.planning.links import Attachment, Link, RepositoryFile
from services.planning.parser import MAX_BYTES

_RAW = "application/vnd.github.raw+json"
_STORAGE = ".githubusercontent.com"
_PASTE = "Paste the plan into the issue, or commit it to the repository and link it there."


@dataclass(frozen=True, slots=True)
class Linked:
    """A plan that was fetched. `source` is how its project knows it the next time; `project` None: it is in no repository."""

    text: bytes
    source: str
    project: str | None = None


class Documents:
    """Reads what links lead to. `identity` None: what everybody may read. `attachments` are the bounds for files that people
    attached to issues."""

    def __init__(
        self, api_url: str, identity: Identity | None, *, api_version: str = "", attachments: Bounds | None = None
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._identity = identity
        self._version = api_version
        self._attachments = attachments or Bounds((_pages_host(api_url), _STORAGE), MAX_BYTES)

    def read(self, link: Link) -> Linked:
        """Raises NotFound, NotAllowed, FetchRefused, RemoteUnavailable, each with the way out."""
        match link:
            case RepositoryFile():
                return Linked(self._file(link), link.path, link.project)
            case Attachment():
                return Linked(self._attachment(link), link.url)

    def _file(self, link: RepositoryFile) -> bytes:
        """https://docs.github.com/en/rest/repos/contents#get-repository-content"""
        path = f"/repos/{link.project}/contents/{quote(link.path)}"
        asked = f"?ref={quote(link.ref, safe='')}" if link.ref else ""
        headers = {"Accept": _RAW, **({"X-GitHub-Api-Version": self._version} if self._version else {})}
        if self._identity is not None:
            headers["Authorization"] = f"Bearer {self._identity.token(Need.of(path))}"
        place = urlsplit(self._api_url)
        bounds = Bounds((place.hostname or "",), MAX_BYTES, schemes=(place.scheme,), private=True)
        try:
            return fetch(f"{self._api_url}{path}{asked}", bounds, headers)
        except NotFound:
            fix = "Check the path and the ref, and whether the bot may read the repository."
            raise NotFound(f"there is no {link}", fix=fix) from None

    def _attachment(self, link: Attachment) -> bytes:
        """Of a private repository they are for people who are signed in, whatever token there is."""
        try:
            return fetch(link.url, self._attachments)
        except (NotFound, NotAllowed):
            raise NotAllowed("this attachment is not for everybody to read", where=link.url, fix=_PASTE) from None


def _pages_host(api_url: str) -> str:
    return (urlsplit(api_url).hostname or "").removeprefix("api.")
