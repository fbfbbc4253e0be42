"""`/api/tools`: which tools there are, what they take, and how they have fared."""

from __future__ import annotations

from fastapi import APIRouter

from bot.web.api.shapes import Shape, ToolMetrics, ToolShape
from bot.web.auth import Viewer

router = APIRouter(prefix="/tools", tags=["tools"])


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
                exposed=permit.bot.settings.exposes(name),
                metrics=ToolMetrics.model_validate(status.metrics),
                input=inputs[name].model_json_schema() if name in inputs else {},
            )
            for name, status in registry.snapshot().items()
        ]
    )
