"""The `agent` tool: a coding agent's command line. The prompt goes in by standard input, a JSON result comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from string import Template
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.tools.environment import allowed
from bot.tools.process_group import Grace
from bot.tools.programs import Program, folder_in, how_it_ended, read_in, run_program, split
from services.execution.tool import Context, ToolFailed

Text = Annotated[str, Field(min_length=1)]


class AgentInput(BaseModel):
    """Which agent, and what to tell it.

    `run` is its command line, with `{model}` where the model goes; without it, the phase's `agent`. The prompt is a template
    with `$title`, `$phase`, `$plan` and the names of `values`; `version` names its revision, for comparisons.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: Text | None = None
    prompt_file: Text | None = None
    version: str = ""
    values: dict[str, str] = {}
    command: Text | None = Field(None, alias="run")
    model: str = ""
    fallback_model: str = ""
    cwd: str = ""
    env: dict[str, str] = {}
    name: str = ""

    @model_validator(mode="after")
    def _has_one_prompt(self) -> Self:
        if (self.prompt is None) is (self.prompt_file is None):
            raise ValueError("an agent takes either prompt or prompt_file")
        if self.command is not None:
            split(self.command)
        return self


class AgentOutput(BaseModel):
    """What the agent said, and what it used."""

    text: str
    model: str = ""
    prompt_version: str = ""
    tokens: int = Field(0, ge=0)
    cost: float = Field(0.0, ge=0)
    modified: bool | None = None


class AgentTool:
    """Tries the model, then the fallback. An agent that gives no result has failed, whatever its exit code."""

    name: ClassVar[str] = "agent"
    input_model: ClassVar[type[BaseModel]] = AgentInput
    output_model: ClassVar[type[BaseModel]] = AgentOutput

    def __init__(self, environ: Mapping[str, str], grace: Grace | None = None) -> None:
        self._environ = allowed(environ)
        self._grace = grace or Grace()

    def run(self, given: AgentInput, context: Context) -> AgentOutput:
        context.cancellation.check()
        command = given.command or context.agent
        if not command:
            raise ToolFailed("no_agent", "neither the operation nor the phase says which agent to run")
        prompt, used = _prompt(given, context), 0
        models = list(
            dict.fromkeys((given.model or context.model, given.fallback_model or given.model or context.model))
        )
        for model in models:
            result = self._asked(command, model, prompt, given, context)
            used += _tokens(result)
            if (problem := _problem(result)) is None:
                return _output(result, model, given.version, used)
            context.output.write(f"\n{model or 'the agent'}: {problem}\n".encode())
        raise ToolFailed("agent_failed", str(problem), retryable=True, details={"models": models, "tokens": used})

    def _asked(self, command: str, model: str, prompt: str, given: AgentInput, context: Context) -> Mapping[str, Any]:
        """The JSON result; one made here where it gave none."""
        program = Program(
            argv=[context.fill(word).replace("{model}", model) for word in split(command)],
            folder=folder_in(context, given.cwd),
            environ={**self._environ, **context.environment, **given.env, "PHASEBOT_MODEL": model},
            said=prompt,
            capture=True,
        )
        ended = run_program(program, context, self._grace)
        result = next(_objects(ended.text), None)
        if result is None:
            return {"is_error": True, "result": f"it gave no JSON result and {how_it_ended(ended.exit_code)}"}
        if ended.exit_code:
            return {**result, "is_error": True, "result": result.get("result") or how_it_ended(ended.exit_code)}
        return result


def _prompt(given: AgentInput, context: Context) -> str:
    text = given.prompt if given.prompt is not None else read_in(context, given.prompt_file or "")
    if text is None:
        raise ToolFailed("no_prompt", f"there is no prompt in {given.prompt_file}")
    values = {**context.placeholders, **{name: context.fill(value) for name, value in given.values.items()}}
    try:
        return Template(text).substitute(values)
    except (KeyError, ValueError) as error:
        raise ToolFailed("bad_prompt", f"the prompt cannot be filled in: {error}") from None


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """JSON objects in the output that are results, the last first: agents write other lines before."""
    for candidate in (text.strip(), *reversed(text.splitlines())):
        try:
            found = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(found, dict) and "result" in found:
            yield found


def _problem(result: Mapping[str, Any]) -> str | None:
    if result.get("is_error"):
        return str(result.get("result") or "it reported an error")
    return None if isinstance(result.get("result"), str) else "its result is no text"


def _tokens(result: Mapping[str, Any]) -> int:
    """All that were used: prompt, answer, and what was cached. `usage` as the agents' command lines give it."""
    usage = result.get("usage")
    counts = usage.values() if isinstance(usage, Mapping) else (result.get("tokens", 0),)
    return sum(count for count in counts if isinstance(count, int) and not isinstance(count, bool))


def _output(result: Mapping[str, Any], model: str, version: str, used: int) -> AgentOutput:
    cost = result.get("total_cost_usd", result.get("cost", 0.0))
    return AgentOutput(
        text=str(result["result"])[:20_000],
        model=str(result.get("model") or model),
        prompt_version=version,
        tokens=used,
        cost=cost if isinstance(cost, int | float) else 0.0,
        modified=result["modified"] if isinstance(result.get("modified"), bool) else None,
    )
