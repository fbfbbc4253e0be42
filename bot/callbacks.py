"""Callbacks: what CI says of an attempt, once it is clear who says so."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.elsewhere import Elsewhere
from bot.github.oidc import Expected, Forged, Verifier, check
from bot.once import Once
from bot.parts import Parts
from bot.settings import GITHUB_API, Settings
from bot.tickets import Subject
from bot.tokens import CI_TICKET, digest, new_secret
from services.domain.attempts import AttemptState, Outcome
from services.domain.errors import NotFound, UserError
from services.domain.failure import Failure
from services.domain.messages import AttemptDispatched, AttemptFinished, Message
from services.domain.rules import CI
from services.execution.workflow_runs import Carried, Run, correlated
from services.ports import Delivery

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
TICKET = timedelta(hours=24)
"""How long a ticket is good, if nothing else is said."""
_BRANCH = re.compile(r"(?:refs/heads/)?phasebot/(?P<plan>[\w-]{1,64})/(?P<phase>[^\s]{1,200})")


class NotConfigured(UserError):
    """Something has to be set before callbacks can be taken like this."""

    code = "oidc_not_configured"


class Callback(BaseModel):
    """What a callback says. It is data, whoever has signed it: nothing in it gives anybody any right."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Literal["success", "failure"]
    correlation_id: str = Field("", max_length=64)
    plan: str = Field("", max_length=64)
    phase: str = Field("", max_length=200)
    branch: str = Field("", max_length=250)
    sha: str = Field("", max_length=64)
    repository: str = Field("", max_length=200)
    run_id: str = Field("", max_length=30)
    run_attempt: str = Field("", max_length=10)
    url: str = Field("", max_length=500, pattern=r"^(https?://[^\s()<>\[\]\"'`|]+)?$")


@dataclass(frozen=True, slots=True)
class _Home:
    """A repository, as GitHub has it now: names may change hands, ids do not."""

    id: str
    owner: str
    branch: str


