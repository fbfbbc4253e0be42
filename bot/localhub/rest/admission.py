"""Admission: who sends a request, and whether their token is for this."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.localhub.apps import is_installation_token
from bot.localhub.problems import Refused, archived, bad_credentials, not_found
from bot.localhub.rest.call import APP, PERSON, Asker, Endpoint
from bot.localhub.values import Grant

if TYPE_CHECKING:
    from bot.localhub.hub import Hub

INACCESSIBLE = "Resource not accessible by integration"


def asking(hub: Hub, header: str | None) -> Asker:
    """Whom the credentials stand for; 401 for those of nobody."""
    if not header:
        return Asker()
    scheme, _, value = header.partition(" ")
    token = (_password(value) if scheme.lower() == "basic" else value).strip()
    if token.count(".") == 2 and not is_installation_token(token):
        return Asker(app=hub.apps.asserted(token))
    if not is_installation_token(token):
        return Asker(hub.people.of_token(token))
    grant = hub.apps.grant_of(token)
    if grant is None:
        raise bad_credentials()
    return Asker(grant.installation.app.bot, grant)


def admit(hub: Hub, asker: Asker, endpoint: Endpoint, path: Mapping[str, Any]) -> None:
    """Refuse what these credentials are not for. What a person's role allows is up to the endpoint."""
    if endpoint.asker == APP and asker.app is None:
        raise Refused(401, "A JSON web token could not be decoded")
    if endpoint.asker != APP and asker.app is not None:
        raise bad_credentials()
    if endpoint.method != "GET" and "repo" in path:
        _check_archive(hub, asker, path)
    if asker.grant is not None:
        _check_grant(hub, asker.grant, endpoint, path)


def _check_archive(hub: Hub, asker: Asker, path: Mapping[str, Any]) -> None:
    if hub.repositories.seen_by(f"{path['owner']}/{path['repo']}", asker.user).archived:
        raise archived()


def _check_grant(hub: Hub, grant: Grant, endpoint: Endpoint, path: Mapping[str, Any]) -> None:
    if grant.installation.suspended_at:
        raise Refused(403, "This installation has been suspended")
    if endpoint.asker == PERSON or not grant.allows(endpoint.permission or "metadata=read"):
        raise Refused(403, INACCESSIBLE)
    if "repo" in path:
        repository = hub.repositories.named(f"{path['owner']}/{path['repo']}")
        if repository.id not in grant.repository_ids and (repository.private or endpoint.method != "GET"):
            raise not_found() if repository.private else Refused(403, INACCESSIBLE)


def _password(value: str) -> str:
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
