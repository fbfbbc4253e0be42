"""The language of the policy, version 1: which keys there are and what each takes. Also the source of its JSON Schema."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.domain.rules import Budgets
from services.planning.policy.rules_text import BudgetText, Count, EntryText, RulesText, Strict, Text

VERSION = 1

PRIORITIES = {"urgent": 10, "high": 20, "normal": 50, "low": 70, "background": 90}


class LimitsText(Strict):
    """How much may run at once."""

    running: Count | None = Field(None, description="Attempts in all.")
    project: Count | None = Field(None, description="Attempts of one project.")
    plan: Count | None = Field(None, description="Attempts of one plan.")
    workers: Count | None = Field(None, description="Workers of the local executor.")
    worker_cap: Count | None = Field(None, description="The most workers there may be; half the cores without it.")


class BudgetsText(Strict):
    """The most that may be used, and what happens past it."""

    mode: Literal["strict", "warn", "off"] = Field(
        "warn",
        description="Past a budget: start nothing more, say so, or only count. A policy that allows more counts at once.",
    )
    attempt: BudgetText = Field(BudgetText(), description="What each attempt may use.")
    plan: BudgetText = Field(BudgetText(), description="What all attempts of a plan may use.")
    project: BudgetText = Field(BudgetText(), description="What all plans of the repository may use.")
    day: BudgetText = Field(BudgetText(), description="What they may use on one day, in UTC.")

    def value(self) -> Budgets:
        from services.domain.rules import BudgetMode

        return Budgets(
            BudgetMode(self.mode), self.attempt.value(), self.plan.value(), self.project.value(), self.day.value()
        )


class LabelsText(Strict):
    """The labels of the issues."""

    parent: Text = "multi-phase"
    child: Text = "multi-phase-child"
    plan: Text = Field("phasebot-plan", description="An issue that people give this label is a plan.")


class PublishText(Strict):
    """How plans become issues."""

    auto: bool = Field(False, description="Publish a plan at once, without waiting for `/phase publish`.")
    labels: LabelsText = LabelsText()
    done: Literal["completed", "left_out", "again"] = Field(
        "completed", description="What becomes of phases that are done in the document already."
    )


def _inside(glob: str) -> str:
    if glob.startswith("/") or ".." in glob.split("/"):
        raise PydanticCustomError("bad_value", "has to be a path within the repository")
    return glob


class PolicyText(Strict):
    """A phasebot policy."""

    version: Literal[1]
    plans: list[Annotated[Text, AfterValidator(_inside)]] = Field(
        [], description="Pushed files that become plans: globs."
    )
    publish: PublishText = PublishText()
    limits: LimitsText = LimitsText()
    budgets: BudgetsText = BudgetsText()
    defaults: RulesText = RulesText()
    phases: list[EntryText] = Field([], max_length=1000)
    writeback: bool = Field(False, description="Tick in the plan file what is done, at the end of a run.")
