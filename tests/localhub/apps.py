"""An App for tests: its manifest, its installation, and what it says of itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import jwt

from bot.localhub import Hub
from bot.localhub.values import App

from .conftest import REPO


def manifest(name: str = "Planner", **more: Any) -> dict[str, Any]:
    permissions = {"issues": "write", "contents": "read", "metadata": "read"}
    return {"name": name, "url": "https://planner.invalid", "default_permissions": permissions, **more}


def installed(hub: Hub, *repositories: str, name: str = "Planner", **more: Any) -> tuple[App, str]:
    """The App, installed in the repositories (acme/site where none is named), with its key. `more` is for its manifest."""
    app, key = hub.apps.convert(hub.apps.register(hub.people.named("ada"), manifest(name, **more)))
    places = [hub.repositories.named(one) for one in repositories or (REPO,)]
    hub.apps.install(app, places[0].owner, places)
    return app, key


def assertion(issuer: int | str, key: str, now: datetime, *, issued: int = -60, expires: int = 540) -> str:
    """A JSON web token as an App signs it; times in seconds from now."""
    at = {"iat": now + timedelta(seconds=issued), "exp": now + timedelta(seconds=expires)}
    return jwt.encode({"iss": str(issuer), **{k: int(v.timestamp()) for k, v in at.items()}}, key, algorithm="RS256")
