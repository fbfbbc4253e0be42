"""Exit codes: what the command line tells a script, and which error leads to which."""

from __future__ import annotations

from enum import IntEnum

from services.domain.errors import NotAllowed, RemoteUnavailable, StorageUnavailable, TransientError, UserError


class Exit(IntEnum):
    """Documented, and never renumbered."""

    DONE = 0
    """Done, or only a person's work, verdict or approval is left."""
    FAILED = 1
    """A phase failed (except under `on_error: continue`) or is blocked; a check found something."""
    INVALID = 2
    """Usage, settings, plan or policy are invalid; nothing was written."""
    REMOTE = 3
    """GitHub cannot be reached or will not answer; nothing was written."""
    NOT_ALLOWED = 4
    """No credentials, wrong ones, or too little permission."""
    INTERRUPTED = 5
    """Interrupted or partial; the same command goes on."""
    CRASHED = 70
    """A mistake of phasebot's own."""


BY_ERROR: tuple[tuple[type[Exception], Exit], ...] = (
    (RemoteUnavailable, Exit.REMOTE),
    (NotAllowed, Exit.NOT_ALLOWED),
    (StorageUnavailable, Exit.INTERRUPTED),
    (TransientError, Exit.INTERRUPTED),
    (UserError, Exit.INVALID),
)
"""First match."""


def exit_for(error: Exception) -> Exit | None:
    """The exit code of an error that is not our own mistake; None for one that is."""
    return next((code for kind, code in BY_ERROR if isinstance(error, kind)), None)
