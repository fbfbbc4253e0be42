"""The tools that come with phasebot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.execution.registry import Registry


@dataclass(frozen=True, slots=True)
class Choices:
    """What the operator has set: the hosts that `http` may ask, whether private addresses, too, and the tools that are off."""

    hosts: tuple[str, ...] = ()
    allow_private: bool = False
    off: tuple[str, ...] = ()


NOTHING_SET = Choices()


def builtin_registry(environ: Mapping[str, str], choices: Choices = NOTHING_SET) -> Registry:
    """All built-in tools. `environ` is the environment of which commands see the harmless part."""
    from bot.tools.agent import AgentTool
    from bot.tools.checks import ChecksTool
    from bot.tools.command import CommandTool
    from bot.tools.files import FilesTool
    from bot.tools.http import HttpTool, Reach
    from bot.tools.noop import NoopTool

    reach = Reach(hosts=choices.hosts, allow_private=choices.allow_private)
    tools = (AgentTool(environ), ChecksTool(environ), CommandTool(environ), FilesTool(), HttpTool(reach), NoopTool())
    return Registry(tools)


def registry_with_plugins(environ: Mapping[str, str], choices: Choices = NOTHING_SET) -> Registry:
    """The built-in tools and those of other packages, without those that the operator has switched off. Raises UnknownTool."""
    from bot.tools.plugins import add_plugins, disable

    registry = builtin_registry(environ, choices)
    add_plugins(registry)
    disable(registry, choices.off)
    return registry
