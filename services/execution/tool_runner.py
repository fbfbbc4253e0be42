"""ToolRunner: the only place where a tool is run.

Validates the input, runs the tool, validates the output; whatever goes wrong becomes a Failure, and however it ends, the
registry's metrics are updated. `scripts/check_invariants.py` proves that nothing else runs a tool.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from services.domain.failure import Failure
from services.execution.envelope import InvalidInput, InvalidOutput, envelope
from services.execution.redaction import Redactor
from services.execution.registry import Registry
from services.execution.tool import Context, Tool
from services.ports import Clock


class FailureLog(Protocol):
    """Where the traceback of a failed run goes: to our own log, never to people."""

    def __call__(self, failure: Failure, error: BaseException) -> None: ...


class ToolRunner:
    """Runs tools. Safe to use from several threads."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        log: FailureLog,
        *,
        redactor: Redactor | None = None,
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.registry = registry
        self._clock = clock
        self._log = log
        self._redactor = redactor or Redactor()
        self._seconds = seconds

    def run(self, name: str, arguments: Mapping[str, Any], context: Context) -> BaseModel | Failure:
        """The tool's output, or why there is none. Raises nothing but what ends the process."""
        failed = True
        began = self._seconds()
        try:
            tool = self.registry.available(name)
            output = _checked_output(tool, tool.run(_checked_input(tool, arguments), context))
            failed = False
        except Exception as error:  # noqa: BLE001 - every failure of a tool becomes an envelope, and is logged
            return self._failure(name, error, context)
        finally:
            self.registry.record(name, self._seconds() - began, failed=failed)
        return output

    def _failure(self, name: str, error: Exception, context: Context) -> Failure:
        bare = envelope(error)
        failure = replace(
            bare,
            tool=name,
            message=self._redactor.text(bare.message),
            timestamp=self._clock.now().isoformat(),
            details=self._redactor.value({**bare.details, **_output_of(context)}),
        )
        self._log(failure, error)
        return failure


def _checked_input(tool: Tool, arguments: Mapping[str, Any]) -> BaseModel:
    try:
        return tool.input_model.model_validate(arguments)
    except ValidationError as error:
        raise InvalidInput from error


def _checked_output(tool: Tool, output: object) -> BaseModel:
    """Checked by its fields, because a model instance is believed by pydantic as it stands."""
    fields = output.model_dump(warnings=False) if isinstance(output, BaseModel) else output
    try:
        return tool.output_model.model_validate(fields)
    except ValidationError as error:
        raise InvalidOutput from error


def _output_of(context: Context) -> Mapping[str, object]:
    tail = context.output.tail()
    return {"output_tail": tail, "log": context.output.location} if tail else {}
