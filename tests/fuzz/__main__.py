"""Fuzzes the plan parser with atheris for a bounded time: `python -m tests.fuzz [--seconds 60] [--keep FOLDER]`.

A crash leaves its input beside the corpus; running with that FOLDER again plays it back first.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

LONGEST_INPUT = 6000
SLOWEST_INPUT = 5
NOT_INSTALLED = "atheris is not installed here; it comes with: python -m pip install atheris"


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the plan parser.")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that were found, used again next time")
    chosen = parser.parse_args()
    try:
        atheris = importlib.import_module("atheris")
    except ModuleNotFoundError:
        print(NOT_INSTALLED, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        run(atheris, seconds=chosen.seconds, folder=chosen.keep or Path(folder))
    return 0


def run(atheris: ModuleType, *, seconds: int, folder: Path) -> None:
    """Instruments the parser as it is imported, which is why nothing of it is imported before. Ends the process."""
    with atheris.instrument_imports(include=["services"]):
        target = importlib.import_module("tests.fuzz.target")
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (folder / f"seed-{number}").write_bytes(seed)
    words = folder.with_suffix(".dict")
    words.write_text(_dictionary(target.words()), encoding="utf-8")
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-timeout={SLOWEST_INPUT}"]
    found = f"-artifact_prefix={folder}/"
    atheris.Setup([sys.argv[0], *options, found, f"-dict={words}", str(folder)], target.read)
    atheris.Fuzz()


def _dictionary(words: Sequence[str]) -> str:
    """The words in the form of libFuzzer: quoted, every byte beyond plain letters as hexadecimal."""
    quoted = (
        "".join(chr(b) if chr(b).isalnum() and b < 128 else f"\\x{b:02x}" for b in word.encode()) for word in words
    )
    return "".join(f'"{word}"\n' for word in quoted)


if __name__ == "__main__":
    raise SystemExit(main())
