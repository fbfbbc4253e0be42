"""The courier: takes queued webhook deliveries, signs them, sends them one after the other, notes what came back."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bot.localhub import limits
from bot.localhub.delivery_faults import DeliveryFault, DeliveryFaults
from bot.localhub.hooks import Hooks, Outcome
from bot.localhub.values import Delivery, Hook

if TYPE_CHECKING:
    import httpx

ANSWER_KEPT = 4096  # characters of a receiver's answer
_ANOTHER = "another secret than the listener has"


class Courier:
    """A thread of its own, started with the first delivery. No delivery is tried twice unless somebody asks.

    Deliveries are sent in the order in which they were queued; what was queued when the process died is sent by the next.
    """

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self.faults = DeliveryFaults()
        self._put_off: dict[int, int] = {}  # by delivery: how many others go first
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._has_work = False
        self._is_idle = True
        self._is_held = False
        self._is_stopping = False
        hooks.on_queued = self.wake

    def wake(self) -> None:
        """There may be something to deliver."""
        with self._condition:
            if self._is_stopping:
                return
            self._has_work, self._is_idle = True, False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="localhub-courier", daemon=True)
                self._thread.start()
            self._condition.notify_all()

    def hold(self) -> None:
        """Deliver nothing until released: late webhooks, for tests."""
        with self._condition:
            self._is_held = True

    def waiting(self) -> list[Delivery]:
        """What is in line."""
        return self._hooks.pending()

    def rearrange(self, deliveries: Sequence[Delivery]) -> None:
        """Make these the line instead: dropped, doubled or reordered webhooks, for tests. Hold the courier first."""
        self._hooks.rearrange(deliveries)

    def release(self) -> None:
        with self._condition:
            self._is_held = False
            self._condition.notify_all()

    def drain(self, timeout: float) -> None:
        """Wait until everything queued has been delivered or has failed; TimeoutError if that takes longer."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._is_idle, timeout):
                raise TimeoutError(f"webhook deliveries are still waiting after {timeout} s")

    def stop(self) -> None:
        """End after the delivery at hand; the rest stays queued."""
        with self._condition:
            self._is_stopping = True
            self._condition.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        import httpx

        with httpx.Client(timeout=limits.HOOK_SECONDS, trust_env=False) as client:
            while self._wait_for_work():
                self._deliver_all(client)

    def _wait_for_work(self) -> bool:
        with self._condition:
            self._condition.wait_for(lambda: self._is_stopping or (self._has_work and not self._is_held))
            self._has_work = False
            return not self._is_stopping

    def _deliver_all(self, client: httpx.Client) -> None:
        while not (self._is_stopping or self._is_held):
            found = self._next()
            if found is None:
                self._rest()
                return
            self._deliver(client, *found)
        with self._condition:
            self._has_work = True  # held in the middle: there is more

    def _next(self) -> tuple[Hook, Delivery] | None:
        """The first in line that need not let others go first."""
        waits = [id for id, ahead in self._put_off.items() if ahead > 0]
        found = self._hooks.next_pending(but=waits) or (self._hooks.next_pending() if waits else None)
        self._put_off = {id: ahead - 1 for id, ahead in self._put_off.items()}
        return found

    def _deliver(self, client: httpx.Client, hook: Hook, delivery: Delivery) -> None:
        fault = None if self._put_off.pop(delivery.id, None) is not None else self.faults.strike(delivery)
        if fault is not None and fault.lets_ahead:
            self._put_off[delivery.id] = fault.lets_ahead
        elif fault is DeliveryFault.VANISHED:
            self._hooks.forget(delivery)
        elif fault is DeliveryFault.DROPPED:
            self._hooks.finish(delivery, Outcome("failed to connect to host", 0, 0.0, hook.config.url, {}, {}, ""))
        else:
            if fault is DeliveryFault.WRONG_SIGNATURE:
                hook = replace(hook, config=replace(hook.config, secret=_ANOTHER))
            outcome = send(client, hook, delivery)
            if fault is DeliveryFault.DOUBLED:
                outcome = send(client, hook, delivery)
            self._hooks.finish(delivery, outcome)

    def _rest(self) -> None:
        with self._condition:
            if not self._has_work:
                self._is_idle = True
                self._condition.notify_all()


def send(client: httpx.Client, hook: Hook, delivery: Delivery) -> Outcome:
    """One attempt. Anything but a 2xx in time is a failure, and stays one."""
    import httpx

    body = _body(hook, delivery)
    headers = _headers(hook, delivery, body)
    began = time.monotonic()
    try:
        answer = client.post(hook.config.url, content=body, headers=headers)
    except httpx.TimeoutException:
        return Outcome("timed out", 0, _since(began), hook.config.url, headers, {}, "")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Outcome("failed to connect to host", 0, _since(began), hook.config.url, headers, {}, str(error))
    status = "OK" if answer.is_success else f"Invalid HTTP Response: {answer.status_code}"
    received = dict(answer.headers)
    return Outcome(
        status, answer.status_code, _since(began), hook.config.url, headers, received, answer.text[:ANSWER_KEPT]
    )


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def _body(hook: Hook, delivery: Delivery) -> bytes:
    if hook.config.content_type == "form":
        return urlencode({"payload": delivery.payload}).encode()
    return delivery.payload.encode()


def _headers(hook: Hook, delivery: Delivery, body: bytes) -> dict[str, str]:
    kind = "application/json" if hook.config.content_type == "json" else "application/x-www-form-urlencoded"
    return {
        "Accept": "*/*",
        "Content-Type": kind,
        "User-Agent": "GitHub-Hookshot/localhub",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(hook.app_id or hook.repository_id),
        "X-GitHub-Hook-Installation-Target-Type": "integration" if hook.app_id else "repository",
        **_signatures(hook.config.secret, body),
    }


def _signatures(secret: str | None, body: bytes) -> dict[str, str]:
    """Over the raw bytes sent; only where there is a secret."""
    if not secret:
        return {}
    key = secret.encode()
    return {
        "X-Hub-Signature": "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
    }
