"""Starting: from an empty database to the first plan in a minute, and to a repository that is served, each step looked at."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from bot.settings import Settings, as_stored_app
from bot.stored_app import stored_app
from bot.web.auth import Viewer
from bot.web.auth.permits import Permit
from bot.web.console.app_setup import may_be_made
from bot.web.console.rendering import Page, Shown
from services.domain.access import Role

router = APIRouter(include_in_schema=False)

SAMPLE = Path(__file__).with_name("sample.md")


@router.get("/start")
def start_page_again(permit: Viewer, page: Shown) -> Response:
    return start_page(permit, page)


def start_page(permit: Permit, page: Page) -> Response:
    """How to begin; `doctor`'s checks are shown to whoever could mend what they find."""
    from bot.cli.checks import Place, examine  # they look at everything: only where somebody wants to know

    bot = permit.bot
    sees_all = permit.caller.may(Role.ADMIN)
    now = as_stored_app(bot.settings)  # an App may have been made since this server began
    found = list(examine(Place(now, os.environ, bot.options.repo))) if sees_all else []
    app = stored_app(now.home) if sees_all else None
    by_name = {one.check: one for one in found}
    return page.show(
        "start.html",
        sample=SAMPLE.read_text(encoding="utf-8"),
        checks=found,
        steps=_steps(permit, now, by_name.get),
        app=app,
        installs=f"{app.html_url}/installations/new" if app else "",
        may_make_app=may_be_made(bot.settings),
        hook_url=bot.hooks.url,
        is_shared=bot.tracker.is_shared,
    )


def _steps(permit: Permit, now: Settings, check: Any) -> list[tuple[str, bool, str]]:
    """The way to a repository on GitHub: what each step is called, whether it is done, and what was found."""
    bot = permit.bot
    github, secret = check("github"), check("webhook_secret")
    has_identity = (now.app_id != "" or bot.tracker.is_shared) and github is not None and github.verdict == "fine"
    has_secret = bool(bot.hooks.secrets()) or (secret is not None and secret.verdict == "fine")
    policies = partial(bot.store.policies.last)
    with_policy = [one for one in permit.served if policies(one)]
    return [
        ("identity", has_identity, github.message if github else ""),
        ("webhooks", has_secret and bool(bot.settings.public_url), bot.settings.public_url),
        ("policy", bool(with_policy), ", ".join(with_policy[:5])),
    ]
