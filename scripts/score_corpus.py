"""Scores the plan parser against labels made by hand: `score_corpus.py LABELS.jsonl FOLDER_OF_PLANS [--least F1]`.

A label is a JSON object a line: `file`, `has_phases`, and `phases` with `number`, `title`, `tasks` (a count), `depends_on`
(numbers or titles of phases the text states) and perhaps `soft_depends_on` (hedged ones, counted neither way). Prints the
figures for each kind of unit and every miss.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.planning.draft import PhaseDraft, PlanDraft
from services.planning.parser import decode, parse

Label = Mapping[str, Any]
_NOISE = re.compile(
    r"[`*_~#\[\]🎯✅⏳❌🚧]|\((?:priority:?\s*)?p\d\)|\bmvp\b|\(?(?:done|completed?|in progress|完了|erledigt)\)?\Z"
)
_PUNCTUATION = re.compile(r"[\W_]+")
_LONG_ENOUGH = 8
MEASURES = ("has_phases", "phases", "tasks", "dependencies")


@dataclass(slots=True)
class Tally:
    """Hits, and what was found or left out by mistake, by measure; with a line for each miss."""

    right: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def count(self, measure: str, *, right: int, extra: Sequence[str] = (), missing: Sequence[str] = ()) -> None:
        self.right[measure] += right
        self.extra[measure] += len(extra)
        self.missing[measure] += len(missing)
        self.misses += [f"{measure}: not so: {one}" for one in extra]
        self.misses += [f"{measure}: missing: {one}" for one in missing]

    def add(self, other: Tally) -> None:
        self.right += other.right
        self.extra += other.extra
        self.missing += other.missing

    def f1(self, measure: str) -> float:
        wrong = self.extra[measure] + self.missing[measure]
        return 2 * self.right[measure] / (2 * self.right[measure] + wrong) if self.right[measure] or wrong else 1.0

    def __str__(self) -> str:
        return "  ".join(f"{measure} {self.f1(measure):.4f}" for measure in MEASURES)


def score(label: Label, plan: PlanDraft) -> Tally:
    """One document. A wrong count of tasks is one thing not so; the units of a document without any are all extra."""
    tally = Tally()
    if plan.has_phases == label["has_phases"]:
        tally.count("has_phases", right=1)
    else:
        tally.count("has_phases", right=0, extra=[str(plan.has_phases)])
    if not label["has_phases"]:
        tally.count("phases", right=0, extra=[_called(phase.number, phase.title) for phase in plan.phases])
        return tally
    pairs = _pairs(label["phases"], plan.phases)
    wanted = label["phases"]
    tally.count(
        "phases",
        right=len(pairs),
        extra=[_called(p.number, p.title) for at, p in enumerate(plan.phases) if at not in pairs.values()],
        missing=[_called(w["number"], w["title"]) for at, w in enumerate(wanted) if at not in pairs],
    )
    for at, found in pairs.items():
        want, got = wanted[at]["tasks"], len(plan.phases[found].tasks)
        wrong = [] if want == got else [f"{_called(wanted[at]['number'], wanted[at]['title'])}: {got} for {want}"]
        tally.count("tasks", right=want == got, extra=wrong)
    _score_dependencies(tally, wanted, plan.phases, pairs)
    return tally


def _pairs(wanted: Sequence[Label], phases: Sequence[PhaseDraft]) -> dict[int, int]:
    """Which phase of the draft is which of the label: the same title and, where both have one, the same number."""
    left = list(range(len(phases)))
    pairs: dict[int, int] = {}
    for at, want in enumerate(wanted):
        twin = next((one for one in left if _same(want, phases[one])), None)
        if twin is not None:
            pairs[at] = twin
            left.remove(twin)
    return pairs


def _same(want: Label, phase: PhaseDraft) -> bool:
    one, other = sorted((_bare(want["title"]), _bare(phase.title)), key=len)
    alike = one == other or (len(one) >= _LONG_ENOUGH and one in other)
    short, long = sorted((_bare(want["number"]), _bare(phase.number)), key=len)
    return alike and long.endswith(short)


def _bare(text: object) -> str:
    """A title or number without emphasis, status, punctuation and case."""
    folded = unicodedata.normalize("NFKC", "" if text is None else str(text)).lower()
    return _PUNCTUATION.sub("", _NOISE.sub("", folded))


def _called(number: str | None, title: str) -> str:
    return f"{number} {title}" if number else title


def _score_dependencies(
    tally: Tally, wanted: Sequence[Label], phases: Sequence[PhaseDraft], pairs: Mapping[int, int]
) -> None:
    stated = set(_edges(wanted, "depends_on"))
    soft = set(_edges(wanted, "soft_depends_on"))
    places = {phases[found].key: at for at, found in pairs.items()}
    found = {
        (at, places[one.key])
        for at, place in pairs.items()
        for one in phases[place].depends_on
        if one.source == "stated" and one.key in places
    }

    def told(edges: set[tuple[int, int]]) -> list[str]:
        return [
            " needs ".join(_called(wanted[at]["number"], wanted[at]["title"]) for at in edge) for edge in sorted(edges)
        ]

    extra, missing = told(found - stated - soft), told(stated - found)
    tally.count("dependencies", right=len(stated & found), extra=extra, missing=missing)


def _edges(wanted: Sequence[Label], kind: str) -> Iterator[tuple[int, int]]:
    """The dependencies of a label, by place; it names phases by number or title."""
    places: dict[str, int] = {}
    for at, want in enumerate(wanted):
        places.setdefault(_bare(want["number"]) or _bare(want["title"]), at)
        places.setdefault(_bare(want["title"]), at)
    for at, want in enumerate(wanted):
        for name in want.get(kind, ()):
            if _bare(name) in places:
                yield at, places[_bare(name)]


def report(labels: Sequence[Label], plans: Path) -> Tally:
    """Print the misses of each document as they come, then the figures by kind of unit and in all."""
    kinds: dict[str, Tally] = defaultdict(Tally)
    for label in labels:
        name = label["file"]
        tally = score(label, parse(decode((plans / name).read_bytes(), name=name), name=name))
        kinds[label.get("unit") or "none"].add(tally)
        for miss in tally.misses:
            print(f"{name}: {miss}")
    total = Tally()
    for kind, tally in sorted(kinds.items()):
        print(f"{kind[:28]:28}  {tally}")
        total.add(tally)
    print(f"{f'all {len(labels)} documents':28}  {total}")
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Score the plan parser against labels made by hand.")
    parser.add_argument("labels", type=Path)
    parser.add_argument("plans", type=Path)
    parser.add_argument("--least", type=float, default=0.0, metavar="F1", help="fail if any figure is lower")
    chosen = parser.parse_args(arguments)
    lines = chosen.labels.read_text(encoding="utf-8").splitlines()
    total = report([json.loads(line) for line in lines if line.strip()], chosen.plans)
    return int(any(total.f1(measure) < chosen.least for measure in MEASURES))


if __name__ == "__main__":
    raise SystemExit(main())
