"""Starting: from an empty database to the first plan in a minute, and to a repository that is served, each step looked at."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.auth import Viewer
from bot.web.auth.permits import Permit
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
    found = list(examine(Place(bot.settings, os.environ, bot.options.repo))) if sees_all else []
    by_name = {one.check: one for one in found}
    return page.show(
        "start.html",
        sample=SAMPLE.read_text(encoding="utf-8"),
        checks=found,
        steps=_steps(permit, by_name.get),
        hook_url=bot.hooks.url,
        is_shared=bot.tracker.is_shared,
    )


def _steps(permit: Permit, check: Any) -> list[tuple[str, bool, str]]:
    """The way to a repository on GitHub: what each step is called, whether it is done, and what was found."""
    bot = permit.bot
    github = check("github")
    has_identity = bot.settings.app_id != "" or bot.tracker.is_shared
    has_secret = bool(bot.hooks.secrets())
    policies = partial(bot.store.policies.last)
    served = [one.id for one in bot.store.records.projects(permit.projects)]
    with_policy = [one for one in served if policies(one)]
    return [
        ("identity", has_identity, github.message if github else ""),
        ("webhooks", has_secret and bool(bot.settings.public_url), bot.settings.public_url),
        ("policy", bool(with_policy), ", ".join(with_policy[:5])),
    ]
