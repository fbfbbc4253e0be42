"""The events `installation`, `installation_repositories` and `repository`: what becomes of the places that we work in.

None of them is believed: each makes us look at the repositories it names, as far as they are projects of ours.
https://docs.github.com/en/webhooks/webhook-events-and-payloads#installation
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from bot.github.events.payloads import Account, Payload
from bot.github.events.sources import Sources
from services.domain.messages import Message


class _Place(Payload):
    full_name: str


class _Installation(Payload):
    account: Account | None = None


class InstallationEvent(Payload):
    """`installation` and `installation_repositories`, as far as they are read."""

    action: str
    installation: _Installation
    repositories: tuple[_Place, ...] | None = None
    repositories_added: tuple[_Place, ...] = ()
    repositories_removed: tuple[_Place, ...] = ()

    def concerns(self, project: str) -> bool:
        """One that names no repositories is about all of the account's."""
        named = [*(self.repositories or ()), *self.repositories_added, *self.repositories_removed]
        if named:
            return any(project.lower() == one.full_name.lower() for one in named)
        account = self.installation.account
        return account is not None and project.lower().startswith(f"{account.login.lower()}/")


def read_installation(body: bytes, sources: Sources) -> Sequence[Message]:
    """Raises TransientError if GitHub cannot be asked now, pydantic.ValidationError for what is no such event."""
    event = InstallationEvent.model_validate_json(body)
    return [_seen(project, sources) for project in sources.projects() if event.concerns(project)]


class _Before(Payload):
    from_: str = Field("", alias="from")


class _Renamed(Payload):
    name: _Before = _Before()


class _OwnerBefore(Payload):
    user: Account | None = None
    organization: Account | None = None


class _Transferred(Payload):
    from_: _OwnerBefore = Field(_OwnerBefore(), alias="from")


class _Changes(Payload):
    repository: _Renamed = _Renamed()
    owner: _Transferred = _Transferred()


class RepositoryEvent(Payload):
    """As far as it is read."""

    action: str
    repository: _Place
    changes: _Changes = _Changes()

    def names(self) -> Iterator[str]:
        """What it is called, and what it may have been called before."""
        owner, _, name = self.repository.full_name.partition("/")
        old, before = self.changes.repository.name.from_, self.changes.owner.from_
        yield self.repository.full_name
        if old:
            yield f"{owner}/{old}"
        for account in (before.user, before.organization):
            if account is not None:
                yield f"{account.login}/{name}"


def read_repository(body: bytes, sources: Sources) -> Sequence[Message]:
    """Raises what `read_installation` raises."""
    names = {name.lower() for name in RepositoryEvent.model_validate_json(body).names()}
    return [_seen(project, sources) for project in sources.projects() if project.lower() in names]


def _seen(project: str, sources: Sources) -> Message:
    number = next((number for name, number in sources.known_as(0, project) if name == project), None)
    return sources.seen(project, number)
