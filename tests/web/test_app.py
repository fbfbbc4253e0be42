"""The application as a thing of this process: what holds it, and what does not."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from bot.bootstrap import Phasebot
from bot.settings import read_settings
from bot.web.app import create_app
from bot.web.auth import Access


def test_nothing_holds_an_application_that_is_no_longer_served(tmp_path: Path) -> None:
    """The framework remembers every function it calls for a route; one that knew its application would keep it for good."""
    settings = read_settings(database_url=str(tmp_path / "phasebot.db"))
    with Phasebot(settings) as phasebot:
        app = create_app(phasebot, Access.by(settings))
        held = weakref.ref(app)

    del app
    gc.collect()

    assert held() is None
