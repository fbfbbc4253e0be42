"""`/metrics`: what there is and how it goes, for Prometheus.

Figures of the database are counted at the moment they are asked for, so that several processes say the same of it; those
that a process counts by itself (webhooks, tools) are since its start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.bootstrap import Phasebot
from bot.web.auth import Viewer

router = APIRouter(tags=["health"])


class PhasebotCollector(Collector):
    """Reads the figures of one `Phasebot`."""

    def __init__(self, phasebot: Phasebot) -> None:
        self._phasebot = phasebot

    def collect(self) -> Iterable[Metric]:
        counts = self._phasebot.store.views.counts()
        yield _gauge("phasebot_plans", "Plans by stored state.", "state", counts.plans)
        yield _gauge("phasebot_phases", "Phases by queue status.", "status", counts.phases)
        yield _gauge("phasebot_deliveries", "Deliveries in the inbox by state.", "state", counts.deliveries)
        yield _gauge("phasebot_effects", "Effects in the outbox by state.", "state", counts.sendings)
        slots = self._phasebot.store.lookups.slots()
        yield _gauge("phasebot_slots_taken", "Attempts that hold a slot, by executor.", "executor", slots.executors)
        yield from self._tools()

    def _tools(self) -> Iterable[Metric]:
        runs = CounterMetricFamily("phasebot_tool_runs", "Runs of tools by outcome.", labels=["tool", "outcome"])
        seconds = CounterMetricFamily("phasebot_tool_seconds", "Seconds spent in tools.", labels=["tool"])
        for name, status in self._phasebot.registry.snapshot().items():
            runs.add_metric([name, "success"], status.metrics.success_count)
            runs.add_metric([name, "error"], status.metrics.error_count)
            seconds.add_metric([name], status.metrics.elapsed_total)
        return (runs, seconds)


def _gauge(name: str, documentation: str, label: str, values: Mapping[Any, int]) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=[label])
    for value, count in values.items():
        family.add_metric([str(value)], count)
    return family


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(permit: Viewer) -> Response:
    """Figures in Prometheus' text format. They span all projects, so the token has to as well."""
    permit.require()
    own = CollectorRegistry(auto_describe=False)
    own.register(PhasebotCollector(permit.bot))
    return Response(generate_latest(own) + generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
