"""A new version of a document: what it changes about the plan made from the old one, and the order that makes it so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from services.coordinator.ticks import may_be_completed
from services.domain.messages import AmendPlan, PhaseShape
from services.domain.phase import Phase, Rules
from services.domain.plan import Plan
from services.domain.texts import PlanText
from services.domain.transitions import PhaseState
from services.planning.diff import Change, Diff, PhaseDiff, as_text, diff
from services.planning.outlines import PlanOutline, outline_of_plan

_TEXT = frozenset({Change.CONTENT, Change.TASKS, Change.DOCUMENTS})


@dataclass(frozen=True, slots=True)
class NewVersion:
    """How the plan compares with a new version of its document.

    `keys` says of each phase of the document which key it has in the plan, now or from the amendment on. `completed` are
    those of the plan's phases that the document has come to call done. `is_remarked`: it calls others done than before.
    `policy` is where its rules come from; None where it has none.
    """

    diff: Diff
    keys: Mapping[str, str]
    title: str
    overview: str
    old_overview: str | None
    shapes: tuple[PhaseShape, ...]
    completed: tuple[Phase, ...] = ()
    completes: bool = False
    is_remarked: bool = False
    policy: str | None = None

    def __bool__(self) -> bool:
        """True if there is anything to amend: in the document, in what it calls done, or in the rules that the policy gives."""
        return bool(self.diff or self.completed) or any(shape.rules is not None for shape in self.shapes)

    @property
    def joining(self) -> frozenset[str]:
        """Keys, in the document, of the phases that the plan does not have yet."""
        return frozenset(one.section.key for one in self.diff.phases if one.old is None)

    @property
    def reruled(self) -> tuple[str, ...]:
        """The phases that get other rules, by name."""
        changed = (one for one in self.shapes if one.rules is not None)
        return tuple(f"{one.number}: {one.title}" if one.number else one.title for one in changed)

    def lines(self) -> Iterator[str]:
        """What changes, a line for each thing."""
        yield from as_text(self.diff)
        yield from (f"~ {name} (rules)" for name in self.reruled)
        yield from (f"~ {phase.name} (done in the document)" for phase in self.completed)

    def known_as(self, wanted: Collection[str] | None) -> frozenset[str] | None:
        """The keys in the plan of these phases of the document, as far as it has them; None for all."""
        return None if wanted is None else frozenset(self.keys[key] for key in wanted if key in self.keys)

    def finished(self, plan: Plan) -> frozenset[str]:
        """Keys, in the document, of the phases that are done; not of those that it describes differently by now."""
        rewritten = {one.section.key for one in self.diff.phases if one.is_rewritten}
        done = {phase.key for phase in plan if phase.state is PhaseState.COMPLETED}
        return frozenset(key for key, known in self.keys.items() if known in done and key not in rewritten)

    def order(self, plan: Plan, cause: str) -> AmendPlan:
        return AmendPlan(
            plan=plan.id,
            cause=cause,
            title=self.title,
            overview=self.overview,
            old_overview=self.old_overview,
            phases=self.shapes,
            completes=self.completes,
            policy=self.policy,
        )


def new_version(plan: Plan, text: PlanText, made: Plan, made_text: PlanText) -> NewVersion:
    """Compare a stored plan with one just made from the new version of its document.

    Phases that stay although the document no longer has them (done, or about to leave) make no difference. If the new plan
    says only that everything is done by hand, which is so where no policy was given, the rules stay as they are.
    """
    found = diff(_without_the_leaving(plan, text), outline_of_plan(made, made_text))
    told = tuple(one for one in found.phases if one.changes != (Change.REMOVED,) or not _stays(plan, one.section.key))
    keys = dict(found.pairs) | dict(_new_keys(plan, [one.key for one in made if one.key not in found.pairs]))
    shaping = _Shaping(plan, text, made, made_text, keys)
    return NewVersion(
        diff=replace(found, phases=told),
        keys=keys,
        title=made.title,
        overview=made_text.overview,
        old_overview=text.overview if found.overview else None,
        shapes=tuple(shaping.shapes(_rewritten(told))),
        completed=tuple(_completed(plan, made, found.pairs)),
        completes=any(phase.state is PhaseState.COMPLETED for phase in made),
        policy=made.policy if _has_rules(made) else None,
        is_remarked=any(made.phase(new).ticked is not plan.phase(old).ticked for new, old in found.pairs.items()),
    )


def _completed(plan: Plan, made: Plan, pairs: Mapping[str, str]) -> Iterator[Phase]:
    """Where a phase that is done already counts as such, the new plan has it completed."""
    for phase in made:
        old = plan.phases.get(pairs.get(phase.key, ""))
        is_news = old is not None and phase.state is PhaseState.COMPLETED and not old.ticked
        if old is not None and is_news and may_be_completed(old):
            yield old


@dataclass(frozen=True, slots=True)
class _Shaping:
    """The phases of the new version, in the words of the old plan."""

    plan: Plan
    text: PlanText
    made: Plan
    made_text: PlanText
    keys: Mapping[str, str]

    def shapes(self, rewritten: Collection[str]) -> Iterator[PhaseShape]:
        """`rewritten` are the phases, by their keys in the new version, whose text is another."""
        has_rules = _has_rules(self.made)
        for phase in self.made:
            key, is_rewritten = self.keys[phase.key], phase.key in rewritten
            yield PhaseShape(
                key=key,
                title=phase.title,
                number=phase.number,
                needs=tuple(self.keys[need] for need in self.made.graph.needs[phase.key]),
                text=self.made_text.phases[phase.key] if is_rewritten else None,
                old_text=self.text.phases.get(key) if is_rewritten else None,
                rules=self._other_rules(phase) if has_rules else None,
                ticked=phase.ticked,
                paths=phase.paths,
            )

    def _other_rules(self, phase: Phase) -> Rules | None:
        old = self.plan.phases.get(self.keys[phase.key])
        return phase.rules if old is None or phase.rules != old.rules else None


def _has_rules(made: Plan) -> bool:
    return any(phase.rules != Rules() for phase in made)


def _rewritten(phases: Iterable[PhaseDiff]) -> frozenset[str]:
    return frozenset(one.new.key for one in phases if one.new and (one.old is None or _TEXT & set(one.changes)))


def _without_the_leaving(plan: Plan, text: PlanText) -> PlanOutline:
    """The plan as its document had it: what is waited for only until it has left was not said by the document."""
    outline = outline_of_plan(plan, text)
    leaving = {phase.key for phase in plan if phase.leaving}
    sections = (replace(one, needs=tuple(key for key in one.needs if key not in leaving)) for one in outline.sections)
    return replace(outline, sections=tuple(sections))


def _stays(plan: Plan, key: str) -> bool:
    phase = plan.phase(key)
    return phase.leaving or phase.state is PhaseState.COMPLETED


def _new_keys(plan: Plan, wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    """A key of its own for each phase that joins: never that of another phase, not even of one that was removed."""
    taken = {*plan.phases, *plan.removed}
    for key in wanted:
        free = next(one for one in _variants(key) if one not in taken)
        taken.add(free)
        yield key, free


def _variants(key: str) -> Iterator[str]:
    yield key
    yield from (f"{key}-{number}" for number in count(2))
