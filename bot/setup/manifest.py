"""The manifest: what the App is to be called, may do and hears of.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

from typing import Any

PERMISSIONS = {
    "metadata": "read",
    "issues": "write",
    "contents": "write",
    "actions": "write",
    "pull_requests": "write",
    "checks": "read",
    "statuses": "read",
}
"""No more than is used: issues and their links, plans, policies and the results of phases, pull requests for them, runs and
what they say of a commit."""

EVENTS = (
    "issues",
    "issue_comment",
    "sub_issues",
    "issue_dependencies",
    "pull_request",
    "push",
    "workflow_run",
    "workflow_job",
    "check_run",
    "check_suite",
    "status",
    "repository",
)
HOOK_PATH = "/webhooks/github"


def manifest(name: str, *, home: str, redirect_url: str, public_url: str) -> dict[str, Any]:
    """`home` is a page about the App, `public_url` where GitHub reaches this server: empty, and webhooks stay off."""
    hook = {"url": f"{(public_url or home).rstrip('/')}{HOOK_PATH}", "active": bool(public_url)}
    return {
        "name": name,
        "url": public_url or home,
        "hook_attributes": hook,
        "redirect_url": redirect_url,
        "description": "Turns a plan into issues, and carries its phases out.",
        "public": False,
        "default_permissions": PERMISSIONS,
        "default_events": list(EVENTS),
    }
