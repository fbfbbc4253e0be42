"""What this process counts, in Prometheus' terms. Labels take few values, whatever others send."""

from __future__ import annotations

from prometheus_client import Counter

webhooks = Counter("phasebot_webhooks", "Webhooks taken in or turned away", ["event", "outcome"])
"""`event` is one that we listen to, `other`, or `unknown` where it was not looked at."""
