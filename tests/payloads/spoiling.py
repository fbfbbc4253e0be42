"""Payloads with something else in them than GitHub would send: in the fields that nobody reads, or in those that are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any, get_args

from pydantic import BaseModel

from bot.github.events.comments import CommentEvent
from bot.github.events.issues import IssueEvent
from bot.github.events.links import DependencyEvent, SubIssueEvent
from bot.github.events.places import InstallationEvent, RepositoryEvent
from bot.github.events.pulls import PullEvent
from bot.github.events.push import PushEvent
from bot.github.events.runs import CheckEvent, JobEvent, RunEvent

READ_AS: Mapping[str, type[BaseModel]] = {
    "issues": IssueEvent,
    "issue_comment": CommentEvent,
    "sub_issues": SubIssueEvent,
    "issue_dependencies": DependencyEvent,
    "installation": InstallationEvent,
    "installation_repositories": InstallationEvent,
    "repository": RepositoryEvent,
    "push": PushEvent,
    "pull_request": PullEvent,
    "workflow_run": RunEvent,
    "workflow_job": JobEvent,
    "check_run": CheckEvent,
    "check_suite": CheckEvent,
    "status": CheckEvent,
}
"""What each event is read as: the fields of these are those that are used."""

JUNK: tuple[Any, ...] = (
    None,
    -1,
    10**30,
    1e300,
    True,
    "",
    "\x00\u202e<!-- phasebot:",
    "x" * 100_000,
    [],
    [[[]]],
    {},
    {"id": "x", "login": 7, "full_name": None, "body": {"from": []}},
)


def unread_spoilt(payload: Any, shape: type[BaseModel]) -> Any:
    """The same payload, with junk in every field that is not read, and more such fields wherever there may be any."""
    return _spoilt(payload, shape, cycle(JUNK))


def _spoilt(value: Any, annotation: Any, junk: Iterator[Any]) -> Any:
    shape = _shape_in(annotation)
    if shape is None:
        return value
    if isinstance(value, list):
        return [_spoilt(one, shape, junk) for one in value]
    if not isinstance(value, dict):
        return value
    used = _used(shape)
    kept = {name: _spoilt(one, used[name], junk) if name in used else next(junk) for name, one in value.items()}
    return {**kept, "made_up": next(junk), "": next(junk)}


def read_spoilt(payload: Any, shape: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Payloads with junk in one of the fields that are read, each with the name of what is wrong in it."""
    for path in _paths(payload, shape):
        for number, junk in enumerate(JUNK):
            yield f"{'.'.join(map(str, path))} is junk {number}", _replaced(payload, path, junk)
        yield f"{'.'.join(map(str, path))} is missing", _replaced(payload, path, _MISSING)


_MISSING = object()


def _paths(value: Any, annotation: Any) -> Iterator[tuple[str | int, ...]]:
    """Where the fields are that are read, those with fields in them as well."""
    shape = _shape_in(annotation)
    if shape is None:
        return
    if isinstance(value, list):
        for place, one in enumerate(value[:1]):
            yield from ((place, *rest) for rest in _paths(one, shape))
    if isinstance(value, dict):
        for name, inner in _used(shape).items():
            if name in value:
                yield (name,)
                yield from ((name, *rest) for rest in _paths(value[name], inner))


def _replaced(value: Any, path: tuple[str | int, ...], junk: Any) -> Any:
    place, *rest = path
    if isinstance(value, list):
        return [_replaced(one, tuple(rest), junk) if n == place else one for n, one in enumerate(value)]
    if rest:
        return {**value, place: _replaced(value[place], tuple(rest), junk)}
    others = {name: one for name, one in value.items() if name != place}
    return others if junk is _MISSING else {**others, place: junk}


def _used(shape: type[BaseModel]) -> dict[str, Any]:
    """The names that fields have in a payload, and what is read in each."""
    return {field.alias or name: field.annotation for name, field in shape.model_fields.items()}


def _shape_in(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation such as `tuple[Model, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _shape_in(one)) is not None), None)
