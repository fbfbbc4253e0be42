"""Every REST route the tracker has."""

from __future__ import annotations

from bot.localhub.rest import apps, comments, contents, hooks, issues, links, people

ENDPOINTS = (
    *people.ENDPOINTS,
    *apps.ENDPOINTS,
    *issues.ENDPOINTS,
    *comments.ENDPOINTS,
    *links.ENDPOINTS,
    *hooks.ENDPOINTS,
    *contents.ENDPOINTS,
)
