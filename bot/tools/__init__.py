"""The tools that come with phasebot."""

from __future__ import annotations

from collections.abc import Mapping

from services.execution.registry import Registry


def builtin_registry(environ: Mapping[str, str]) -> Registry:
    """All built-in tools. `environ` is the environment of which commands see the harmless part, and that says which hosts
    may be asked (PHASEBOT_HTTP_HOSTS, by commas; PHASEBOT_HTTP_PRIVATE=1 for private addresses)."""
    from bot.tools.agent import AgentTool
    from bot.tools.checks import ChecksTool
    from bot.tools.command import CommandTool
    from bot.tools.files import FilesTool
    from bot.tools.http import HttpTool, Reach
    from bot.tools.noop import NoopTool

    hosts = [host.strip() for host in environ.get("PHASEBOT_HTTP_HOSTS", "").split(",") if host.strip()]
    reach = Reach(hosts=hosts, allow_private=environ.get("PHASEBOT_HTTP_PRIVATE", "") in ("1", "true"))
    tools = (AgentTool(environ), ChecksTool(environ), CommandTool(environ), FilesTool(), HttpTool(reach), NoopTool())
    return Registry(tools)


def registry_with_plugins(environ: Mapping[str, str]) -> Registry:
    """The built-in tools and those of other packages, without those that the operator has switched off
    (PHASEBOT_TOOLS_OFF, by commas)."""
    from bot.tools.plugins import add_plugins, disable

    registry = builtin_registry(environ)
    add_plugins(registry)
    disable(registry, [name.strip() for name in environ.get("PHASEBOT_TOOLS_OFF", "").split(",") if name.strip()])
    return registry
