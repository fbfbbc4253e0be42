"""The page about policies: every key with what it takes, every tool with its arguments, and what conditions may ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from bot.tools import builtin_registry
from services.domain.conditions import FUNCTIONS, NAMES
from services.execution.tool import PLACEHOLDERS
from services.planning.policy.language import BudgetsText, LimitsText, PolicyText, PublishText
from services.planning.policy.rules_text import OperationText, RulesText

_SECTIONS: Mapping[str, type[BaseModel]] = {
    "At the top": PolicyText,
    "`limits`": LimitsText,
    "`budgets`": BudgetsText,
    "`publish`": PublishText,
    "`defaults`, and each entry of `phases`": RulesText,
    "Each of `operations`": OperationText,
}

_INTRODUCTION = """\
# The policy

A repository's `.github/phasebot.yml`, or the file given with `--policy`, says how phases are carried out. `phasebot policy
validate` tells all that is wrong with it, `show` what counts for a phase and where that is said, `set` changes one value and
leaves comments alone, `schema` prints the [JSON Schema](policy.schema.json) for editors. [Examples](../examples/README.md).

An entry of `phases` says with `match` which phases it is about: a title or a glob (`"Release*"`), a pattern (`"/^test/"`), a
number (`2`), or `{label: name}`. The first that matches counts; what it does not say is taken from `defaults`.
"""

_AFTERWARDS = """\
## Conditions

`when` and `skip_when` take an expression, decided once, when everything a phase needs is done. What does not hold skips the
phase; reopening its issue carries it out all the same. There are `and`, `or`, `not` (also `&&`, `||`, `!`), `==`, `!=`, `<`,
`<=`, `>`, `>=`, `in`, `not in`, texts in quotes, numbers, lists, `true` and `false`, and of the plan:

{facts}

A phase is called by its title, its number, or both; without a name a question is about the phases that are needed.
`phase_modified` believes a phase that says it has changed nothing: a command says so by writing `{{"modified": false}}` to the
file `$PHASEBOT_RESULT` (`skipped`, `tokens` and `cost` can be told there, too).

## Placeholders and variables

{placeholders} are filled in, each within a single argument; the last four for operations with `foreach`. Commands have them
as `$PHASEBOT_TITLE` and so on as well. Of phasebot's own environment they see only what is harmless. A secret that `secrets`
names is given by the operator as `PHASEBOT_SECRET_<NAME>` (or, in a file, `PHASEBOT_SECRET_<NAME>_FILE`), and is taken out of
all output.
"""


def on_policies() -> str:
    """The whole page."""
    facts = "\n".join(f"- `{name}`" for name in (*NAMES, *(f'{name}("Name of a phase")' for name in FUNCTIONS)))
    placeholders = ", ".join(f"`{{{name}}}`" for name in PLACEHOLDERS)
    parts = [_INTRODUCTION]
    parts += [section for title, model in _SECTIONS.items() for section in (f"## {title}\n", _table(model))]
    parts += [_AFTERWARDS.format(facts=facts, placeholders=placeholders), "## Tools\n"]
    registry = builtin_registry({})
    for name, model in sorted(registry.inputs().items()):
        parts += [f"### `{name}`\n", f"{_words(model)}\n", _table(model)]
    return "\n".join(parts)


def _table(model: type[BaseModel]) -> str:
    properties: dict[str, Any] = model.model_json_schema(by_alias=True).get("properties", {})
    rows = (
        f"| `{key}` | {_kind(value)} | {_cell(value.get('description', ''))} |" for key, value in properties.items()
    )
    return "\n".join(["| key | takes | |", "|---|---|---|", *rows, ""])


def _kind(value: Mapping[str, Any]) -> str:
    return ", ".join(dict.fromkeys(_kinds(value))) or "anything"


def _kinds(value: Mapping[str, Any]) -> Iterator[str]:
    match value:
        case {"const": constant}:
            yield f"`{constant}`"
        case {"enum": words}:
            yield from (f"`{word}`" for word in words)
        case {"anyOf": choices} | {"oneOf": choices}:
            for choice in choices:
                yield from _kinds(choice)
        case {"type": "null"} | {"type": "array", "maxItems": 0}:
            return
        case {"type": list() as types}:
            yield from types
        case {"type": str() as kind}:
            yield {"object": "mapping", "array": "list", "integer": "number", "string": "text"}.get(kind, kind)
        case {"$ref": _}:
            yield "mapping"


def _words(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
