"""GitHub before anything is done there: which token, and whether it opens the repository."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.domain.errors import NotAllowed, RemoteUnavailable, UserError

if TYPE_CHECKING:
    from bot.settings import Settings

TIMEOUT = 15.0


_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


class RepositoryInvalid(UserError):
    """What is given as a repository is no `owner/name`."""

    code = "repository_invalid"


def find_token(settings: Settings, environ: Mapping[str, str]) -> str | None:
    """`PHASEBOT_GITHUB_TOKEN`, then `GITHUB_TOKEN`, then what `gh auth token` says."""
    if settings.github_token:
        return settings.github_token.get_secret_value()
    return environ.get("GITHUB_TOKEN") or _token_of_gh()


def checked_token(settings: Settings, repo: str, environ: Mapping[str, str]) -> str:
    """A token with which the repository can be read. Raises NotAllowed or RemoteUnavailable, before anything is written."""
    if not _REPOSITORY.fullmatch(repo):
        raise RepositoryInvalid(f"{repo} is no repository", where="--repo", fix="Write it as OWNER/NAME.")
    token = find_token(settings, environ)
    if token is None:
        raise NotAllowed(
            f"writing to {repo} needs a token, and there is none",
            where="PHASEBOT_GITHUB_TOKEN",
            fix="Set PHASEBOT_GITHUB_TOKEN, or run `gh auth login`; without --repo the issues stay on this machine.",
        )
    found = ask(settings.github_api_url, f"/repos/{repo}", token)
    if found.get("has_issues") is False:
        raise NotAllowed(f"issues are switched off in {repo}", fix="Switch them on in the repository's settings.")
    return token


def ask(api_url: str, path: str, token: str) -> dict[str, Any]:
    """The answer of the API to one GET. Raises NotAllowed or RemoteUnavailable."""
    import httpx

    url = f"{api_url.rstrip('/')}{path}"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    try:
        answer = httpx.get(url, headers=headers, timeout=TIMEOUT, follow_redirects=True)
        body = answer.json() if answer.content else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise _unreachable(url, str(error) or type(error).__name__) from None
    if answer.is_success and isinstance(body, dict):
        return body
    raise _refused(url, answer.status_code, str(body.get("message", "")) if isinstance(body, dict) else "")


def _unreachable(url: str, why: str) -> RemoteUnavailable:
    return RemoteUnavailable(
        f"GitHub cannot be reached: {why}",
        where=url,
        fix="Check the connection, and PHASEBOT_GITHUB_API_URL. Nothing was written.",
    )


def _refused(url: str, status: int, message: str) -> Exception:
    if status == 401 or (status == 403 and "rate limit" not in message.lower()):
        return NotAllowed(f"GitHub refuses the token ({status} {message})", where=url, fix="Use another token.")
    if status == 404:
        return RemoteUnavailable(
            "there is no such repository, or the token may not see it",
            where=url,
            fix="Check the name, and what the token may read.",
        )
    return RemoteUnavailable(
        f"GitHub will not answer now ({status} {message})", where=url, fix="Try again later. Nothing was written."
    )


def _token_of_gh() -> str | None:
    if shutil.which("gh") is None:
        return None
    try:
        told = subprocess.run(["gh", "auth", "token"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip() or None if told.returncode == 0 else None
