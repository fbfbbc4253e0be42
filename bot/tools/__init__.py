"""The tools that come with phasebot."""

from __future__ import annotations

from collections.abc import Mapping

from services.execution.registry import Registry


def builtin_registry(environ: Mapping[str, str]) -> Registry:
    """All built-in tools. `environ` is the environment of which commands see the harmless part."""
    from bot.tools.command import CommandTool
    from bot.tools.noop import NoopTool

    return Registry([CommandTool(environ), NoopTool()])
