"""Settings for commands about what was stored before: where nothing was, looking makes no database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings


def settings_of_stored(database: str | None) -> Settings:
    """The settings, `database` being what `--db` says. Raises NotFound where that is a file which is not there."""
    from bot.settings import read_settings
    from services.domain.errors import NotFound

    settings = read_settings(database_url=database)
    file = settings.database_file
    if file is not None and not file.exists():
        fix = "Name another one with --db, or begin: `phasebot run` and `phasebot serve` make one."
        raise NotFound("there is no database", where=str(file), fix=fix)
    return settings
