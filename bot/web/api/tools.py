"""`/api/tools`: which tools there are, what they take, and how they have fared."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from bot.web.api.shapes import Shape
from bot.web.auth import Viewer
from services.execution.registry import Availability

router = APIRouter(prefix="/tools", tags=["tools"])


class ToolMetrics(Shape):
    """Since this process began; times in seconds."""

    success_count: int
    error_count: int
    elapsed_total: float
    elapsed_last: float
    elapsed_average: float


class ToolShape(Shape):
    """A tool that policies may name."""

    name: str
    availability: Availability
    why: str = Field(description="What keeps it from being run; empty if nothing does")
    metrics: ToolMetrics
    input: dict[str, Any] = Field(description="JSON Schema of what it takes; empty for one that could not be loaded")


class Tools(Shape):
    """Tools by name."""

    tools: list[ToolShape]


@router.get("")
def list_tools(permit: Viewer) -> Tools:
    """The tools of this process, with their metrics."""
    registry = permit.bot.registry
    inputs = registry.inputs()
    return Tools(
        tools=[
            ToolShape(
                name=name,
                availability=status.availability,
                why=status.why,
                metrics=ToolMetrics.model_validate(status.metrics),
                input=inputs[name].model_json_schema() if name in inputs else {},
            )
            for name, status in registry.snapshot().items()
        ]
    )
