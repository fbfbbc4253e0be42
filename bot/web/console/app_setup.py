"""App set-up: from the guide to a GitHub App of one's own, by one click here and one on GitHub.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.settings import Settings
from bot.stored_app import store_app, stored_app
from bot.tracker import pages_of
from bot.web.auth import Admin
from bot.web.auth.cookies import APP, Cookies, new_id
from bot.web.auth.middleware import content_security
from bot.web.auth.sign_in import door_of
from bot.web.console.rendering import Fields, Page, Shown, field, sentence
from bot.web.failures import Problem
from services.domain.errors import TransientError, UserError

router = APIRouter(include_in_schema=False)

_SECONDS = 3600
_DONE = "/start/app/done"
_ORGANIZATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")


def may_be_made(settings: Settings) -> bool:
    """Nobody acts on GitHub yet, so an App that is made now would be the one to act."""
    return not settings.app_id and settings.github_token is None and stored_app(settings.home) is None


@router.post("/start/app")
def ask_for_app(request: Request, permit: Admin, page: Shown, form: Fields) -> Response:
    """The page with the button that leads to GitHub: what the App may do is sent along, and shown there first."""
    permit.require()
    organization = field(form, "organization", 60).strip()
    if organization and not _ORGANIZATION.fullmatch(organization):
        return page.lead("/start", f"`{organization}` is no organization on GitHub.", "bad")
    settings = permit.bot.settings
    _refuse_another(settings)
    state, target = new_id(), pages_of(settings.github_api_url)
    owner = f"/organizations/{organization}" if organization else ""
    response = page.show(
        "app.html",
        section="operations",
        action=f"{target}{owner}/settings/apps/new?{urlencode({'state': state})}",
        manifest=_manifest(request, settings, target),
        server=urlsplit(target).netloc,
        public_url=settings.public_url,
    )
    response.headers["content-security-policy"] = content_security(forms=f"'self' {_origin(target)}")
    door_of(request).cookies.write(response, APP, state, _SECONDS)
    return response


@router.get(_DONE)
def come_back(request: Request, permit: Admin, page: Shown, code: str = "", state: str = "") -> Response:
    """Back from GitHub, once, and only to the browser that began it: the App is fetched and kept."""
    permit.require()
    cookies: Cookies = door_of(request).cookies
    wanted = cookies.read(request.headers, APP) or ""
    if not code or not wanted or not hmac.compare_digest(state.encode(), wanted.encode()):
        raise Problem(HTTPStatus.BAD_REQUEST, "state_mismatch", "this did not begin here, or too long ago: begin again")
    settings = permit.bot.settings
    _refuse_another(settings)
    response = _kept(page, settings, code)
    cookies.drop(response, APP)
    return response


def _kept(page: Page, settings: Settings, code: str) -> Response:
    from bot.setup.conversion import converted  # what speaks to GitHub is only loaded where it is needed

    try:
        app = converted(settings.github_api_url, code)
        store_app(settings.home, app)
    except (UserError, TransientError) as error:
        return page.lead("/start", f"The App was not kept: {sentence(error)}", "bad")
    return page.lead("/start", f"The App {app.slug} is kept. Below is how it comes to act.")


def _manifest(request: Request, settings: Settings, home: str) -> str:
    from bot.setup.manifest import manifest

    here = settings.public_url or str(request.base_url)
    name = f"phasebot-{secrets.token_hex(3)}"
    made = manifest(name, home=home, redirect_url=f"{here.rstrip('/')}{_DONE}", public_url=settings.public_url)
    return json.dumps(made)


def _refuse_another(settings: Settings) -> None:
    """Raises Problem: taking the place of one that acts is for whoever stands at the machine."""
    if not may_be_made(settings):
        message = "somebody acts on GitHub already; `phasebot setup --force` makes another App"
        raise Problem(HTTPStatus.CONFLICT, "app_exists", message)


def _origin(url: str) -> str:
    place = urlsplit(url)
    return f"{place.scheme}://{place.netloc}"
