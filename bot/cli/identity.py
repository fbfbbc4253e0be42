"""In whose name a command acts on GitHub, and whether that opens the repository, before anything is done there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.domain.errors import NotAllowed, RemoteUnavailable, TransientError, UserError

if TYPE_CHECKING:
    from bot.github.identity import Identity
    from bot.settings import Settings

_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


class RepositoryInvalid(UserError):
    """What is given as a repository is no `owner/name`."""

    code = "repository_invalid"


def find_identity(settings: Settings, environ: Mapping[str, str]) -> Identity | None:
    """The App that was set; `PHASEBOT_GITHUB_TOKEN`; the App that `setup` has stored; then `GITHUB_TOKEN`, then what
    `gh auth token` says. Raises AppKeyInvalid, SettingsInvalid."""
    from bot.github.identity import PersonalToken

    if settings.app_id:
        return _app(settings)
    token = settings.github_token.get_secret_value() if settings.github_token else ""
    token = token or environ.get("GITHUB_TOKEN") or _token_of_gh() or ""
    return PersonalToken(token) if token else None


def _app(settings: Settings) -> Identity:
    from bot.clock import SystemClock
    from bot.github.app import AppIdentity

    if settings.app_private_key is None:
        raise NotAllowed(
            f"the App {settings.app_id} has no key",
            where="PHASEBOT_APP_PRIVATE_KEY",
            fix="Set it, or name the file it is in with PHASEBOT_APP_PRIVATE_KEY_FILE.",
        )
    key = settings.app_private_key.get_secret_value()
    version = settings.github_api_version
    return AppIdentity(settings.github_api_url, settings.app_id, key, SystemClock(), api_version=version)


def checked_identity(settings: Settings, repo: str, environ: Mapping[str, str]) -> Identity:
    """Somebody who can read the repository. Raises NotAllowed or RemoteUnavailable, before anything is written."""
    if not _REPOSITORY.fullmatch(repo):
        raise RepositoryInvalid(f"{repo} is no repository", where="--repo", fix="Write it as OWNER/NAME.")
    identity = find_identity(settings, environ)
    if identity is None:
        raise NotAllowed(
            f"writing to {repo} needs a token, and there is none",
            where="PHASEBOT_GITHUB_TOKEN",
            fix="Set PHASEBOT_GITHUB_TOKEN, or run `gh auth login` or `phasebot setup`; without --repo the issues stay on "
            "this machine.",
        )
    if not opens(settings, identity, repo):
        raise NotAllowed(f"issues are switched off in {repo}", fix="Switch them on in the repository's settings.")
    return identity


def opens(settings: Settings, identity: Identity, repo: str) -> bool:
    """True if the repository can be read, and has issues. Raises NotAllowed or RemoteUnavailable."""
    from bot.clock import SystemClock
    from bot.github.client import GitHub
    from bot.github.session import Access

    github = GitHub(Access(settings.github_api_url, identity, settings.github_api_version), SystemClock())
    where = f"{settings.github_api_url.rstrip('/')}/repos/{repo}"
    try:
        return github.repository(repo).has_issues
    except NotAllowed as refusal:
        raise NotAllowed(refusal.message, where=where, fix=refusal.fix) from None
    except RemoteUnavailable as error:
        raise _unreachable(error.message, where) from None
    except TransientError as error:
        raise RemoteUnavailable(str(error), where=where, fix="Try again later. Nothing was written.") from None
    except UserError as error:
        raise RemoteUnavailable(
            f"there is no such repository, or it may not be seen ({error.message})",
            where=where,
            fix="Check the name, and what the token may read.",
        ) from None
    finally:
        github.close()


def _unreachable(why: str, where: str) -> RemoteUnavailable:
    fix = "Check the connection, and PHASEBOT_GITHUB_API_URL. Nothing was written."
    return RemoteUnavailable(why, where=where, fix=fix)


def _token_of_gh() -> str | None:
    if shutil.which("gh") is None:
        return None
    try:
        told = subprocess.run(["gh", "auth", "token"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip() or None if told.returncode == 0 else None
