"""Traces, for OpenTelemetry: where the extra `otel` is installed and `OTEL_EXPORTER_OTLP_ENDPOINT` says where they go.

Everything else is set by OpenTelemetry's own variables (`OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, ...). Without an endpoint a
span costs a call and leaves nothing, and none of the packages is loaded.
"""

from __future__ import annotations

import atexit
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Literal

from services.domain.errors import UserError

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_SERVICE = "phasebot"

Side = Literal["internal", "client", "server"]
"""Whether the work is our own, asked of another program, or asked of us."""

Fact = str | int | float | bool
Note = Callable[[str, Fact], None]
"""Adds what is known only later, by its name in OpenTelemetry's conventions."""

_Begin = Callable[[str, Side, str, Mapping[str, Fact]], AbstractContextManager[Note]]


class TracingMissing(UserError):
    """Traces are wanted, and what sends them is not installed."""

    code = "tracing_missing"


def set_up(environ: Mapping[str, str]) -> None:
    """Send the spans of this process to the endpoint that the environment names, if any. Raises TracingMissing."""
    named = next((name for name in _ENDPOINTS if environ.get(name)), None)
    if named is None or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    if importlib.util.find_spec("opentelemetry") is None:
        raise TracingMissing(
            "traces are to be sent, but OpenTelemetry is not installed",
            where=named,
            fix="Install phasebot with the extra `otel`, or unset the variable.",
        )
    global _begin  # noqa: PLW0603 - one process has one place for its traces
    _begin = _through(_tracer())


def is_on() -> bool:
    """Spans are sent somewhere."""
    return _begin is not _nothing


def span(name: str, side: Side = "internal", /, *, parent: str = "", **facts: Fact) -> AbstractContextManager[Note]:
    """What is done within is one span, below the one around it; an exception that leaves it is its error.

    Dots in names are written `__`. `parent` is a W3C `traceparent`, where the work was asked for by somebody who traces, too.
    """
    return _begin(name, side, parent, facts)


def _nothing(_: str, __: Side, ___: str, ____: Mapping[str, Fact]) -> AbstractContextManager[Note]:
    return _NOWHERE


_NOWHERE: AbstractContextManager[Note] = nullcontext(lambda _name, _value: None)
_begin: _Begin = _nothing


def _tracer() -> Tracer:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from bot.cli.version import version

    ours = Resource({SERVICE_NAME: _SERVICE, SERVICE_VERSION: version()})
    provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    atexit.register(provider.shutdown)
    return provider.get_tracer(_SERVICE)


def _through(tracer: Tracer) -> _Begin:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    kinds: dict[Side, SpanKind] = {"internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT, "server": SpanKind.SERVER}
    propagator = TraceContextTextMapPropagator()

    @contextmanager
    def begin(name: str, side: Side, parent: str, facts: Mapping[str, Fact]) -> Iterator[Note]:
        above = propagator.extract({"traceparent": parent}) if parent else None
        named = {key.replace("__", "."): value for key, value in facts.items()}
        with tracer.start_as_current_span(name, context=above, kind=kinds[side], attributes=named) as current:
            yield current.set_attribute

    return begin
