"""Operations: what came in and what goes out, who works, which tools there are, and how much may still be written."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from bot.store.sql import END
from bot.web.api.records import Number, drop_effect, replay_delivery, retry_effect, show_effect
from bot.web.auth import Admin, Viewer
from bot.web.console.rendering import Fields, Shown, field
from services.domain.access import Role

router = APIRouter(include_in_schema=False)

PER_PAGE = 50
DELIVERIES = ("received", "resolved", "applied", "failed", "dead")
SENDINGS = ("pending", "done", "dead", "dropped")
_LONGEST = 60_000
"""Characters of a payload that a page shows."""


@router.get("/operations")
def operations_page(permit: Viewer, page: Shown) -> Response:
    """The way to all of them, with the figures that matter."""
    counts = permit.bot.store.views.counts() if permit.caller.may(Role.VIEWER) else None
    return page.show(
        "operations.html",
        section="operations",
        counts=counts,
        projects=len(permit.bot.store.records.projects(permit.projects)),
        workers=len(permit.bot.store.lookups.live_attempts()) if counts else 0,
    )


# ---------------------------------------------------------------- what came in


@router.get("/deliveries")
def deliveries_page(
    permit: Admin,
    page: Shown,
    state: str = "",
    source: Annotated[str, Query(pattern="^[a-z_]{0,20}$")] = "",
    before: Annotated[int, Query(ge=1, le=END)] = END,
) -> Response:
    permit.require()
    state = state if state in DELIVERIES else ""
    found = permit.bot.store.records.deliveries(
        state=state or None, source=source or None, before=before, limit=PER_PAGE
    )
    return page.show(
        "deliveries.html",
        section="operations",
        deliveries=found,
        state=state,
        source=source,
        states=DELIVERIES,
        older=found[-1].seq if len(found) == PER_PAGE else None,
    )


@router.get("/deliveries/{seq}")
def delivery_page(permit: Admin, page: Shown, seq: Number) -> Response:
    """One with its payload, and what it was taken to mean."""
    permit.require()
    found = permit.bot.store.records.delivery(seq)
    return page.show(
        "delivery.html",
        section="operations",
        one=found,
        payload=_pretty(found.body),
        meaning=None if found.messages is None else json.dumps(found.messages, indent=2, ensure_ascii=False),
        may_replay=found.state in ("failed", "dead", "applied"),
    )


@router.post("/deliveries/{seq}/replay")
def replay(permit: Admin, page: Shown, seq: Number) -> Response:
    def attempt() -> str:
        replay_delivery(permit, seq)
        return f"Delivery {seq} is read and applied once more; what it has caused already is not done twice."

    return page.trying(f"/deliveries/{seq}", attempt)


def _pretty(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):  # what is no JSON is shown as it came
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n… cut here; /api/deliveries has all of it"


# ---------------------------------------------------------------- what goes out


@router.get("/outbox")
def outbox_page(
    permit: Admin, page: Shown, state: str = "", before: Annotated[int, Query(ge=1, le=END)] = END
) -> Response:
    state = state if state in SENDINGS else ""
    found = permit.bot.store.records.sendings(
        state=state or None, projects=permit.projects, before=before, limit=PER_PAGE
    )
    now = permit.bot.clock.now()
    return page.show(
        "outbox.html",
        section="operations",
        effects=[one for one in found if permit.caller.may(Role.ADMIN, one.project)],
        state=state,
        states=SENDINGS,
        now=now,
        accounts=permit.bot.store.machinery.accounts(now),
        settings=permit.bot.settings,
        older=found[-1].id if len(found) == PER_PAGE else None,
    )


@router.get("/outbox/{id}")
def effect_page(permit: Admin, page: Shown, id: Number) -> Response:
    found = show_effect(permit, id)
    effect = json.dumps(found.effect, indent=2, ensure_ascii=False)
    return page.show("effect.html", section="operations", one=found, effect=effect)


@router.post("/outbox/{id}/order")
def order_effect(permit: Admin, page: Shown, form: Fields, id: Number) -> Response:
    """`do`: retry, or drop."""

    def attempt() -> str:
        if field(form, "do", 20) == "drop":
            drop_effect(permit, id)
            return f"Effect {id} is dropped: it is not sent any more."
        retry_effect(permit, id)
        return f"Effect {id} is sent again."

    return page.trying(field(form, "back") or "/outbox?state=dead", attempt)


# ---------------------------------------------------------------- who works


@router.get("/workers")
def workers_page(permit: Admin, page: Shown) -> Response:
    """Executors, processes, and the attempts they hold."""
    permit.require()
    bot, now = permit.bot, permit.bot.clock.now()
    live = bot.store.lookups.live_attempts()
    plans = bot.store.lookups.plans({one.plan: None for one in live})
    world = bot.parts.gate.shown()
    slots = bot.store.lookups.slots()
    attempts: list[dict[str, Any]] = [
        {"plan": plans[one.plan], "phase": plans[one.plan].ever(one.phase), "attempt": one.attempt}
        for one in live
        if one.plan in plans
    ]
    return page.show(
        "workers.html",
        section="operations",
        executors=sorted(bot.executors.names),
        remote=bot.executors.remote_names,
        world=world,
        slots=slots,
        seen=bot.store.machinery.seen(),
        attempts=attempts,
        holder=bot.parts.holder,
        now=now,
    )


@router.get("/tools")
def tools_page(permit: Viewer, page: Shown) -> Response:
    """What operations of a policy may name, how each has fared since this process began, and what was run on request."""
    bot = permit.bot
    tools = list(bot.registry.snapshot().values())
    return page.show(
        "tools.html",
        section="operations",
        tools=tools,
        exposed=[one.name for one in tools if bot.settings.exposes(one.name)],
        jobs=bot.store.jobs.newest(projects=permit.projects, limit=5),
    )
