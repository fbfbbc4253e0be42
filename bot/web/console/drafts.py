"""Handing plans in: files, pasted text or a request in words become drafts; a draft is looked at, edited and published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from bot.intake import new_id
from bot.store.drafts import StoredDraft
from bot.web.api.inputs import Id
from bot.web.auth import Operator, Viewer
from bot.web.auth.permits import Permit
from bot.web.bodies import LARGEST
from bot.web.console.drawing import graph_of
from bot.web.console.handed_in import HandedInWrong, documents_of, project_named
from bot.web.console.phase_rows import Rows
from bot.web.console.plans import shares
from bot.web.console.remarks import remarks_on
from bot.web.console.rendering import Fields, Page, Shown, field, may, sentence
from bot.web.console.start import SAMPLE
from bot.web.failures import Problem
from bot.web.previews import Preview, executors, preview_of, publish, read
from services.domain.access import Role
from services.domain.errors import NotFound, PlanUnreadable, TransientError, UserError
from services.domain.phase import OnError
from services.planning import parser
from services.planning.edits import Edits, PhaseEdit

router = APIRouter(include_in_schema=False)

SHOWN = 50
"""Drafts on a page."""


@router.get("/new")
def new_page(permit: Operator, page: Shown, sample: str = "") -> Response:
    text = SAMPLE.read_text(encoding="utf-8") if sample else ""
    return _new(permit, page, text=text)


@router.post("/new")
async def hand_in(permit: Operator, page: Shown, form: Fields) -> Response:
    """Nothing is kept unless all of it can be read."""
    text, asked = field(form, "text", LARGEST), field(form, "project", 200).strip()
    try:
        documents, policy = await documents_of(form, text, permit.bot.settings.upload_bytes)
        return await run_in_threadpool(_keep, permit, page, asked, documents, policy)
    except (HandedInWrong, PlanUnreadable) as error:
        return await run_in_threadpool(_again, permit, page, text, asked, sentence(error))


def _again(permit: Permit, page: Page, text: str, asked: str, problem: str) -> Response:
    code = HTTPStatus.UNPROCESSABLE_ENTITY
    return _new(permit, page, text=text, project=asked, problem=problem, code=code)


def _keep(permit: Permit, page: Page, asked: str, documents: list[tuple[str, str]], policy: str | None) -> Response:
    project = project_named(permit, asked)
    drafts = [_stored(permit, project, name, document, policy) for name, document in documents]
    for draft in drafts:
        permit.bot.store.drafts.add(draft)
    if len(drafts) == 1:
        return page.lead(f"/drafts/{drafts[0].id}")
    return page.lead("/drafts", f"{len(drafts)} documents were read. Look at each, or publish all of them.")


def _new(
    permit: Permit,
    page: Page,
    *,
    text: str = "",
    project: str = "",
    problem: str = "",
    code: HTTPStatus = HTTPStatus.OK,
) -> Response:
    known = permit.served
    return page.show(
        "new.html",
        code=code,
        text=text,
        project=project or (known[0] if len(known) == 1 else ""),
        projects=known,
        problem=problem,
        waiting=len(_mine(permit)),
        needs_project=permit.bot.tracker.is_shared and not permit.bot.options.repo,
    )


def _stored(
    permit: Permit, project: str, name: str, document: str, policy: str | None, amends: str = ""
) -> StoredDraft:
    return StoredDraft(
        id=new_id(),
        project=project,
        name=name,
        document=document,
        policy=policy,
        created_by=permit.who,
        created_at=permit.bot.clock.now(),
        amends=amends,
    )


# ---------------------------------------------------------------- a draft


@router.get("/drafts")
def drafts_page(permit: Viewer, page: Shown) -> Response:
    drafts = [preview_of(permit.bot, one) for one in _mine(permit)[:SHOWN]]
    mine = [one for one in drafts if may(permit, Role.OPERATOR, one.stored.project)]
    return page.show("drafts.html", drafts=drafts, mine=mine, ready=sum(one.may_be_published for one in mine))


def _mine(permit: Permit) -> list[StoredDraft]:
    return permit.bot.store.drafts.open(permit.bot.clock.now(), projects=permit.projects)


@router.get("/drafts/{id}")
def draft_page(permit: Viewer, page: Shown, id: Id) -> Response:
    stored = permit.draft(id)
    if stored.plan and (plan := permit.bot.answers.plan(stored.plan)) is not None:
        return page.show(
            "published.html",
            plan=plan,
            rows=Rows(permit).of(plan, plan.phases),
            issue_url=permit.bot.answers.pages().issue(plan),
            **_counted(permit, plan.id),
        )
    return _preview(permit, page, preview_of(permit.bot, stored))


def _counted(permit: Permit, id: str) -> dict[str, Any]:
    view = permit.bot.store.views.plan(id).view
    found = shares(view.phases)
    return {"status": view.status, "shares": found.pop("parts"), **found}


def _preview(permit: Permit, page: Page, preview: Preview) -> Response:
    return page.show(
        "draft.html",
        preview=preview,
        graph=graph_of(preview.plan, links=False) if preview.plan else None,
        remarks=remarks_on(preview.draft.findings, preview.stored.document),
        policy_remarks=remarks_on(preview.policy_findings, preview.stored.policy or ""),
        executors=executors(permit.bot, preview),
        on_errors=[one.value for one in OnError],
        may_steer=may(permit, Role.OPERATOR, preview.stored.project),
        is_shared=permit.bot.tracker.is_shared,
    )


@router.post("/drafts/{id}")
def change_draft(permit: Operator, page: Shown, form: Fields, id: Id) -> Response:
    """`do` says what: save, publish, discard, text, `up:` and `down:` with the key of a phase. Edits are kept either way."""
    stored, do = permit.draft(id), field(form, "do", 200)
    if do == "discard":
        permit.bot.store.drafts.drop(id)
        return page.lead("/new", "The draft is gone.")
    if stored.plan:
        return page.lead(f"/drafts/{id}")
    if do == "text":
        return _with_text(permit, page, stored, form)
    try:
        stored = replace(stored, edits=_edits(permit, preview_of(permit.bot, stored), form, do).as_json())
    except HandedInWrong as error:
        return page.lead(f"/drafts/{id}", sentence(error), "bad")
    permit.bot.store.drafts.edit(id, stored.edits)
    if do == "publish":
        looked_at = field(form, "policy", 64) if "policy" in form else None
        found = _outcome(permit, id, again=field(form, "again") == "yes", looked_at=looked_at)
        if found.problem:
            return page.lead(f"/drafts/{id}", found.problem, "bad")
        return page.lead(f"/plans/{found.plan}" if stored.amends else f"/drafts/{id}")
    return page.lead(f"/drafts/{id}", "" if ":" in do else "The draft is as you want it.")


def _with_text(permit: Permit, page: Page, stored: StoredDraft, form: FormData) -> Response:
    """Another text: the edits were about phases that may not be there any more."""
    document = field(form, "document", LARGEST)
    try:
        parser.decode(document.encode(), name=stored.name, limit=permit.bot.settings.upload_bytes)
    except UserError as error:
        return page.lead(f"/drafts/{stored.id}", sentence(error), "bad")
    permit.bot.store.drafts.rewrite(stored.id, document)
    return page.lead(f"/drafts/{stored.id}", "The text was read again.")


# ---------------------------------------------------------------- publishing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a draft: the id of its plan, or why there is none yet."""

    id: str
    title: str
    plan: str = ""
    problem: str = ""


