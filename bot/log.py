"""The log: lines on stderr, for people or as JSON, without secrets. Ours (structlog) and the libraries' alike."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from bot.settings import Settings
from services.domain.failure import Failure
from services.execution.redaction import Redactor

_QUIET = ("urllib3", "httpx", "httpcore", "apscheduler", "github", "alembic", "uvicorn.access")
"""They tell of every request; only their warnings are wanted, unless debugging."""


def set_up(settings: Settings) -> None:
    """Send every log record of this process to stderr, at the level and in the form that the settings want."""
    handler = _Stderr()
    handler.setFormatter(_formatter(Redactor(settings.secrets()), as_json=settings.log_json))
    level = logging.getLevelName(settings.log_level.upper())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if level == logging.DEBUG else max(level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the moment: a live view takes its place for a while."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _formatter(redactor: Redactor, *, as_json: bool) -> logging.Formatter:
    rendering: Iterable[Processor] = (
        (structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer())
        if as_json
        else (structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),)
    )

    def redacted(_: WrappedLogger, __: str, line: EventDict | str) -> str:
        return redactor.text(str(line))

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=list(_SHARED),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering, redacted],
    )


def log_tool_failure(failure: Failure, error: BaseException) -> None:
    """What a ToolRunner tells: a tool's own failure is for its attempt alone, a crash is for the operator."""
    log = structlog.get_logger()
    level = log.error if failure.type == "tool_crashed" else log.debug
    level("tool_failed", type=failure.type, tool=failure.tool, exc_info=error)
