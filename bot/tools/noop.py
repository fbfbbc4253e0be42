"""The `noop` tool: does nothing, within the process. For rehearsals and measurements."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from services.execution.tool import Context


class NoopInput(BaseModel):
    """Nothing but a name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""


class NoopOutput(BaseModel):
    """Nothing."""


class NoopTool:
    """Passes at once."""

    name: ClassVar[str] = "noop"
    input_model: ClassVar[type[BaseModel]] = NoopInput
    output_model: ClassVar[type[BaseModel]] = NoopOutput

    def run(self, given: NoopInput, context: Context) -> NoopOutput:
        return NoopOutput()