@router.post("/drafts")
def publish_all(permit: Operator, page: Shown, form: Fields) -> Response:
    """Publish each `draft` that the page showed, by the rules it showed (`policy:` with the id): one that cannot be stays as
    it is, and keeps no other from it. Sent twice, each is published once, and both answers say so."""
    chosen = [one for one in form.getlist("draft") if isinstance(one, str)][:SHOWN]
    if not chosen:
        return page.lead("/drafts", "There is no draft to publish.", "bad")
    outcomes = [_outcome(permit, one, looked_at=field(form, f"policy:{one}", 64)) for one in chosen]
    return page.show("outcomes.html", outcomes=outcomes)


def _outcome(permit: Permit, id: str, *, again: bool = False, looked_at: str | None = None) -> Outcome:
    """`looked_at` is where the rules came from that the page showed. Raises Problem for too small a role."""
    try:
        stored = permit.draft(id)
    except NotFound as error:
        return Outcome(id, f"Draft {id}", problem=sentence(error))
    title = read(stored).title or stored.name
    try:
        return Outcome(id, title, publish(permit.bot, id, by=permit.who, again=again, looked_at=looked_at).plan.id)
    except Problem as problem:
        if problem.type == "confirmed_already":
            return Outcome(id, title, problem.details["plan"])
        return Outcome(id, title, problem="It cannot be published as it stands: see the findings.")
    except (UserError, TransientError) as error:
        return Outcome(id, title, problem=sentence(error))


