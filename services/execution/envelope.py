"""The envelope: every way in which a run can go wrong, as a Failure that says whether trying again may help."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from functools import singledispatch

from pydantic import ValidationError

from services.domain.errors import TransientError, UserError
from services.domain.failure import Failure
from services.execution.cancellation import Stop, Stopped
from services.execution.tool import ToolFailed

_PASSING = frozenset(
    {
        errno.EAGAIN,
        errno.EBUSY,
        errno.EINTR,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.ETIMEDOUT,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
    }
)
"""What the machine lacks for a moment."""


class InvalidInput(Exception):
    """The arguments do not fit the tool."""


class InvalidOutput(Exception):
    """The tool returned something that it does not promise."""


@singledispatch
def envelope(error: BaseException) -> Failure:
    """What to tell of `error`. Anything unforeseen is a defect of the tool: running it again would show it again."""
    return Failure("tool_crashed", f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


@envelope.register
def _(error: ToolFailed) -> Failure:
    return Failure(error.type, error.message, retryable=error.retryable, details=error.details)


@envelope.register
def _(error: Stopped) -> Failure:
    return Failure(error.reason.value, str(error), retryable=error.reason is not Stop.CANCELLED)


@envelope.register
def _(error: InvalidInput) -> Failure:
    return Failure("invalid_input", "the arguments do not fit the tool", details=_problems(error.__cause__))


@envelope.register
def _(error: InvalidOutput) -> Failure:
    return Failure("invalid_output", "the tool returned what it does not promise", details=_problems(error.__cause__))


@envelope.register
def _(error: UserError) -> Failure:
    return Failure(error.code, str(error))


@envelope.register
def _(error: TransientError) -> Failure:
    wait = {} if error.retry_after is None else {"retry_after": error.retry_after}
    return Failure("transient", str(error), retryable=True, details=wait)


@envelope.register
def _(error: OSError) -> Failure:
    passing = isinstance(error, ConnectionError | TimeoutError) or error.errno in _PASSING
    return Failure("os_error", str(error), retryable=passing)


def _problems(error: BaseException | None) -> Mapping[str, object]:
    """Place and sentence of each problem, without the values: those may be secrets."""
    if not isinstance(error, ValidationError):
        return {}
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return {"problems": [f"{'.'.join(map(str, one['loc'])) or 'value'}: {one['msg']}" for one in found]}
