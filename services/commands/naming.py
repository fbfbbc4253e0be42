"""Naming phases: which phase of a plan people mean by a number, a title, a key or an issue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from services.commands.orders import CommandInvalid
from services.domain.phase import Phase
from services.domain.plan import Plan

_WORD = re.compile(r"^(?:phase|step|stage|milestone|sprint|part|iteration)\s+(?=\S)", re.IGNORECASE)
_QUOTED = re.compile(r"""^(?:"([^"]+)"|'([^']+)'|“([^”]+)”|\*\*([^*]+)\*\*)(.*)$""", re.DOTALL)


def phase_named(plan: Plan, name: str) -> Phase:
    """Raises CommandInvalid, naming what comes close."""
    wanted = _plain(name)
    for means in (_is_called, _begins_like):
        found = [phase for phase in plan if means(phase, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise CommandInvalid(f"`{name}` may be {_choices(found)}", fix="Say it by its number.")
    raise CommandInvalid(f"there is no phase `{name}` in this plan", fix=_did_you_mean(plan, wanted))


def phase_first(plan: Plan, words: str) -> tuple[Phase, str]:
    """The phase that the words begin with, and what follows. Raises CommandInvalid if they begin with none."""
    if quoted := _QUOTED.match(words.strip()):
        name = next(one for one in quoted.groups()[:4] if one)
        return phase_named(plan, name), _remainder(quoted[5])
    parts = words.split()
    for count in range(len(parts), 0, -1):
        name = _plain(" ".join(parts[:count]))
        found = [phase for phase in plan if _is_called(phase, name)]
        if len(found) == 1:
            return found[0], _remainder(" ".join(parts[count:]))
    raise CommandInvalid(f"`{words}` does not begin with a phase of this plan", fix=_did_you_mean(plan, _plain(words)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean x?`, or nothing if nothing comes close."""
    by_fold: dict[str, str] = {one.casefold(): one for one in known}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f"Did you mean `{by_fold[close[0]]}`?" if close else ""


def _is_called(phase: Phase, name: str) -> bool:
    issue = f"#{phase.issue.number}" if phase.issue else None
    return name in (_plain(phase.number or ""), _plain(phase.title), _plain(phase.name), phase.key.casefold(), issue)


def _begins_like(phase: Phase, name: str) -> bool:
    return len(name) > 2 and _plain(phase.title).startswith(name)


def _plain(name: str) -> str:
    """Without quotes, the word for phase, and what marks it as a heading."""
    text = name.strip().strip("\"'“”*`").strip().rstrip(":.,").strip()
    return " ".join(_WORD.sub("", text).split()).casefold()


def _remainder(words: str) -> str:
    return re.sub(r"^[\s:;,–—-]+|^\s*because\s+", "", words).strip()


def _choices(phases: list[Phase]) -> str:
    return " or ".join(f"`{phase.name}`" for phase in phases[:4])


def _did_you_mean(plan: Plan, wanted: str) -> str:
    names = {phase.title: phase for phase in plan}
    guess = did_you_mean(wanted, names)
    if guess:
        return guess
    first = [f"`{phase.name}`" for phase in list(plan)[:3]]
    return f"It has {', '.join(first)}{' and more' if len(plan.phases) > len(first) else ''}."