# ---------------------------------------------------------------- edits


def _edits(permit: Permit, preview: Preview, form: FormData, do: str) -> Edits:
    """What the form says that is different from the document and its policy. Raises HandedInWrong."""
    offered = executors(permit.bot, preview)
    phases = {one.key: _edit(preview, one.key, form, offered) for one in preview.draft.phases}
    order = [one.key for one in preview.draft.phases]
    way, _, key = do.partition(":")
    if way in ("up", "down") and key in order:
        at = order.index(key)
        to = min(max(at + (-1 if way == "up" else 1), 0), len(order) - 1)
        order[at], order[to] = order[to], order[at]
    is_moved = preview.edits.order or way in ("up", "down")
    return Edits(tuple(order) if is_moved else (), {name: one for name, one in phases.items() if one})


def _edit(preview: Preview, key: str, form: FormData, offered: list[str]) -> PhaseEdit:
    edit = preview.edits.of(key)
    phase = next(one for one in preview.draft.phases if one.key == key)
    rules = preview.rules_for(phase)
    needs = _needs(preview, phase.title, field(form, f"needs:{key}", 400)) if f"needs:{key}" in form else None
    if needs is not None and set(needs) != {one.key for one in phase.depends_on}:
        edit = replace(edit, needs=needs)
    executor = field(form, f"executor:{key}", 40)
    if executor in offered and executor != rules.executor:
        edit = replace(edit, executor=executor)
    on_error = field(form, f"on_error:{key}", 20)
    if on_error in set(OnError) and on_error != rules.on_error:
        edit = replace(edit, on_error=OnError(on_error))
    return edit


def _needs(preview: Preview, title: str, said: str) -> tuple[str, ...]:
    """From places such as `1, 3` to keys."""
    keys: Mapping[int, str] = {place: key for key, place in preview.place_of.items()}
    found = []
    for word in said.replace(",", " ").replace(";", " ").split():
        place = int(word) if word.isascii() and word.isdigit() and len(word) < 6 else 0
        if place not in keys:
            raise HandedInWrong(f"{title}: there is no phase `{word}`", fix=f"Use places from 1 to {len(keys)}.")
        if keys[place] not in found:
            found.append(keys[place])
    return tuple(found)


# ---------------------------------------------------------------- a new version of a plan


@router.get("/plans/{id}/amend")
def amend_page(permit: Operator, page: Shown, id: Id) -> Response:
    return page.show("amend.html", plan=permit.plan(id), text="", problem="")


@router.post("/plans/{id}/amend")
async def amend(permit: Operator, page: Shown, form: Fields, id: Id) -> Response:
    """The new version becomes a draft, which shows what would change; publishing it amends the plan."""
    plan = await run_in_threadpool(permit.plan, id)
    text = field(form, "text", LARGEST)
    try:
        documents, policy = await documents_of(form, text, permit.bot.settings.upload_bytes)
    except UserError as error:
        return page.show(
            "amend.html", code=HTTPStatus.UNPROCESSABLE_ENTITY, plan=plan, text=text, problem=sentence(error)
        )
    if plan.retracted_at is not None:
        raise Problem(HTTPStatus.CONFLICT, "order_refused", "the plan was retracted: make a new one")
    draft = _stored(permit, plan.project, documents[0][0], documents[0][1], policy, amends=id)
    await run_in_threadpool(permit.bot.store.drafts.add, draft)
    return page.lead(f"/drafts/{draft.id}")
