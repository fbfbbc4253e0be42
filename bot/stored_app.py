"""The stored App: what `phasebot setup` was given by GitHub, kept beside the database for nobody else to read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from services.domain.errors import StorageUnavailable

FILE = "app.json"


@dataclass(frozen=True, slots=True)
class StoredApp:
    """A GitHub App and its secrets; `api_url` is the server that knows it, `html_url` its page there."""

    id: str
    slug: str
    api_url: str
    html_url: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


def store_app(folder: Path, app: StoredApp) -> Path:
    """Write it down, whole or not at all. Raises StorageUnavailable."""
    path, fresh = folder / FILE, folder / f".{FILE}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(app), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise StorageUnavailable(f"the App cannot be kept: {error.strerror}", where=str(path)) from None
    return path


def stored_app(folder: Path) -> StoredApp | None:
    """None where there is none. Raises StorageUnavailable for a file that is not what `store_app` wrote."""
    path = folder / FILE
    try:
        return StoredApp(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError):
        fix = "Give it back what it held, or remove it and run: phasebot setup"
        raise StorageUnavailable("this does not hold a GitHub App", where=str(path), fix=fix) from None
