"""The policies of the repositories that are served: read from the default branch, and the last right one kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

import structlog
from pydantic import BaseModel

from bot.lately import Lately
from bot.store.policies import KeptPolicy, SqlPolicies
from services.domain.errors import NotAllowed, NotFound, PolicyInvalid, RemoteUnavailable, TransientError
from services.domain.findings import Finding, Severity
from services.domain.phase import LOCAL, MANUAL, Qa, Rules
from services.domain.plan import HANDED_IN
from services.planning.draft import PhaseDraft
from services.planning.policy import Policy, read_policy
from services.ports import Clock

log = structlog.get_logger()

PATH = ".github/phasebot.yml"
MAX_BYTES = 1024 * 1024

FRESH = timedelta(seconds=60)
"""For so long a policy counts as read; a push that changes it is heard of at once."""

REMEMBERED = 64
"""Earlier policies that are kept at hand, for plans that were made under them."""


class Files(Protocol):
    """The files of repositories. Both raise NotFound, NotAllowed, TransientError, RemoteUnavailable."""

    def last_change(self, project: str, path: str, at: str) -> str:
        """The commit that has changed a file last, as of a commit ("": the newest of the default branch); "" without one."""

    def read_file(self, project: str, path: str, commit: str) -> tuple[str, bytes]:
        """Hash and bytes of a file at a commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentPolicy:
    """What counts for a repository now. `commit` is the one that made it so; "" without a policy.

    `problem`: the file that is there now, since the commit `newest`, cannot be used, so an older one counts (`has_older`), or
    none. `is_stale`: the file cannot be read now, and this is how it was last. `is_handed_in`: it came with the document, and
    is none of the repository. `may_run_here`: its commands may run on this machine.
    """

    policy: Policy
    commit: str = ""
    newest: str = ""
    problem: PolicyInvalid | None = None
    has_older: bool = False
    is_stale: bool = False
    is_handed_in: bool = False
    may_run_here: bool = True

    @property
    def origin(self) -> str:
        """For the plan that is made under it: see `Plan.policy`."""
        return HANDED_IN if self.is_handed_in else self.commit

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the file that is there, and what is odd about the policy that counts."""
        wrong = self.problem.findings if self.problem else ()
        return (*wrong, *((_STALE,) if self.is_stale else ()), *self.policy.findings)

    def findings_for(self, phases: Collection[PhaseDraft]) -> tuple[Finding, ...]:
        """The same, and what in a policy made for just this document is about none of its phases."""
        return (*self.findings, *(self.policy.unmatched(phases) if self.is_handed_in else ()))

    def rules_for(self, phase: PhaseDraft) -> Rules:
        """Where commands may not run on this machine, a person does that work, and gives that verdict."""
        rules = self.policy.rules_for(phase)
        if self.may_run_here:
            return rules
        if rules.qa is Qa.TOOL:
            rules = replace(rules, qa=Qa.MANUAL, qa_operation=None)
        return replace(rules, executor=MANUAL) if rules.executor == LOCAL else rules

    def holds_back(self, phases: Collection[PhaseDraft]) -> bool:
        """Some phase would run here if that were allowed."""
        return not self.may_run_here and any(_runs_here(self.policy.rules_for(one)) for one in phases)


_STALE = Finding(
    "policy_stale", Severity.WARNING, 1, "the repository cannot be read now, so its policy counts as it was read last"
)


def _runs_here(rules: Rules) -> bool:
    return rules.executor == LOCAL or rules.qa is Qa.TOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The one place that says which policy counts, whichever way a plan comes in. One for a process.

    `files` None: there are no repositories, only what is kept. `tools` are those that an operation may name, with what each
    takes; `allowed` says where commands may run here.
    """

    kept: SqlPolicies
    files: Callable[[], Files | None]
    tools: Callable[[], Mapping[str, type[BaseModel]]]
    executors: Callable[[], Collection[str]]
    allowed: Callable[[str], bool]
    clock: Clock
    _lately: Lately[CurrentPolicy] = field(default_factory=lambda: Lately(FRESH), init=False, repr=False)
    _earlier: OrderedDict[tuple[str, str], Policy] = field(default_factory=OrderedDict, init=False, repr=False)

    def ruling(self, project: str, at: str = "", *, anew: bool = False) -> CurrentPolicy:
        """What counts now. Never raises over a policy that is wrong: the last right one counts, as it does while the repository
        cannot be read. What was read a moment ago is not read again, unless the newest commit is named, or it is wished for
        `anew`.

        Raises TransientError, RemoteUnavailable where nothing is known yet.
        """
        now = self.clock.now()
        known = None if at or anew else self._lately.get(project, now)
        if known is not None:
            return known
        found = self._looked_up(project, at)
        if not found.is_stale:
            self._lately.put(project, found, now)
        return found

    def at(self, project: str, commit: str) -> Policy:
        """The policy as it was made by a commit, for a plan that has its rules from there. Raises what `Files` raises, and
        PolicyInvalid if tools that it names are here no more."""
        key, files = (project, commit), self.files()
        if key not in self._earlier and files is not None:
            self._earlier[key] = self.read(decoded(files.read_file(project, PATH, commit)[1]))
            if len(self._earlier) > REMEMBERED:
                self._earlier.popitem(last=False)
        return self._earlier.get(key, Policy())

    def forget(self, project: str) -> None:
        """It was changed just now: it is read again when it is next asked for."""
        self._lately.forget(project)

    def handed_in(self, text: str, where: str) -> CurrentPolicy:
        """One that comes with a document, from somebody who may run what it says. Raises PolicyInvalid."""
        return CurrentPolicy(policy=self.read(text, where=where), is_handed_in=True)

    def read(self, text: str, *, where: str = PATH) -> Policy:
        """Any text, checked against the tools and executors of this process. Raises PolicyInvalid."""
        return read_policy(text, tools=self.tools(), executors=self.executors(), where=where)

    # ------------------------------------------------------------ inside

    def _looked_up(self, project: str, at: str) -> CurrentPolicy:
        files = self.files()
        if files is None:
            return self._as_kept(project)
        try:
            commit = files.last_change(project, PATH, at)
            sha, raw = files.read_file(project, PATH, commit) if commit else ("", None)
        except NotFound:  # the file was removed, or there is nothing at all
            commit, sha, raw = "", "", None
        except NotAllowed as refusal:
            return self._as_kept(project, problem=unreadable(f"it may not be read: {refusal.message}", refusal.fix))
        except (TransientError, RemoteUnavailable) as error:
            if at or self.kept.last(project) is None:
                raise
            log.warning("policy_not_read", project=project, error=str(error))
            return self._as_kept(project, is_stale=True)
        if raw is None:
            self.kept.drop(project)
            return CurrentPolicy(policy=Policy(), may_run_here=self.allowed(project))
        return self._judged(project, raw, sha=sha, commit=commit)

    def _judged(self, project: str, raw: bytes, *, sha: str, commit: str) -> CurrentPolicy:
        try:
            text = decoded(raw)
            policy = self.read(text)
        except PolicyInvalid as problem:
            return self._as_kept(project, problem=problem, newest=commit)
        self.kept.keep(project, KeptPolicy(sha, text, commit))
        return CurrentPolicy(policy=policy, commit=commit, newest=commit, may_run_here=self.allowed(project))

    def _as_kept(
        self, project: str, *, problem: PolicyInvalid | None = None, newest: str = "", is_stale: bool = False
    ) -> CurrentPolicy:
        """The last right one, as far as it is still right for the tools of this process."""
        last, policy = self.kept.last(project), Policy()
        if last is not None:
            try:
                policy = self.read(last.text)
            except PolicyInvalid as worse:
                last, problem = None, problem or worse
        return CurrentPolicy(
            policy=policy,
            commit=last.commit if last else "",
            newest=newest,
            problem=problem,
            has_older=last is not None and problem is not None,
            is_stale=is_stale,
            may_run_here=self.allowed(project),
        )


def decoded(raw: bytes) -> str:
    """The text of a policy. Raises PolicyInvalid."""
    if len(raw) > MAX_BYTES:
        raise unreadable(f"the file has more than {MAX_BYTES:,} bytes", "Is it the right one?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unreadable("this is not UTF-8 text", "Save it as UTF-8.") from None


def unreadable(what: str, fix: str) -> PolicyInvalid:
    """Nothing can be said about what is in it."""
    finding = Finding("policy_unreadable", Severity.ERROR, 1, what, fix)
    return PolicyInvalid.listing((finding,), where=PATH)