class Callbacks:
    """Callable from any thread. Raises Forged, NotFound, UserError, TransientError."""

    def __init__(self, parts: Parts, elsewhere: Elsewhere, settings: Settings) -> None:
        self._parts = parts
        self._elsewhere = elsewhere
        self._settings = settings
        self._verifier = Once(self._made)
        self._homes: dict[str, _Home] = {}
        self._lock = threading.Lock()

    def by_token(self, token: str, said: Callback) -> Delivery:
        """A job speaks for the run that it belongs to, and for no other, whatever the body says."""
        claims = self._verifier().claims(token)
        run = Run(int(claims.run_id), int(claims.run_attempt), "in_progress", None, "", "")
        of = self._elsewhere.carried_by(claims.repository, run)
        watched = [] if of else self._elsewhere.watched(claims.repository, claims.sha)
        of = of or (watched[0] if watched else None)
        if of is None:
            raise NotFound("no attempt waits for this run")
        check(claims, self._expected(of))
        return self._delivery(f"ci/{claims.jti}", of, said)

    def by_signature(self, body: bytes, said: Callback) -> Delivery:
        """Somebody who has the webhook's secret speaks for the attempt that they name."""
        of = self._named(said)
        if of is None:
            raise NotFound(
                "no attempt waits for this callback: name its plan and phase, its correlation id, or its run"
            )
        return self._delivery(f"ci/{hashlib.sha256(body).hexdigest()}/{of.plan}/{of.attempt.fence}", of, said)

    def ticket(self, plan: str, phase: str, fence: int, *, good_for: timedelta = TICKET) -> str:
        """What lets somebody say once how this attempt went, or the verdict on it. It is shown here, and kept nowhere."""
        secret = new_secret(CI_TICKET)
        expires_at = self._parts.clock.now() + good_for
        self._parts.store.ci_tickets.add(digest(secret), Subject(plan, phase, fence), expires_at)
        return secret

    def by_ticket(self, ticket: str, body: bytes, said: Callback) -> Delivery:
        """Whoever has the ticket speaks for the attempt that it was made for, whatever the body says, and once."""
        words = hashlib.sha256(body).hexdigest()
        subject = self._parts.store.ci_tickets.use(digest(ticket), words, self._parts.clock.now())
        if subject is None:
            raise Forged("it was used already, has expired, or was never made here")
        of = self._in_hand(self._elsewhere.carried(subject.plan, subject.phase))
        if of is None or not self._is_about(subject, of):
            raise NotFound("the attempt that this ticket was made for is over")
        return self._delivery(f"ci/{digest(ticket)}", of, said)

    def _is_about(self, subject: Subject, of: Carried) -> bool:
        """A ticket that was handed out with the work is good for the verdict on it."""
        work = self._parts.store.lookups.work_of(of.plan, of.phase)
        return subject.fence in (of.attempt.fence, work and work.fence)

    # ------------------------------------------------------------ whom it is about

    def _named(self, said: Callback) -> Carried | None:
        if said.repository and said.run_id.isdigit():
            attempt = int(said.run_attempt) if said.run_attempt.isdigit() else 1
            run = Run(int(said.run_id), attempt, "in_progress", None, "", "")
            if found := self._elsewhere.carried_by(said.repository, run):
                return found
        if named := correlated(said.correlation_id):
            return self._in_hand(self._elsewhere.fenced(*named))
        if said.sha and (watched := self._elsewhere.watched(said.repository, said.sha)):
            return watched[0]
        branch = _BRANCH.fullmatch(said.branch)
        plan, phase = (
            (said.plan, said.phase) if said.plan else (branch["plan"], branch["phase"]) if branch else ("", "")
        )
        return self._in_hand(self._elsewhere.carried(plan, phase)) if plan else None

    def _in_hand(self, of: Carried | None) -> Carried | None:
        """Only what runs elsewhere is spoken for from elsewhere."""
        is_elsewhere = of is not None and of.attempt.executor in self._parts.executors.remote_names
        return of if of is not None and is_elsewhere and of.attempt.state.is_in_flight else None

    def _expected(self, of: Carried) -> Expected:
        home, plan = self._home(of.project), self._parts.store.lookups.plan(of.plan)
        rules = plan.phases[of.phase].rules if plan else None
        ids = {"repository": of.project, "repository_id": home.id, "owner_id": home.owner}
        if of.attempt.executor == CI or rules is None:
            return Expected(**ids, sha=of.run_id)
        file = rules.qa_workflow if of.attempt.kind == "qa" else rules.workflow
        ref = (rules.ref or home.branch).removeprefix("refs/heads/")
        workflow = f"{of.project}/.github/workflows/{file}@refs/heads/{ref}"
        return Expected(**ids, workflow=workflow, ref=of.attempt.ref)

    def _home(self, project: str) -> _Home:
        with self._lock:
            known = self._homes.get(project)
        if known is None:
            found = self._parts.remote().repository(project)
            known = _Home(str(found.id), str(found.owner.id), found.default_branch)
            with self._lock:
                self._homes[project] = known
        return known

    # ------------------------------------------------------------ what it says

    def _delivery(self, id: str, of: Carried, said: Callback) -> Delivery:
        body = said.model_dump_json().encode()
        at, messages = self._parts.clock.now(), tuple(self._messages(of, said))
        return Delivery(id=id, source="ci", event="ci", body=body, received_at=at, messages=messages)

    def _messages(self, of: Carried, said: Callback) -> list[Message]:
        news: list[Message] = []
        url = of.attempt.url or said.url
        if url != of.attempt.url or of.attempt.state is AttemptState.CLAIMED:
            cause = f"{of.plan}/{of.phase}/{of.attempt.fence}/called/{url}"
            ref = of.attempt.ref or "callback"
            news.append(
                AttemptDispatched(plan=of.plan, phase=of.phase, fence=of.attempt.fence, cause=cause, ref=ref, url=url)
            )
        outcome, failure = (Outcome.PASSED, None) if said.status == "success" else (Outcome.BROKE, self._failure(url))
        return [*news, AttemptFinished.of(of.plan, of.phase, of.attempt.fence, outcome, failure)]

    def _failure(self, url: str) -> Failure:
        at = self._parts.clock.now().isoformat()
        details = {"url": url} if url else {}
        return Failure("run_failed", "CI reports a failure.", tool="ci", retryable=True, timestamp=at, details=details)

    def _made(self) -> Verifier:
        if not self._settings.public_url:
            fix = "Set PHASEBOT_PUBLIC_URL: tokens are made for this server by that name."
            raise NotConfigured("this server does not know by which name CI calls it", fix=fix)
        return Verifier(self._issuer(), self._settings.public_url.rstrip("/"))

    def _issuer(self) -> str:
        """The one that was set; GitHub's; or that of the server whose API is used, as Enterprise servers have it."""
        if self._settings.oidc_issuer:
            return self._settings.oidc_issuer.rstrip("/")
        if self._settings.github_api_url == GITHUB_API and self._parts.tracker.is_shared:
            return GITHUB_ISSUER
        return f"{self._parts.tracker.open().web_url}/_services/token"


__all__ = ["Callback", "Callbacks", "Forged", "NotConfigured"]
