"""Signing in with GitHub: the web flow of the App, with `state` and PKCE; the role in each project is that in its repository.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from bot.bootstrap import Phasebot
from bot.web.auth.cookies import GITHUB, new_id
from bot.web.auth.door import Asker
from bot.web.auth.sign_in import PATH, door_of, ours, signed_in
from bot.web.failures import Problem
from services.domain.access import Caller, Role
from services.domain.errors import RemoteUnavailable

router = APIRouter(include_in_schema=False)

_SECONDS = 600
_TIMEOUT = 15.0
_MOST_PROJECTS = 200


@router.get(f"{PATH}/github")
def begin(request: Request, next: str = "/") -> Response:
    """Off to GitHub. What has to come back is kept in a signed cookie of this browser."""
    bot: Phasebot = request.app.state.phasebot
    client = bot.settings.github_client_id
    if not client or bot.settings.github_client_secret is None:
        message = "signing in with GitHub is not set up: PHASEBOT_GITHUB_CLIENT_ID and PHASEBOT_GITHUB_CLIENT_SECRET"
        raise Problem(HTTPStatus.NOT_FOUND, "not_configured", message)
    state, verifier = new_id(), new_id()
    asked = {
        "client_id": client,
        "redirect_uri": _callback(request),
        "state": state,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    web = bot.tracker.open().web_url
    response = RedirectResponse(f"{web}/login/oauth/authorize?{urlencode(asked)}", HTTPStatus.SEE_OTHER)
    kept = base64.urlsafe_b64encode(json.dumps([state, verifier, ours(next)]).encode()).decode()
    door_of(request).cookies.write(response, GITHUB, kept, _SECONDS)
    return response


@router.get(f"{PATH}/github/callback")
def come_back(request: Request, code: str = "", state: str = "") -> Response:
    """Back from GitHub: who it was, and what they may do here."""
    bot: Phasebot = request.app.state.phasebot
    cookies = door_of(request).cookies
    kept = cookies.read(request.headers, GITHUB)
    wanted, verifier, target = json.loads(base64.urlsafe_b64decode(kept)) if kept else ("", "", "/")
    if not wanted or not hmac.compare_digest(state.encode(), wanted.encode()):
        raise Problem(HTTPStatus.FORBIDDEN, "state_mismatch", "this did not begin here, or too long ago: sign in again")
    caller = _caller(bot, _token(bot, code, _callback(request), verifier))
    response = signed_in(request, Asker(caller, f"github/{caller.who}"), target)
    cookies.drop(response, GITHUB)
    return response


def _callback(request: Request) -> str:
    base = request.app.state.door.public_url or str(request.base_url)
    return f"{base.rstrip('/')}{PATH}/github/callback"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _token(bot: Phasebot, code: str, callback: str, verifier: str) -> str:
    """Raises Problem for a code that GitHub does not know."""
    secret = bot.settings.github_client_secret
    assert secret is not None
    given = {
        "client_id": bot.settings.github_client_id,
        "client_secret": secret.get_secret_value(),
        "code": code,
        "redirect_uri": callback,
        "code_verifier": verifier,
    }
    url = f"{bot.tracker.open().web_url}/login/oauth/access_token"
    found = _asked("POST", url, {"Accept": "application/json"}, data=given)
    token = found.get("access_token") if isinstance(found, dict) else None
    if not isinstance(token, str):
        raise Problem(HTTPStatus.FORBIDDEN, "sign_in_refused", "GitHub does not know this sign-in: begin again")
    return token


def _caller(bot: Phasebot, token: str) -> Caller:
    """Raises Problem for somebody who has no role in any project."""
    api = bot.tracker.open().api_url.rstrip("/")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    login = (_asked("GET", f"{api}/user", headers) or {}).get("login", "")
    grants: dict[str, Role] = {}
    for project in bot.store.records.projects()[:_MOST_PROJECTS]:
        found = _asked("GET", f"{api}/repos/{project.id}", headers)
        if found and (role := role_of(found)):
            grants[project.id] = role
    if not login or not grants:
        raise Problem(HTTPStatus.FORBIDDEN, "no_role", f"{login or 'you'} may see none of the repositories served here")
    return Caller(login, grants)


def role_of(repository: Mapping[str, Any]) -> Role | None:
    """By the permissions that GitHub says. To read a public repository is everybody's, and no role."""
    held = {name for name, has in (repository.get("permissions") or {}).items() if has}
    if "admin" in held or "maintain" in held:
        return Role.ADMIN
    if "push" in held:
        return Role.OPERATOR
    if "triage" in held or ("pull" in held and repository.get("private")):
        return Role.VIEWER
    return None


def _asked(method: str, url: str, headers: Mapping[str, str], **what: Any) -> Any:
    """What is answered; None for what is not there or not theirs. Raises RemoteUnavailable."""
    import httpx  # late: few servers are signed in to that way, and it takes memory from all

    try:
        answer = httpx.request(method, url, headers=dict(headers), timeout=_TIMEOUT, **what)
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RemoteUnavailable(
                f"GitHub will not answer now ({answer.status_code})", where=url, fix="Try again later."
            )
        return answer.json() if answer.is_success else None
    except (httpx.HTTPError, ValueError) as error:
        raise RemoteUnavailable(f"GitHub cannot be reached: {error}", where=url, fix="Try again later.") from None
