"""Webhooks and their deliveries over HTTP, for administrators of the repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.localhub.problems import unprocessable
from bot.localhub.rest.call import Call, Endpoint, Fields, Reply
from bot.localhub.rest.paging import asked, link_header, listed
from bot.localhub.values import Delivery, Hook, HookChanges, HookConfig


def list_hooks(call: Call) -> Reply:
    return listed(call, call.hub.hooks.all(call.administered()), call.shapes.hook)


def create_hook(call: Call) -> Reply:
    """Answers, and pings the new hook."""
    repository, fields = call.administered(), call.fields
    if fields.text_or_none("name") not in {None, "web"}:
        raise unprocessable("Invalid request.\n\nFor 'properties/name', only \"web\" is a hook.")
    config = _config(fields.nested("config"), HookConfig(url=""))
    events = fields.names("events") or ("push",)
    hook = call.hub.hooks.create(repository, config, events=events, active=fields.flag("active", default=True))
    call.hub.news.ping(hook, repository, call.actor)
    shape = call.shapes.hook(hook)
    return Reply(201, shape, {"Location": shape["url"]})


def _config(fields: Fields, known: HookConfig) -> HookConfig:
    given = {
        name: fields.text_or_none(name) for name in ("url", "content_type", "secret", "insecure_ssl") if name in fields
    }
    return replace(known, **{name: value for name, value in given.items() if value is not None})


def get_hook(call: Call) -> Reply:
    return Reply(body=call.shapes.hook(_hook(call)))


def _hook(call: Call) -> Hook:
    return call.hub.hooks.get(call.administered(), call.path["hook_id"])


def edit_hook(call: Call) -> Reply:
    """A config given replaces the old one whole, secret included."""
    hook, fields, changes = _hook(call), call.fields, HookChanges()
    if "config" in fields:
        changes["config"] = _config(fields.nested("config"), HookConfig(url=""))
    if "active" in fields:
        changes["active"] = fields.flag("active", default=True)
    events = fields.names("events") or hook.events
    events += tuple(event for event in fields.names("add_events") if event not in events)
    removed = fields.names("remove_events")
    changes["events"] = tuple(event for event in events if event not in removed)
    return Reply(body=call.shapes.hook(call.hub.hooks.edit(hook, changes)))


def delete_hook(call: Call) -> Reply:
    call.hub.hooks.delete(_hook(call))
    return Reply(204)


def ping_hook(call: Call) -> Reply:
    call.hub.news.ping(_hook(call), call.repository(), call.actor)
    return Reply(204)


def list_deliveries(call: Call) -> Reply:
    return paged_deliveries(call, call.hub.hooks.deliveries(_hook(call)))


def paged_deliveries(call: Call, deliveries: Sequence[Delivery]) -> Reply:
    """Paged by cursor: the id of the first delivery of the next page."""
    size = asked(call).size
    found = [delivery for delivery in deliveries if _is_wanted(call, delivery)]
    rest = found[size:]
    headers = link_header(call, {"next": {"cursor": str(rest[0].id)}} if rest else {})
    return Reply(body=[call.shapes.delivery(delivery) for delivery in found[:size]], headers=headers)


def _is_wanted(call: Call, delivery: Delivery) -> bool:
    cursor, status = call.query.get("cursor", ""), call.query.get("status")
    if cursor.isdecimal() and delivery.id > int(cursor):
        return False
    outcomes = {"success": range(200, 400), "failure": range(400, 600)}
    return status not in outcomes or delivery.status_code in outcomes[status]


def get_delivery(call: Call) -> Reply:
    return Reply(body=call.shapes.full_delivery(_delivery(call)))


def _delivery(call: Call) -> Delivery:
    return call.hub.hooks.delivery(_hook(call), call.path["delivery_id"])


def redeliver(call: Call) -> Reply:
    call.hub.hooks.queue_again(_delivery(call))
    return Reply(202, {})


_HOOKS = "/repos/{owner}/{repo}/hooks"
_HOOK = _HOOKS + "/{hook_id:int}"
_DELIVERY = _HOOK + "/deliveries/{delivery_id:int}"
_READ, _WRITE = "repository_hooks=read", "repository_hooks=write"
ENDPOINTS = (
    Endpoint("GET", _HOOKS, "repos/list-webhooks", list_hooks, _READ),
    Endpoint("POST", _HOOKS, "repos/create-webhook", create_hook, _WRITE),
    Endpoint("GET", _HOOK, "repos/get-webhook", get_hook, _READ),
    Endpoint("PATCH", _HOOK, "repos/update-webhook", edit_hook, _WRITE),
    Endpoint("DELETE", _HOOK, "repos/delete-webhook", delete_hook, _WRITE),
    Endpoint("POST", f"{_HOOK}/pings", "repos/ping-webhook", ping_hook, _READ),
    Endpoint("GET", f"{_HOOK}/deliveries", "repos/list-webhook-deliveries", list_deliveries, _READ),
    Endpoint("GET", _DELIVERY, "repos/get-webhook-delivery", get_delivery, _READ),
    Endpoint("POST", f"{_DELIVERY}/attempts", "repos/redeliver-webhook-delivery", redeliver, _WRITE),
)
