"""Progress files: plan files into which progress is written back, by whole replacement so that none is ever half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli.options import MOST_PHASES
from bot.cli.plan_file import PlanFile, read_plan
from services.domain.errors import PlanUnreadable, UserError
from services.planning.draft import PlanDraft
from services.planning.writeback import Tick, ticks, written_back


@dataclass(frozen=True, slots=True)
class ProgressFile:
    """A plan file, with its text as it was read, byte for byte."""

    plan: PlanFile
    text: str

    @classmethod
    def read(cls, path: str, *, single: bool = False) -> ProgressFile:
        """Raises PlanUnreadable."""
        plan = read_plan(path, max_phases=MOST_PHASES, single=single)
        try:
            return cls(plan, Path(path).read_bytes().decode())
        except OSError as error:
            raise PlanUnreadable(f"cannot be read: {(error.strerror or str(error)).lower()}", where=path) from None

    @property
    def draft(self) -> PlanDraft:
        return self.plan.draft

    @property
    def source(self) -> str:
        return self.plan.source

    def ticks(self, finished: Collection[str]) -> tuple[Tick, ...]:
        """What there is to tick for the phases with these keys of the draft."""
        return ticks(self.text, self.draft, finished)

    def write(self, made: Sequence[Tick]) -> None:
        """Raises UserError if the file was changed meanwhile, or cannot be written."""
        if not made:
            return
        path = Path(self.plan.source)
        try:
            if path.read_bytes().decode() != self.text:
                raise UserError("the file was changed in the meantime", where=self.plan.name, fix="Run it again.")
            _replace(path, written_back(self.text, made).encode())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(f"progress cannot be written: {reason}", where=self.plan.name) from None


def _replace(path: Path, content: bytes) -> None:
    """All of it or nothing, with the permissions that the file has; a link keeps pointing to its file."""
    path = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o7777)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
