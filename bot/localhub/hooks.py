"""Webhooks of repositories and Apps, and every delivery made or waiting: GitHub's `/hooks` and `/deliveries`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.localhub import limits
from bot.localhub.clock import Clock
from bot.localhub.database import Database, Row, marks, moment, stamp
from bot.localhub.problems import Refused
from bot.localhub.shapes import node_id
from bot.localhub.values import Delivery, Hook, HookAnswer, HookChanges, HookConfig, Repository

_SELECT = (
    "SELECT h.*, r.full_name, i.app_id, i.id AS installation_id FROM hooks h JOIN repositories r ON r.id = h.repository_id"
    " LEFT JOIN app_hooks a ON a.hook_id = h.id LEFT JOIN installations i ON i.id = a.installation_id"
)
_SELECT_DELIVERY = (
    "SELECT d.*, h.repository_id, i.app_id, i.id AS installation_id FROM deliveries d JOIN hooks h ON h.id = d.hook_id"
    " LEFT JOIN app_hooks a ON a.hook_id = h.id LEFT JOIN installations i ON i.id = a.installation_id"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending a delivery; `status_code` 0 if nobody answered."""

    status: str
    status_code: int
    duration: float
    url: str
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    response_body: str


class Hooks:
    """Hooks are registered here and deliveries queued; the courier takes them from here, in order."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.on_queued: Callable[[], None] = _nobody  # called after the commit of anything queued

    def create(
        self, repository: Repository, config: HookConfig, *, events: tuple[str, ...] = ("push",), active: bool = True
    ) -> Hook:
        _check(config)
        with self._db.transaction():
            self._refuse_duplicates(repository, config, events)
            return self.get(repository, self._insert(repository.id, config, events or ("push",), active=active))

    def _insert(self, repository_id: int, config: HookConfig, events: tuple[str, ...], *, active: bool) -> int:
        now = stamp(self._clock())
        return self._db.insert(
            "hooks",
            repository_id=repository_id,
            **_columns(config),
            events=json.dumps(events),
            active=active,
            created_at=now,
            updated_at=now,
        )

    def _refuse_duplicates(self, repository: Repository, config: HookConfig, events: tuple[str, ...]) -> None:
        for other in self.all(repository):
            if other.config.url == config.url and set(other.events) == set(events):
                raise _refused("Hook already exists on this repository")
        for event in events:
            if sum(event in other.events for other in self.all(repository)) >= limits.HOOKS_PER_EVENT:
                raise _refused(f'The "{event}" event cannot have more than {limits.HOOKS_PER_EVENT} hooks')

    def get(self, repository: Repository, hook_id: int) -> Hook:
        return _hook(
            self._db.one(f"{_SELECT} WHERE h.id = ? AND h.repository_id = ? AND i.id IS NULL", hook_id, repository.id)
        )

    def by_id(self, hook_id: int) -> Hook:
        return _hook(self._db.one(f"{_SELECT} WHERE h.id = ?", hook_id))

    def all(self, repository: Repository) -> list[Hook]:
        """Those that its administrators see."""
        found = self._db.rows(f"{_SELECT} WHERE r.id = ? AND i.id IS NULL ORDER BY h.id", repository.id)
        return [_hook(row) for row in found]

    def install(self, repository_id: int, installation_id: int, config: HookConfig, events: tuple[str, ...]) -> None:
        """Let the webhook of an App hear of a repository, if it does not yet."""
        with self._db.transaction():
            known = self._db.first(
                "SELECT 1 FROM app_hooks a JOIN hooks h ON h.id = a.hook_id"
                " WHERE a.installation_id = ? AND h.repository_id = ?",
                installation_id,
                repository_id,
            )
            if known is None:
                hook_id = self._insert(repository_id, config, events, active=True)
                self._db.insert("app_hooks", hook_id=hook_id, installation_id=installation_id)

    def of_installation(self, installation_id: int) -> Hook | None:
        """One by which its App hears, if it has a webhook."""
        row = self._db.first(f"{_SELECT} WHERE i.id = ? AND h.active ORDER BY h.id LIMIT 1", installation_id)
        return _hook(row) if row else None

    def uninstall(self, installation_id: int) -> None:
        """Together with what was sent to them."""
        self._db.run(
            "DELETE FROM hooks WHERE id IN (SELECT hook_id FROM app_hooks WHERE installation_id = ?)", installation_id
        )

    def edit(self, hook: Hook, changes: HookChanges) -> Hook:
        hook = replace(hook, **changes)
        _check(hook.config)
        self._db.update(
            "hooks",
            hook.id,
            **_columns(hook.config),
            events=json.dumps(hook.events),
            active=hook.active,
            updated_at=stamp(self._clock()),
        )
        return self.by_id(hook.id)

    def delete(self, hook: Hook) -> None:
        self._db.run("DELETE FROM hooks WHERE id = ?", hook.id)

    def listening(self, repository_id: int, event: str) -> list[Hook]:
        wanted = "WHERE h.active AND h.repository_id = ? AND i.suspended_at IS NULL ORDER BY h.id"
        rows = self._db.rows(f"{_SELECT} {wanted}", repository_id)
        return [hook for hook in map(_hook, rows) if hook.listens_to(event)]

    def queue(self, hook: Hook, event: str, payload: Mapping[str, Any]) -> int:
        """Put one delivery in line, in the transaction of what it tells of."""
        if hook.installation_id is not None:
            installation = {"id": hook.installation_id, "node_id": node_id("IN", hook.installation_id)}
            payload = {"installation": installation, **payload}
        return self._queue(hook.id, event, payload.get("action"), json.dumps(payload), str(uuid.uuid4()))

    def queue_again(self, delivery: Delivery) -> int:
        """A redelivery: a new delivery with the same GUID."""
        return self._queue(
            delivery.hook_id, delivery.event, delivery.action, delivery.payload, delivery.guid, redelivery=True
        )

    def _queue(
        self, hook_id: int, event: str, action: str | None, payload: str, guid: str, *, redelivery: bool = False
    ) -> int:
        with self._db.transaction():
            self._db.after_commit(self.on_queued)
            return self._db.insert(
                "deliveries",
                guid=guid,
                hook_id=hook_id,
                event=event,
                action=action,
                payload=payload,
                redelivery=redelivery,
                delivered_at=stamp(self._clock()),
            )

    def next_pending(self, *, but: Sequence[int] = ()) -> tuple[Hook, Delivery] | None:
        """The first in line apart from these, and the hook it goes to."""
        others = f"AND d.id NOT IN ({marks(but)})" if but else ""
        with self._db.lock:
            row = self._db.first(f"{_SELECT_DELIVERY} WHERE d.pending {others} ORDER BY d.id LIMIT 1", *but)
            return (self.by_id(row["hook_id"]), _delivery(row)) if row else None

    def forget(self, delivery: Delivery) -> None:
        """As if it had never been."""
        self._db.run("DELETE FROM deliveries WHERE id = ?", delivery.id)

    def pending(self) -> list[Delivery]:
        """Those in line, the next one first."""
        return [_delivery(row) for row in self._db.rows(f"{_SELECT_DELIVERY} WHERE d.pending ORDER BY d.id")]

    def rearrange(self, deliveries: Sequence[Delivery]) -> None:
        """Let the line be these: in another order, some left out, some twice under the same GUID."""
        with self._db.transaction():
            self._db.run("DELETE FROM deliveries WHERE pending")
            for one in deliveries:
                self._queue(one.hook_id, one.event, one.action, one.payload, one.guid)

    def finish(self, delivery: Delivery, outcome: Outcome) -> None:
        """Record how a delivery went, on the delivery and on its hook."""
        code = outcome.status_code
        with self._db.transaction():
            self._db.update(
                "deliveries",
                delivery.id,
                pending=False,
                status=outcome.status,
                status_code=code,
                duration=outcome.duration,
                url=outcome.url,
                request_headers=json.dumps(dict(outcome.request_headers)),
                response_headers=json.dumps(dict(outcome.response_headers)),
                response_body=outcome.response_body,
                delivered_at=stamp(self._clock()),
            )
            status = "active" if 200 <= code < 300 else "misconfigured"
            self._db.update(
                "hooks", delivery.hook_id, last_code=code or None, last_status=status, last_message=outcome.status
            )

    def forget_old(self) -> None:
        """Deliveries are kept for three days, as on GitHub."""
        oldest = stamp(self._clock() - timedelta(days=limits.DELIVERY_DAYS))
        self._db.run("DELETE FROM deliveries WHERE NOT pending AND delivered_at < ?", oldest)

    def deliveries(self, hook: Hook) -> list[Delivery]:
        """Those already made, the newest first."""
        sql = f"{_SELECT_DELIVERY} WHERE NOT d.pending AND d.hook_id = ? ORDER BY d.id DESC"
        return [_delivery(row) for row in self._db.rows(sql, hook.id)]

    def deliveries_of_app(self, app_id: int) -> list[Delivery]:
        """Those already made to the webhook of an App, the newest first."""
        sql = f"{_SELECT_DELIVERY} WHERE NOT d.pending AND i.app_id = ? ORDER BY d.id DESC"
        return [_delivery(row) for row in self._db.rows(sql, app_id)]

    def delivery_of_app(self, app_id: int, delivery_id: int) -> Delivery:
        return _delivery(self._db.one(f"{_SELECT_DELIVERY} WHERE i.app_id = ? AND d.id = ?", app_id, delivery_id))

    def delivery(self, hook: Hook, delivery_id: int) -> Delivery:
        return _delivery(self._db.one(f"{_SELECT_DELIVERY} WHERE d.hook_id = ? AND d.id = ?", hook.id, delivery_id))


def _nobody() -> None:
    """Before there is a courier."""


def _refused(message: str) -> Refused:
    return Refused(422, "Validation Failed", errors=({"resource": "Hook", "code": "custom", "message": message},))


def _check(config: HookConfig) -> None:
    if not _is_address(config.url):
        raise _refused("url is missing a scheme or host" if config.url else "url cannot be blank")
    if config.content_type not in {"json", "form"}:
        raise _refused("content_type must be json or form")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an address that is none
        return False


def _columns(config: HookConfig) -> dict[str, str | None]:
    return {
        "url": config.url,
        "content_type": config.content_type,
        "secret": config.secret,
        "insecure_ssl": config.insecure_ssl,
    }


def _hook(row: Row) -> Hook:
    return Hook(
        id=row["id"],
        repository_id=row["repository_id"],
        repository=row["full_name"],
        config=HookConfig(row["url"], row["content_type"], row["secret"], row["insecure_ssl"]),
        events=tuple(json.loads(row["events"])),
        active=bool(row["active"]),
        last_answer=HookAnswer(row["last_code"], row["last_status"], row["last_message"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        app_id=row["app_id"],
        installation_id=row["installation_id"],
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        guid=row["guid"],
        hook_id=row["hook_id"],
        repository_id=row["repository_id"],
        event=row["event"],
        action=row["action"],
        payload=row["payload"],
        redelivery=bool(row["redelivery"]),
        is_pending=bool(row["pending"]),
        status=row["status"],
        status_code=row["status_code"],
        duration=row["duration"],
        url=row["url"],
        request_headers=json.loads(row["request_headers"]),
        response_headers=json.loads(row["response_headers"]),
        response_body=row["response_body"],
        delivered_at=moment(row["delivered_at"]),
        installation_id=row["installation_id"],
    )
