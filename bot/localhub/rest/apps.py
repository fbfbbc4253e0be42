"""Apps over HTTP: what an App may ask about itself, and the tokens it acts with."""

from __future__ import annotations

import json
import secrets

from bot.localhub.problems import not_found, unprocessable
from bot.localhub.rest.call import APP, NOBODY, Call, Endpoint, Reply
from bot.localhub.rest.hooks import paged_deliveries
from bot.localhub.rest.paging import listed
from bot.localhub.values import Delivery, Installation


def own_app(call: Call) -> Reply:
    return Reply(body=call.shapes.app(call.app, installations=len(call.hub.apps.installed_in(call.app))))


def convert(call: Call) -> Reply:
    """What an App is given once, right after it was made: its key and its secrets."""
    app, key = call.hub.apps.convert(call.path["code"])
    shape = call.shapes.app(app)
    webhook = call.hub.apps.webhook(app)
    secret = webhook.secret if webhook else None
    once = {"client_secret": secrets.token_hex(20), "webhook_secret": secret, "pem": key}
    return Reply(201, {**shape, "installations_count": 0, **once})


def installations(call: Call) -> Reply:
    return listed(call, call.hub.apps.installed_in(call.app), call.shapes.installation)


def installation(call: Call) -> Reply:
    return Reply(body=call.shapes.installation(_own(call)))


def installation_of_repository(call: Call) -> Reply:
    found = call.hub.apps.of_repository(call.app, call.hub.repositories.named(call.full_name))
    return Reply(body=call.shapes.installation(found))


def create_token(call: Call) -> Reply:
    apps, fields, of = call.hub.apps, call.fields, _own(call)
    names = [f"{of.account.login}/{name}" for name in fields.names("repositories")]
    ids = [*fields.integers("repository_ids"), *(call.hub.repositories.named(name).id for name in names)]
    token, grant = apps.mint(of, repository_ids=ids, permissions=fields.texts("permissions"))
    repositories = [call.hub.repositories.get(id) for id in sorted(grant.repository_ids)] if ids else []
    return Reply(
        201,
        {
            "token": token,
            "expires_at": grant.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permissions": dict(grant.permissions),
            "repository_selection": "selected" if ids else "all",
            **({"repositories": [call.shapes.repository(one) for one in repositories]} if ids else {}),
        },
    )


def webhook_config(call: Call) -> Reply:
    webhook = call.hub.apps.webhook(call.app)
    if webhook is None:
        raise not_found()
    return Reply(body=call.shapes.app_webhook(webhook))


def list_deliveries(call: Call) -> Reply:
    return paged_deliveries(call, call.hub.hooks.deliveries_of_app(call.app.id))


def get_delivery(call: Call) -> Reply:
    return Reply(body=call.shapes.full_delivery(_delivery(call)))


def redeliver(call: Call) -> Reply:
    call.hub.hooks.queue_again(_delivery(call))
    return Reply(202, {})


def _delivery(call: Call) -> Delivery:
    return call.hub.hooks.delivery_of_app(call.app.id, call.path["delivery_id"])


def _own(call: Call) -> Installation:
    found = call.hub.apps.installation(call.path["installation"])
    if found.app.id != call.app.id:
        raise unprocessable("Integration does not match the installation")
    return found


def parsed_manifest(text: str) -> dict[str, object]:
    """The manifest of a form; 422 for what is none."""
    try:
        manifest = json.loads(text)
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise unprocessable("The manifest is no JSON object.")
    return manifest


_TOKENS = "/app/installations/{installation:int}/access_tokens"
_DELIVERY = "/app/hook/deliveries/{delivery_id:int}"
ENDPOINTS = (
    Endpoint("GET", "/app", "apps/get-authenticated", own_app, "", asker=APP),
    Endpoint("POST", "/app-manifests/{code}/conversions", "apps/create-from-manifest", convert, "", asker=NOBODY),
    Endpoint("GET", "/app/hook/config", "apps/get-webhook-config-for-app", webhook_config, "", asker=APP),
    Endpoint("GET", "/app/hook/deliveries", "apps/list-webhook-deliveries", list_deliveries, "", asker=APP),
    Endpoint("GET", _DELIVERY, "apps/get-webhook-delivery", get_delivery, "", asker=APP),
    Endpoint("POST", f"{_DELIVERY}/attempts", "apps/redeliver-webhook-delivery", redeliver, "", asker=APP),
    Endpoint("GET", "/app/installations", "apps/list-installations", installations, "", asker=APP),
    Endpoint("GET", "/app/installations/{installation:int}", "apps/get-installation", installation, "", asker=APP),
    Endpoint("POST", _TOKENS, "apps/create-installation-access-token", create_token, "", asker=APP),
    Endpoint(
        "GET",
        "/repos/{owner}/{repo}/installation",
        "apps/get-repo-installation",
        installation_of_repository,
        "",
        asker=APP,
    ),
)
