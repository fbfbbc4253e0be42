"""Patches: what an attempt has changed, kept as a file beside its log, without secrets and of a bounded size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.workspaces.git import Git
from services.execution.redaction import Redactor

_SUFFIX = ".diff"
MOST = 1024 * 1024
_CUT = b"\n[... the rest is left out; see the commit]\n"


def kept_beside(log: Path) -> Patch | None:
    """What an attempt has changed, by the path of its log; None where nothing was kept on this machine."""
    try:
        text = log.with_suffix(_SUFFIX).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    rest = _CUT.decode()
    return Patch(text.removesuffix(rest), is_cut=text.endswith(rest))


@dataclass(frozen=True, slots=True)
class Patch:
    """A unified diff, or its beginning."""

    text: str
    is_cut: bool


class Patches:
    """Kept in the folder of a plan's logs, under the name that the log of the attempt has."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def keep(self, log: str, git: Git, *between: str) -> str:
        """The path of the patch; "" where nothing was changed."""
        found = git.start_of(MOST + 1, "diff", "--no-ext-diff", "--no-textconv", "--no-color", *between)
        if not found:
            return ""
        text = found[:MOST] + (_CUT if len(found) > MOST else b"")
        path = Path(log).with_suffix(_SUFFIX)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(self._redactor.text(text.decode("utf-8", "replace")), encoding="utf-8")
        fresh.replace(path)
        return str(path)
