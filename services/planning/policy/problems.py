"""Problems of a policy, from what pydantic says to findings with a place and a way out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.planning.policy.source import Path, Place, Source

_KINDS = {
    "int": "a whole number",
    "bool": "true or false",
    "string": "a text",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "float": "a number",
}


@dataclass(frozen=True, slots=True)
class Problems:
    """Turns validation errors of what lies at `base`, checked with `model`, into findings of `source`."""

    source: Source
    model: type[BaseModel]
    base: Path = ()

    def add(self, error: ValidationError) -> None:
        """One finding a place: the branches of a union all complain, and the first says enough."""
        told: set[tuple[Path, bool]] = set()
        for details in error.errors(include_url=False):
            path = self._path(details)
            about_key = details["type"] in {"missing", "extra_forbidden"}
            if (path, about_key) not in told:
                told.add((path, about_key))
                self._add_one(details, path)

    def _path(self, details: ErrorDetails) -> Path:
        """Without the branches of unions, which pydantic counts in."""
        path = self.base
        if details["type"] == "missing":
            return self._trimmed(details["loc"][:-1], path) + details["loc"][-1:]
        return self._trimmed(details["loc"], path)

    def _trimmed(self, loc: tuple[int | str, ...], path: Path) -> Path:
        for step in loc:
            if (*path, step) in self.source.places:
                path = (*path, step)
        return path

    def _add_one(self, details: ErrorDetails, path: Path) -> None:
        name = spoken(path)
        match details["type"]:
            case "extra_forbidden":
                known = _known_keys(self.model, details["loc"][:-1])
                place = self.source.keys.get(path, Place())
                message = f"there is no key `{path[-1]}` here"
                self.source.complain("policy_unknown_key", place, message, suggestion(str(path[-1]), known))
            case "missing":
                self.source.complain("policy_missing_key", self.source.place(path), f"`{name}` is missing")
            case _:
                code, message, fix = _explained(details)
                self.source.complain(code, self.source.place(path), f"`{name}` {message}", fix)


def spoken(path: Path) -> str:
    """`phases[2].retries`, counting from 1 as people do."""
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Did you mean …, or else what there is."""
    words = sorted(known)
    return did_you_mean(word, words) or (f"There are: {', '.join(words)}." if words else "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, if any is near."""
    from difflib import get_close_matches

    close = get_close_matches(word.casefold(), {one.casefold(): one for one in known}, 1)
    return next((f"Did you mean `{one}`?" for one in known if close and one.casefold() == close[0]), "")


def _explained(details: ErrorDetails) -> tuple[str, str, str]:
    """Code, predicate and way out."""
    kind, context, given = details["type"], details.get("ctx", {}), details["input"]
    match kind:
        case "literal_error":
            allowed = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
            fix = did_you_mean(given, allowed) if isinstance(given, str) else ""
            return "policy_bad_value", f"has to be {context['expected']}, not {_shown(given)}", fix
        case "greater_than_equal":
            return "policy_bad_value", f"has to be at least {context['ge']}, not {_shown(given)}", ""
        case "less_than_equal":
            return "policy_bad_value", f"has to be at most {context['le']}, not {_shown(given)}", ""
        case "string_too_short" | "too_short":
            return "policy_bad_value", "must not be empty", ""
        case "value_error":
            return "policy_bad_value", f"cannot be used: {context['error']}", ""
        case "bad_duration" | "bad_match" | "bad_approver":
            return f"policy_{kind}", f"{details['msg']}, not {_shown(given)}", ""
        case "bad_window" | "bad_condition" | "secret_in_text" | "bad_value":
            return f"policy_{kind}", details["msg"], ""
        case "string_pattern_mismatch":
            return "policy_bad_value", f"has to look like {context['pattern']}, not {_shown(given)}", ""
    wanted = _KINDS.get(kind.partition("_")[0])
    if wanted is None or not kind.endswith(("_type", "_parsing", "_from_float", "_attributes_type")):
        return "policy_bad_value", f"cannot be used: {details['msg']}", ""
    fix = "Put it in quotes." if wanted == "a text" and isinstance(given, int | float) else ""
    return "policy_wrong_type", f"has to be {wanted}, not {_shown(given)}", fix


def _shown(given: object) -> str:
    """What was written, without its innards."""
    match given:
        case None:
            return "empty"
        case bool():
            return str(given).lower()
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"`{given if len(given) <= 40 else given[:39] + '…'}`"
    return f"`{getattr(given, 'text', given)}`"


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> Collection[str]:
    """The keys of the model that lies at `loc` within `model`."""
    for step in loc:
        inner = _model_in(model.model_fields[step].annotation) if step in model.model_fields else None
        model = inner or model
    return {field.alias or name for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)
