"""Labelling: what the labels of a plan's issues are called, and the one that a person's own issue is given as a parent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import structlog

from bot.github.client import GitHub
from services.domain.errors import NotAllowed, NotFound, UserError
from services.domain.phase import IssueRef
from services.domain.plan import Plan
from services.publishing.labels import LabelNames

log = structlog.get_logger()

LabelsOf = Callable[[Plan], LabelNames]
"""What the labels of a plan's issues are called. Raises TransientError, UserError."""

REMEMBERED = 1_000
"""Plans whose names are kept, so that all the issues of one are called alike; of any other they are asked for again."""


def by_default(_: Plan) -> LabelNames:
    return LabelNames()


class Labelling:
    """`labels_of` says what the policy that counts for a plan calls them."""

    def __init__(self, labels_of: LabelsOf = by_default) -> None:
        self._labels_of = labels_of
        self._plans: OrderedDict[str, LabelNames] = OrderedDict()

    def names(self, plan: Plan) -> LabelNames:
        """Raises TransientError. Where the policy may not be read, what is usual counts."""
        if plan.id not in self._plans:
            try:
                self._plans[plan.id] = self._labels_of(plan)
            except UserError as error:
                log.warning("labels_not_known", project=plan.project, error=error.message)
                return LabelNames()
            if len(self._plans) > REMEMBERED:
                self._plans.popitem(last=False)
        return self._plans[plan.id]

    def mark(self, github: GitHub, plan: Plan) -> None:
        """A person's issue is found like every other parent. It changes nothing where the label is there already."""
        if plan.issue is None:
            return
        try:
            github.add_labels(plan.project, plan.issue.number, self.names(plan).of_parent())
        except NotFound:
            log.warning("issue_gone", project=plan.project, issue=plan.issue.number)
        except NotAllowed as error:  # nothing depends on a label
            log.warning("labels_dropped", project=plan.project, issue=plan.issue.number, error=error.message)

    def unmark(self, github: GitHub, plan: Plan, issue: IssueRef, there: frozenset[str]) -> None:
        """Take off what this account has put on; a label that somebody else has put on, before or since, stays."""
        for name in self.names(plan).of_parent():
            if name.lower() in {one.lower() for one in there} and _is_ours(github, plan.project, issue.number, name):
                github.remove_label(plan.project, issue.number, name)


def _is_ours(github: GitHub, project: str, number: int, name: str) -> bool:
    """As the issue's own record has it: who has last put the label on."""
    by = ""
    for event in github.events(project, number):
        if event.event == "labeled" and event.label.lower() == name.lower():
            by = event.actor.login if event.actor else ""
    return by == github.login
