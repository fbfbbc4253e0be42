"""Events of GitLab's webhooks. Only pipelines mean anything to a plan: its issues do not live on GitLab.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

CORRELATION = "PHASEBOT_CORRELATION_ID"
"""The variable of a pipeline that names the attempt it carries out."""


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Variable(_Payload):
    key: str
    value: str = ""


class _Attributes(_Payload):
    id: int
    ref: str = ""
    status: str
    url: str | None = None
    variables: tuple[_Variable, ...] = ()


class _Project(_Payload):
    web_url: str = ""


class PipelineEvent(_Payload):
    """As far as it is read."""

    object_kind: Literal["pipeline"]
    object_attributes: _Attributes
    project: _Project = _Project()


class OtherEvent(_Payload):
    """Known, and of no meaning to a plan."""

    object_kind: Literal["merge_request", "issue", "note"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A pipeline that is over: on which branch it ran, which attempt it names (or ""), and where it can be seen."""

    has_passed: bool
    branch: str
    correlation_id: str
    url: str


_Event = Annotated[PipelineEvent | OtherEvent, Field(discriminator="object_kind")]
_codec: TypeAdapter[PipelineEvent | OtherEvent] = TypeAdapter(_Event)
_ENDS = {"success": True, "failed": False, "canceled": False, "skipped": False}
"""Nothing passes but what says so; any other status is that of a pipeline which is not over."""


def read(body: bytes) -> PipelineEvent | OtherEvent:
    """Raises pydantic.ValidationError for what is no such event."""
    return _codec.validate_json(body)


def ended(event: PipelineEvent | OtherEvent) -> Ended | None:
    """What it says of a run, if it says that one is over."""
    if not isinstance(event, PipelineEvent) or event.object_attributes.status not in _ENDS:
        return None
    pipeline = event.object_attributes
    named = next((one.value for one in pipeline.variables if one.key == CORRELATION), "")
    url = pipeline.url or (f"{event.project.web_url}/-/pipelines/{pipeline.id}" if event.project.web_url else "")
    return Ended(_ENDS[pipeline.status], pipeline.ref, named, url)
