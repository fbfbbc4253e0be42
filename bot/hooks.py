"""Hooks: where webhooks are taken in, and the secrets that they may be signed with."""

from __future__ import annotations

from bot.settings import Settings
from bot.tracker import HOOK_PATH, Tracker


class Hooks:
    """The operator's secrets, and the one that a local tracker makes for itself."""

    def __init__(self, settings: Settings, tracker: Tracker | None) -> None:
        """`tracker` is told where to send; None where there are no issues to hear of."""
        self._settings = settings
        self._tracker = tracker
        given = (settings.webhook_secret, settings.webhook_secret_old)
        self._given = tuple(one.get_secret_value().encode() for one in given if one)
        self._tracker_secrets: tuple[bytes, ...] = ()
        self._url = ""

    @property
    def url(self) -> str:
        """Where webhooks are taken in, as others reach it; empty while they are not."""
        return f"{self._settings.public_url.rstrip('/') or self._url}{HOOK_PATH}" if self._url else ""

    def listen(self, url: str) -> None:
        """From now on webhooks are taken in at `url` (below it, `/webhooks/github`); a local tracker is told to send them."""
        self._url = url
        secret = self._tracker.listen(f"{url}{HOOK_PATH}") if self._tracker else None
        self._tracker_secrets = (secret,) if secret else ()

    def secrets(self) -> tuple[bytes, ...]:
        """The secrets a webhook may be signed with, the present one first."""
        return self._given + self._tracker_secrets
