"""The dry run: exactly what `run` would publish, amend and execute, with nothing written anywhere."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import click

from bot.cli.run.foreseen import Foreseen, foreseen
from bot.cli.run.operations import Step, steps
from bot.cli.run.outcome import chosen
from bot.cli.run.request import Prepared
from bot.cli.run.words import changes_record, duration, one_line
from bot.settings import Settings, read_settings
from services.domain.phase import MANUAL, Phase
from services.domain.plan import Plan
from services.domain.transitions import PhaseState
from services.planning.draft import PhaseDraft
from services.publishing import bodies
from services.publishing.markers import Markers

_MARKER = re.compile(r"\s*<!-- phasebot:.*?-->")
"""Hidden from readers, and signed with a key that a dry run does not make."""


@dataclass(frozen=True, slots=True)
class IssueShown:
    """An issue as it would be created. `needs` are the phases it would be blocked by; `state` is closed where the phase is
    done already."""

    title: str
    labels: tuple[str, ...]
    needs: tuple[str, ...]
    body: str
    state: str = "open"


@dataclass(frozen=True, slots=True)
class DryRun:
    """Everything that would happen. Building one writes nothing."""

    prepared: Prepared
    foreseen: Foreseen
    settings: Settings

    @property
    def plan(self) -> Plan:
        return self.foreseen.plan

    @property
    def left_out(self) -> list[PhaseDraft]:
        """Phases of the document that do not join the plan, because they are done."""
        changes = self.foreseen.changes
        there = self.plan.phases if changes is None else changes.keys
        return [one for one in self.prepared.file.draft.phases if one.key not in there]

    @property
    def issues(self) -> Iterator[IssueShown]:
        """Those to be created: the parent, then the children in phase order; none with --no-issues."""
        if not self.prepared.request.issues:
            return
        plan, text, labels, markers = self.plan, self.foreseen.text, self.prepared.labels, Markers(b"dry run")
        if plan.issue is None:
            body = _visible(bodies.parent_body(plan, text, markers))
            yield IssueShown(bodies.parent_title(plan), labels.of_parent(), (), body)
        for phase in (one for one in plan if one.issue is None):
            needs = tuple(need.name for need in plan.needs(phase))
            body = _visible(bodies.child_body(plan, phase, text.phases[phase.key], markers))
            state = "closed" if phase.state is PhaseState.COMPLETED else "open"
            yield IssueShown(bodies.child_title(phase), labels.of_child(phase), needs, body, state)

    @property
    def requests(self) -> int:
        return self.foreseen.forecast.requests if self.prepared.request.issues else 0

    @property
    def takes(self) -> timedelta:
        """How long publishing takes at the least; the tracker on this machine needs no pauses."""
        if self.prepared.request.repo is None:
            return timedelta()
        return self.foreseen.forecast.duration(self.settings.pace)

    def steps(self, phase: Phase) -> list[Step]:
        workspace = self.prepared.request.workspace.resolve()
        return list(steps(self.plan, phase, str(workspace)))


def dry_run(prepared: Prepared) -> DryRun:
    """What this request would do if it were not for --dry-run."""
    settings = read_settings(database_url=prepared.request.database)
    return DryRun(prepared, foreseen(prepared, settings), settings)


def show(prepared: Prepared) -> None:
    """On stdout, for people or as one JSON object."""
    run = dry_run(prepared)
    if prepared.request.as_json:
        click.echo(json.dumps({"event": "dry_run", **_record(run)}, ensure_ascii=False))
        return
    for line in _described(run):
        click.echo(line)


def _described(run: DryRun) -> Iterator[str]:
    yield click.style(f"{one_line(run.plan.title)}: dry run, nothing is written", bold=True)
    yield ""
    yield from _changes(run)
    for issue in run.issues:
        yield from _issue(issue, with_body=run.prepared.request.verbose)
    yield ""
    yield f"With {run.prepared.workers} at once in {run.prepared.request.workspace.resolve()}:"
    for phase in run.plan:
        yield from _phase(run, phase)
    yield ""
    yield _forecast(run)


def _changes(run: DryRun) -> Iterator[str]:
    """What becomes of a plan that the file has made before, and of what is done in it."""
    changes = run.foreseen.changes
    if changes is not None:
        told = list(changes.lines())
        yield "The plan made of this file goes on" + ("; it is amended:" if told else ", unchanged.")
        yield from told
        yield ""
    for phase in run.left_out:
        yield f"left out  {click.style(one_line(phase.title), bold=True)}: done in the document"


def _issue(issue: IssueShown, *, with_body: bool) -> Iterator[str]:
    yield f"issue  {click.style(issue.title, bold=True)}  [{', '.join(issue.labels)}]"
    if issue.state == "closed":
        yield "       closed as completed: done in the document"
    if issue.needs:
        yield f"       blocked by {', '.join(map(one_line, issue.needs))}"
    if with_body:
        yield from (f"       │ {line}" for line in issue.body.splitlines())


def _phase(run: DryRun, phase: Phase) -> Iterator[str]:
    yield f"phase  {click.style(one_line(phase.name), bold=True)}  {_rules(phase)}"
    if phase not in chosen(run.plan):
        yield "       not selected: stays as it is"
        return
    if phase.is_satisfied:
        yield f"       {phase.state}{' in the document' if phase.ticked and not phase.attempts else ''}: stays as it is"
        return
    if phase.rules.executor == MANUAL:
        yield "       a person does it, and closes the issue"
    for step in run.steps(phase):
        yield f"       {step.tool}: {step.shown}{_circumstances(step)}"
        yield from (f"         to undo it, {one.tool}: {one.shown}{_circumstances(one)}" for one in reversed(step.undo))


def _rules(phase: Phase) -> str:
    rules = phase.rules
    if rules.executor == MANUAL:
        return f"{rules.executor}, on error {rules.on_error}"
    timeout = f"timeout {duration(rules.timeout)}" if rules.timeout else "no timeout"
    approval = ", after approval" if rules.approval else ""
    conditions = {"when": rules.when, "skip when": rules.skip_when, "only if": rules.only_if}
    premises = "".join(f", {word} {text}" for word, text in conditions.items() if text)
    premises += ", in its windows" if rules.windows else ""
    qa = f", then QA {rules.qa}" if rules.qa != "none" else ""
    return f"{rules.executor}, {timeout}, {rules.retries} retries, on error {rules.on_error}{approval}{qa}{premises}"


def _circumstances(step: Step) -> str:
    told = [f"in {step.cwd}"] if step.cwd else []
    told += [f"for {step.file}"] if step.file else []
    told += [f"on error {step.on_error}"] if step.on_error != "fail" else []
    told += [f"tried {step.retries + 1} times"] if step.retries else []
    told += [f"with {name}={shlex.quote(value)}" for name, value in step.env.items()]
    return f"  ({', '.join(told)})" if told else ""


def _forecast(run: DryRun) -> str:
    where = run.prepared.request.repo or "the tracker on this machine"
    if not run.requests:
        return "No issues are written."
    takes = f", at least {duration(run.takes)} at GitHub's pace" if run.takes else ""
    return f"Publishing takes about {run.requests} requests to {where}{takes}."


def _record(run: DryRun) -> dict[str, Any]:
    rules, changes = run.plan.phases, run.foreseen.changes
    return {
        "title": run.plan.title,
        "source": run.plan.source,
        "workspace": str(run.prepared.request.workspace.resolve()),
        "workers": run.prepared.workers,
        "issues": [asdict(issue) for issue in run.issues],
        "amends": None if changes is None else {"plan": run.plan.id, **changes_record(changes)},
        "left_out": [phase.key for phase in run.left_out],
        "phases": [_phase_record(run, phase) for phase in rules.values()],
        "forecast": {"requests": run.requests, "seconds": run.takes.total_seconds()},
    }


def _phase_record(run: DryRun, phase: Phase) -> dict[str, Any]:
    rules = phase.rules
    return {
        "key": phase.key,
        "number": phase.number,
        "title": phase.title,
        "depends_on": list(run.plan.graph.needs[phase.key]),
        "selected": run.plan.is_selected(phase),
        "status": phase.status.value,
        "executor": rules.executor,
        "timeout": rules.timeout and rules.timeout.total_seconds(),
        "retries": rules.retries,
        "on_error": rules.on_error.value,
        "approval": rules.approval,
        "qa": rules.qa.value,
        "operations": [asdict(step) for step in run.steps(phase)],
    }


def _visible(body: str) -> str:
    return _MARKER.sub("", body).strip()
