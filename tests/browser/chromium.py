"""Chromium: the machine's own, driven by Playwright. Where there is none, and why that matters, is said in one sentence."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)


def chromium() -> str | None:
    """The path of the browser: CHROMIUM says it, or it is found by its usual names."""
    given = os.environ.get("CHROMIUM")
    return given or next((path for name in NAMES if (path := shutil.which(name))), None)


MISSING = (
    "no Chromium was found (looked for CHROMIUM and for chromium, chromium-browser, google-chrome): the pages were not "
    "tried in a browser. Install one, for example: apt-get install chromium"
)
