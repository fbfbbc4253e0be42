"""Keys: secrets made by this machine, for signing what comes back to us."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from bot.settings import Settings


def marker_key(settings: Settings) -> bytes:
    """The key that signs markers: the one that was set, or one made once and kept beside the database."""
    if settings.marker_key is not None:
        return settings.marker_key.get_secret_value().encode()
    return _kept_key(settings.home / "marker.key")


def session_key(settings: Settings) -> bytes:
    """The key that signs cookies: the same in all processes that have the same marker key, and of no use for markers."""
    return hmac.digest(marker_key(settings), b"sessions of the console", hashlib.sha256)


def _kept_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    key = secrets.token_hex(32).encode()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key
