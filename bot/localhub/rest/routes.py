"""Every REST route the tracker has."""

from __future__ import annotations

from bot.localhub.rest import actions, apps, comments, commits, contents, hooks, issues, links, people, pulls, statuses

ENDPOINTS = (
    *people.ENDPOINTS,
    *apps.ENDPOINTS,
    *issues.ENDPOINTS,
    *comments.ENDPOINTS,
    *links.ENDPOINTS,
    *hooks.ENDPOINTS,
    *commits.ENDPOINTS,
    *contents.ENDPOINTS,
    *pulls.ENDPOINTS,
    *statuses.ENDPOINTS,
    *actions.ENDPOINTS,
)
