"""The dry run: exactly what `run` would publish and execute, with nothing written anywhere."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import click

from bot.cli.run.operations import Step, steps
from bot.cli.run.outcome import chosen
from bot.cli.run.request import Prepared
from bot.cli.run.words import duration, one_line
from bot.clock import SystemClock
from bot.settings import Settings, read_settings
from services.coordinator.intake import Origin, plan_from
from services.domain.phase import MANUAL, Phase
from services.domain.plan import Plan
from services.ports import PlanText
from services.publishing import bodies
from services.publishing.forecast import Pace, forecast
from services.publishing.markers import Markers

_MARKER = re.compile(r"\s*<!-- phasebot:.*?-->")
"""Hidden from readers, and signed with a key that a dry run does not make."""


@dataclass(frozen=True, slots=True)
class IssueShown:
    """An issue as it would be created. `needs` are the phases it would be blocked by."""

    title: str
    labels: tuple[str, ...]
    needs: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """Everything that would happen. Building one writes nothing."""

    prepared: Prepared
    plan: Plan
    text: PlanText
    settings: Settings

    @property
    def issues(self) -> Iterator[IssueShown]:
        """The parent, then the children in phase order; none with --no-issues."""
        if not self.prepared.request.issues:
            return
        plan, text, labels, markers = self.plan, self.text, self.prepared.labels, Markers(b"dry run")
        body = _visible(bodies.parent_body(plan, text, markers))
        yield IssueShown(bodies.parent_title(plan), labels.of_parent(), (), body)
        for phase in plan:
            needs = tuple(need.name for need in plan.needs(phase))
            body = _visible(bodies.child_body(plan, phase, text.phases[phase.key], markers))
            yield IssueShown(bodies.child_title(phase), labels.of_child(phase), needs, body)

    @property
    def requests(self) -> int:
        return forecast(self.plan).requests if self.prepared.request.issues else 0

    @property
    def takes(self) -> timedelta:
        """How long publishing takes at the least; the tracker on this machine needs no pauses."""
        if self.prepared.request.repo is None:
            return timedelta()
        settings = self.settings
        pace = Pace(timedelta(seconds=settings.write_interval), settings.writes_per_minute, settings.writes_per_hour)
        return forecast(self.plan).duration(pace)

    def steps(self, phase: Phase) -> list[Step]:
        workspace = self.prepared.request.workspace.resolve()
        return list(steps(self.plan, phase, str(workspace)))


def dry_run(prepared: Prepared) -> DryRun:
    """What this request would do if it were not for --dry-run, as a new plan."""
    origin = Origin(prepared.request.repo or "", prepared.file.source, SystemClock().now())
    plan, text = plan_from(prepared.draft, prepared.rules_for, origin, id="dry-run", tracked=prepared.request.issues)
    settings = read_settings(database_url=prepared.request.database)
    return DryRun(prepared, replace(plan, selected=prepared.selected), text, settings)


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
    for issue in run.issues:
        yield from _issue(issue, with_body=run.prepared.request.verbose)
    yield ""
    yield f"With {run.prepared.workers} at once in {run.prepared.request.workspace.resolve()}:"
    for phase in run.plan:
        yield from _phase(run, phase)
    yield ""
    yield _forecast(run)


def _issue(issue: IssueShown, *, with_body: bool) -> Iterator[str]:
    yield f"issue  {click.style(issue.title, bold=True)}  [{', '.join(issue.labels)}]"
    if issue.needs:
        yield f"       blocked by {', '.join(map(one_line, issue.needs))}"
    if with_body:
        yield from (f"       │ {line}" for line in issue.body.splitlines())


def _phase(run: DryRun, phase: Phase) -> Iterator[str]:
    yield f"phase  {click.style(one_line(phase.name), bold=True)}  {_rules(phase)}"
    if phase not in chosen(run.plan):
        yield "       not selected: stays as it is"
        return
    if phase.rules.executor == MANUAL:
        yield "       a person does it, and closes the issue"
    for step in run.steps(phase):
        yield f"       {step.tool}: {step.shown}{_circumstances(step)}"


def _rules(phase: Phase) -> str:
    rules = phase.rules
    if rules.executor == MANUAL:
        return f"{rules.executor}, on error {rules.on_error}"
    timeout = f"timeout {duration(rules.timeout)}" if rules.timeout else "no timeout"
    approval = ", after approval" if rules.approval else ""
    qa = f", then QA {rules.qa}" if rules.qa != "none" else ""
    return f"{rules.executor}, {timeout}, {rules.retries} retries, on error {rules.on_error}{approval}{qa}"


def _circumstances(step: Step) -> str:
    told = [f"in {step.cwd}"] if step.cwd else []
    told += [f"with {name}={shlex.quote(value)}" for name, value in step.env.items()]
    return f"  ({', '.join(told)})" if told else ""


def _forecast(run: DryRun) -> str:
    where = run.prepared.request.repo or "the tracker on this machine"
    if not run.requests:
        return "No issues are written."
    takes = f", at least {duration(run.takes)} at GitHub's pace" if run.takes else ""
    return f"Publishing takes about {run.requests} requests to {where}{takes}."


def _record(run: DryRun) -> dict[str, Any]:
    rules = run.plan.phases
    return {
        "title": run.plan.title,
        "source": run.plan.source,
        "workspace": str(run.prepared.request.workspace.resolve()),
        "workers": run.prepared.workers,
        "issues": [asdict(issue) for issue in run.issues],
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
