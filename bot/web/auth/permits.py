"""Permits: what a route is given about who asks, and the only way to the objects of a project.

Each route says which role it wants, as the type of a parameter. What lies in a project that the asker has no role in is not
found, and cannot be told apart from what does not exist.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from bot.bootstrap import Phasebot
from bot.store.drafts import StoredDraft
from bot.store.views import QueueItem
from bot.web.auth.door import Asker, Door
from bot.web.failures import Problem
from bot.web.forms import CSRF_FIELD, read_form
from services.domain.access import EVERYWHERE, Caller, Role
from services.domain.attempts import Attempt
from services.domain.errors import NotFound
from services.domain.plan import Plan
from services.execution.jobs import Job

CSRF_HEADER = "x-csrf-token"
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Permit:
    """Who asks, for something that takes `role`. `csrf` is what forms made for them have to bring along; empty for tokens."""

    caller: Caller
    role: Role
    bot: Phasebot
    csrf: str = ""

    @property
    def who(self) -> str:
        """For the audit trail."""
        return self.caller.who

    @property
    def projects(self) -> frozenset[str] | None:
        """Those that lists have to be cut down to; None for all."""
        return self.caller.projects

    @property
    def served(self) -> list[str]:
        """The names of the projects that there are, among those."""
        return [one.id for one in self.bot.store.records.projects(self.projects)]

    def plan(self, id: str) -> Plan:
        """Raises NotFound, or Problem for too small a role."""
        plan = self.bot.answers.plan(id)
        if plan is None or self.caller.role_in(plan.project) is None:
            raise NotFound(f"there is no plan {id}")
        self.require(plan.project)
        return plan

    def item(self, queue_id: str) -> QueueItem:
        """Raises NotFound, or Problem for too small a role."""
        item = self.bot.store.views.item(queue_id)
        self.see(item.project, f"there is no phase {queue_id} in the queue")
        return item

    def attempt(self, item: QueueItem, number: int) -> Attempt:
        """One attempt of a phase that may be seen. Raises NotFound."""
        found = next((one for one in self.bot.store.views.attempts(item.queue_id) if one.number == number), None)
        if found is None:
            raise NotFound(f"{item.queue_id} has no attempt {number}")
        return found

    def draft(self, id: str) -> StoredDraft:
        """Raises NotFound, or Problem for too small a role."""
        draft = self.bot.store.drafts.one(id, self.bot.clock.now())
        self.see(draft.project, f"there is no draft {id}")
        return draft

    def job(self, id: str) -> Job:
        """Raises NotFound, or Problem for too small a role."""
        job = self.bot.store.jobs.one(id)
        self.see(job.project, f"there is no job {id}")
        return job

    def project(self, name: str) -> str:
        """A project by its name. Raises NotFound, or Problem for too small a role."""
        self.see(name, f"there is no project {name}")
        return name

    def see(self, project: str, otherwise: str) -> None:
        """Something in this project. Raises NotFound in these words, or Problem for too small a role."""
        if self.caller.role_in(project) is None:
            raise NotFound(otherwise)
        self.require(project)

    def require(self, project: str = EVERYWHERE) -> None:
        """Raises Problem if the role is not held there. Without a project: in all of them."""
        if not self.caller.may(self.role, project):
            raise forbidden(self.role)


def forbidden(role: Role) -> Problem:
    message = f"this takes the role {role}, which you do not have here"
    return Problem(HTTPStatus.FORBIDDEN, "forbidden", message, details={"role": role.value})


def needs(role: Role) -> Callable[[Request], Awaitable[Permit]]:
    """The dependency of a route that takes this role; known by its attribute `role`."""

    async def permit(request: Request) -> Permit:
        asker: Asker = request.state.asker
        if not asker.caller.may_somewhere(role):
            raise forbidden(role)
        door: Door = request.app.state.door
        csrf = ""
        if asker.session is not None:
            csrf = door.cookies.csrf(asker.session)
            await _refuse_forged(request, door, asker.session)
        return Permit(asker.caller, role, request.app.state.phasebot, csrf)

    permit.role = role  # type: ignore[attr-defined]
    return permit


async def _refuse_forged(request: Request, door: Door, session: str) -> None:
    """A browser sends the cookie whoever made the page; the token it takes as well only we have written into ours."""
    if request.method in _SAFE:
        return
    door.refuse_other_sites(request.headers)
    given = request.headers.get(CSRF_HEADER) or (await read_form(request)).get(CSRF_FIELD, "")
    if not isinstance(given, str) or not door.cookies.is_csrf(given, session):
        message = (
            f"the form is out of date, or not ours: load the page again (`{CSRF_FIELD}`, or the header {CSRF_HEADER})"
        )
        raise Problem(HTTPStatus.FORBIDDEN, "csrf_refused", message)


Viewer = Annotated[Permit, Depends(needs(Role.VIEWER))]
"""For routes that show something."""

Operator = Annotated[Permit, Depends(needs(Role.OPERATOR))]
"""For routes that steer plans and phases."""

Admin = Annotated[Permit, Depends(needs(Role.ADMIN))]
"""For routes about policies, tokens, and what was given up."""
