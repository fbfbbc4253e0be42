"""Plugins: tools of other packages, found by the entry points `phasebot.tools`."""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from pydantic import BaseModel

from services.execution.registry import Registry
from services.execution.tool import Tool
from services.planning.policy.rules_text import OWN_KEYS

GROUP = "phasebot.tools"


def add_plugins(registry: Registry) -> None:
    """One that cannot be loaded is listed as broken, with the reason, and keeps nothing else from working."""
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            registry.register(_loaded(point))
        except Exception as error:  # noqa: BLE001 - a foreign package may fail in any way; it is listed as broken
            registry.mark_broken(point.name, f"{type(error).__name__}: {error}")


def disable(registry: Registry, names: Collection[str]) -> None:
    """Those that the operator does not want. Raises UnknownTool."""
    for name in names:
        registry.disable(name, "the operator has switched it off (PHASEBOT_TOOLS_OFF)")


def _loaded(point: EntryPoint) -> Tool:
    found = point.load()
    tool = found() if callable(found) else found
    for model in ("input_model", "output_model"):
        if not issubclass(getattr(tool, model), BaseModel):
            raise TypeError(f"its {model} is no pydantic model")
    if tool.name != point.name:
        raise ValueError(f"its name is {tool.name}, but its entry point is named {point.name}")
    reserved = sorted(tool.input_model.model_fields.keys() & set(OWN_KEYS))
    if reserved:
        raise ValueError(f"the policy itself gives a meaning to {', '.join(reserved)}")
    return cast("Tool", tool)
