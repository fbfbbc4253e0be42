"""Errors, by who has to hear of them: a person who can mend it, or nobody until it has been tried again."""

from __future__ import annotations

from services.domain.findings import Finding


class UserError(Exception):
    """Something a person can mend. Says what is wrong, where, and the way out; shown as it is, never as a traceback.

    `code` is stable and documented; `where` names a file, line, setting or phase.
    """

    code = "invalid"

    def __init__(self, message: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        way_out = f"\n  {self.fix}" if self.fix else ""
        return f"{place}{self.message}{way_out}"


class PlanUnreadable(UserError):
    """The bytes given as a plan are no text that can be parsed."""

    code = "plan_unreadable"


class PlanInvalid(UserError):
    """The plan was read, but cannot become issues as it stands."""

    code = "plan_invalid"


class PolicyInvalid(UserError):
    """The policy has problems; the message lists every one of them, `findings` has them as values."""

    code = "policy_invalid"
    findings: tuple[Finding, ...] = ()

    @classmethod
    def listing(cls, findings: tuple[Finding, ...], *, where: str) -> PolicyInvalid:
        count = "1 problem" if len(findings) == 1 else f"{len(findings)} problems"
        error = cls("\n".join([count, *(f"  {_in_a_line(one)}" for one in findings)]), where=where)
        error.findings = findings
        return error


class NotFound(UserError):
    """No such plan, phase, project or issue, or none that the asker may see."""

    code = "not_found"


class Conflict(UserError):
    """It does not fit what is there already."""

    code = "conflict"


class NotAllowed(UserError):
    """Refused: no credentials, wrong ones, or too little permission."""

    code = "not_allowed"


class RemoteUnavailable(UserError):
    """GitHub (or the tracker in its place) cannot be reached or will not answer."""

    code = "remote_unavailable"


class StorageUnavailable(UserError):
    """The database cannot be opened or written: locked, full, or of another schema."""

    code = "storage_unavailable"


class PlanMoved(Exception):
    """Somebody else saved a newer version of the plan; load it and decide again."""

    code = "plan_moved"


class TransientError(Exception):
    """The outside world failed in a way that may pass. Tried again after `retry_after` seconds, or with back-off."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotNow(TransientError):
    """It was not our turn: a limit, or our own pace. Nothing was done, and waiting for it is no failure."""


def _in_a_line(finding: Finding) -> str:
    fix = f" {finding.fix}" if finding.fix else ""
    return f"line {finding.line}, column {finding.column}: {finding.message}.{fix} [{finding.code}]"
