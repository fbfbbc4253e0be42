"""Traces: what a collector is sent by the program, and that nothing is sent or loaded where nobody asks for it."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bot import tracing
from tests.cli.process import Phasebot
from tests.cli.samples import ALL_PASS, CHAIN

ABOVE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(ThreadingHTTPServer):
    """Takes spans as OpenTelemetry's own collector does: OTLP over HTTP, in protobuf."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.spans: list[Span] = []
        self.services: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def named(self, name: str) -> list[dict[str, object]]:
        """The attributes of all spans of that name."""
        return [
            {one.key: getattr(one.value, one.value.WhichOneof("value") or "") for one in span.attributes}
            for span in self.spans
            if span.name == name
        ]


class _Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        for told in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.server.services |= {
                one.value.string_value for one in told.resource.attributes if one.key == "service.name"
            }
            self.server.spans += [span for scope in told.scope_spans for span in scope.spans]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_run_tells_a_collector_of_rounds_effects_requests_and_attempts(
    phasebot: Phasebot, collector: Collector
) -> None:
    phasebot.write("plan.md", CHAIN)
    phasebot.write("phasebot.yml", ALL_PASS)

    done = phasebot("run", "plan.md", "--policy", "phasebot.yml", env={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})

    assert (done.code, collector.services) == (0, {"phasebot"})
    assert len(collector.named("attempt")) == 3
    assert len(collector.named("round")) > 3
    effects = [facts["phasebot.effect"] for facts in collector.named("effect")]
    assert effects.count("create_issue") == 4
    requests = collector.named("POST")
    assert {facts["http.response.status_code"] for facts in requests} == {201}
    within = {span.span_id for span in collector.spans if span.name == "effect"}
    assert all(span.parent_span_id in within for span in collector.spans if span.name == "POST")


def test_a_request_goes_on_the_trace_of_whoever_asks(phasebot: Phasebot, collector: Collector) -> None:
    with _serving(phasebot, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/v1/traces"}) as url:
        httpx.get(f"{url}/api/plans", headers={"traceparent": ABOVE}, trust_env=False)

    (asked,) = [span for span in collector.spans if span.kind == Span.SPAN_KIND_SERVER]
    assert f"00-{asked.trace_id.hex()}-{asked.parent_span_id.hex()}-01" == ABOVE
    assert collector.named("GET") == [
        {"http.request.method": "GET", "url.path": "/api/plans", "http.response.status_code": 401}
    ]


def test_a_collector_that_is_not_there_changes_nothing(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)
    phasebot.write("phasebot.yml", ALL_PASS)
    nowhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}

    assert phasebot("run", "plan.md", "--policy", "phasebot.yml", env=nowhere).code == 0


def test_without_the_extra_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "opentelemetry" else find_spec(name))

    with pytest.raises(tracing.TracingMissing, match="extra `otel`"):
        tracing.set_up({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})


@pytest.mark.parametrize(
    "environ", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}]
)
def test_where_nobody_asks_for_traces_a_span_is_nothing(environ: dict[str, str]) -> None:
    tracing.set_up(environ)

    with tracing.span("attempt", phasebot__plan="shed") as note:
        note("http.response.status_code", 200)

    assert "opentelemetry.sdk.trace.export" not in sys.modules


@contextmanager
def _serving(phasebot: Phasebot, env: dict[str, str]) -> Iterator[str]:
    with phasebot.start("serve", "--port", "0", env=env) as process:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert address
        yield address[0]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
