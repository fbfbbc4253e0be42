"""The policies of the repositories that are served: read from the default branch, and the last right one kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import BaseModel

from bot.store.policies import KeptPolicy, SqlPolicies
from services.domain.errors import NotFound, PolicyInvalid
from services.domain.phase import MANUAL, Qa, Rules
from services.planning.draft import PhaseDraft
from services.planning.policy import Policy, read_policy
from services.ports import Clock

PATH = ".github/phasebot.yml"
MAX_BYTES = 1024 * 1024
LOCAL = "local"

FRESH = timedelta(seconds=60)
"""For so long a policy counts as read; a push that changes it is heard of at once."""

ReadFile = Callable[[str, str, str], tuple[str, bytes]]
"""Hash and bytes of a file of a repository at a commit ("": the default branch). Raises NotFound, TransientError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentPolicy:
    """What counts for a repository now. `sha` is git's hash of the text; "" without one. `problem`: the file that is there
    now cannot be used, so an older one counts (`has_older`), or none. `may_run_here`: its commands may run on this machine."""

    policy: Policy
    sha: str = ""
    problem: PolicyInvalid | None = None
    has_older: bool = False
    may_run_here: bool = True

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


def _runs_here(rules: Rules) -> bool:
    return rules.executor == LOCAL or rules.qa is Qa.TOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """`tools` are those that an operation may name, with what each takes; `allowed` says where commands may run here."""

    kept: SqlPolicies
    read_file: ReadFile
    tools: Mapping[str, type[BaseModel]]
    executors: Collection[str]
    allowed: Callable[[str], bool]
    clock: Clock
    _lately: dict[str, tuple[datetime, CurrentPolicy]] = field(default_factory=dict, init=False, repr=False)

    def of(self, project: str, commit: str = "", *, anew: bool = False) -> CurrentPolicy:
        """Never raises over a policy that is wrong: the last right one counts. What was read a moment ago is not read again,
        unless a commit is named, or it is wished for `anew`. Raises TransientError."""
        now, known = self.clock.now(), self._lately.get(project)
        if not commit and not anew and known is not None and now - known[0] < FRESH:
            return known[1]
        found = self._looked_up(project, commit)
        self._lately[project] = (now, found)
        return found

    def _looked_up(self, project: str, commit: str) -> CurrentPolicy:
        may_run_here = self.allowed(project)
        try:
            sha, raw = self.read_file(project, PATH, commit)
        except NotFound:
            return CurrentPolicy(policy=Policy(), may_run_here=may_run_here)
        try:
            text = decoded(raw)
            policy = self._read(text)
        except PolicyInvalid as problem:
            last = self.kept.last(project)
            older = self._read(last.text) if last else Policy()
            return CurrentPolicy(
                policy=older,
                sha=last.sha if last else "",
                problem=problem,
                has_older=last is not None,
                may_run_here=may_run_here,
            )
        self.kept.keep(project, KeptPolicy(sha, text))
        return CurrentPolicy(policy=policy, sha=sha, may_run_here=may_run_here)

    def _read(self, text: str) -> Policy:
        return read_policy(text, tools=self.tools, executors=self.executors, where=PATH)


def decoded(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise PolicyInvalid(f"the file has more than {MAX_BYTES:,} bytes", where=PATH)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PolicyInvalid("this is not UTF-8 text", where=PATH, fix="Save it as UTF-8.") from None
