"""The language of the policy, version 1: which keys there are and what each takes. Also the source of its JSON Schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.domain.phase import MANUAL
from services.planning.policy.durations import Duration
from services.planning.policy.match import Matcher

VERSION = 1

PRIORITIES = {"urgent": 10, "high": 20, "normal": 50, "low": 70, "background": 90}
Count = Annotated[int, Field(ge=1, le=1000)]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OperationText(BaseModel):
    """One step: a tool, and beside it the tool's own arguments."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    tool: Text


class LimitsText(_Strict):
    """How much may run at once."""

    running: Count | None = Field(None, description="Attempts in all.")
    project: Count | None = Field(None, description="Attempts of one project.")
    plan: Count | None = Field(None, description="Attempts of one plan.")
    workers: Count | None = Field(None, description="Workers of the local executor.")
    worker_cap: Count | None = Field(None, description="The most workers there may be; half the cores without it.")


class RulesText(_Strict):
    """How phases are carried out. What is not said is taken from `defaults`."""

    executor: Text = Field(MANUAL, description="Where it runs; `local` where there are operations, else `manual`.")
    operations: list[OperationText] = Field([], description="The steps, run in this order.")
    on_error: Literal["fail", "skip", "continue"] = Field("skip", description="What a failure means for the rest.")
    retries: int = Field(0, ge=0, le=100, description="Automatic retries.")
    retry_delay: Duration = Field(timedelta(seconds=5), description="Before the first retry; it doubles.")
    timeout: Duration | None = Field(None, description="The longest an attempt may take.")
    approval: bool = Field(False, description="Wait for a person before the start.")
    qa: Literal["none", "manual"] = Field("none", description="Who gives the verdict afterwards.")
    priority: Literal["urgent", "high", "normal", "low", "background"] | Annotated[int, Field(ge=0, le=100)] = Field(
        50, description="Lower goes first."
    )


class EntryText(RulesText):
    """The rules of the phases that match. The first entry that matches a phase is the one that counts."""

    match: Matcher


class LabelsText(_Strict):
    """The labels of the issues."""

    parent: Text = "multi-phase"
    child: Text = "multi-phase-child"


class PublishText(_Strict):
    """How plans become issues."""

    labels: LabelsText = LabelsText()


class PolicyText(_Strict):
    """A phasebot policy."""

    version: Literal[1]
    limits: LimitsText = LimitsText()
    defaults: RulesText = RulesText()
    phases: list[EntryText] = Field([], max_length=1000)
    publish: PublishText = PublishText()
    writeback: bool = Field(False, description="Tick in the plan file what is done, at the end of a run.")
