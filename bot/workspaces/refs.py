"""The refs of a plan: the commit it began with, the newest claim on each phase, and what each phase has brought.

    refs/phasebot/<plan>/base             a commit, frozen when the first phase begins
    refs/phasebot/<plan>/claims/<serial>  the fence of the newest attempt, as a blob
    refs/phasebot/<plan>/<serial>         the result of a phase

In a clone of ours, `refs/upstream/<plan>` is what the base and the results were at the origin when it was last asked.

Every one is moved by compare-and-swap. A result is moved only while the claim is still that of the attempt that has made it,
in one transaction: an attempt that was superseded never overwrites.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.workspaces.git import Git
from services.execution.tool import ToolFailed

ROOT = "refs/phasebot"
NOTHING = "0" * 40
_TRIES = 10


class Superseded(ToolFailed):
    """A newer attempt of the same phase has begun."""

    def __init__(self) -> None:
        super().__init__("superseded", "a newer attempt of this phase has begun")


class Moved(Exception):
    """A ref is not what it was a moment ago."""


@dataclass(frozen=True, slots=True)
class Update:
    """A ref, and what it is to point at instead of `old`."""

    ref: str
    new: str
    old: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The word of an attempt that it is the newest of its phase."""

    ref: str
    blob: str


class PlanRefs:
    """Those of one plan."""

    def __init__(self, git: Git, plan: str) -> None:
        name = re.sub(r"[^A-Za-z0-9_-]", "-", plan)
        self._git = git
        self.root = f"{ROOT}/{name}"
        self.upstream = f"refs/upstream/{name}"

    def result(self, serial: int) -> str:
        """The name of the ref of a phase's result."""
        return f"{self.root}/{serial}"

    def base(self, head: str) -> str:
        """The commit that the plan began with: `head`, if nobody has said so before."""
        ref = f"{self.root}/base"
        if self._git.try_to("update-ref", ref, head, NOTHING).code:
            return self._git.ask("rev-parse", "--verify", f"{ref}^{{commit}}")
        return head

    def results(self) -> dict[int, str]:
        """The commits of all results, by the serials of their phases."""
        return {int(name): commit for name, commit in self._under(self.root).items() if name.isdigit()}

    def adopt(self) -> None:
        """What is upstream is what counts. A base that nobody has told the others yet stays."""
        theirs = self._under(self.upstream)
        ours = {name: commit for name, commit in self._under(self.root).items() if name.isdigit()}
        lines = [f"update {self.root}/{name} {commit}" for name, commit in theirs.items()]
        lines += [f"delete {self.root}/{name}" for name in ours if name not in theirs]
        if lines:
            self._git.ask("update-ref", "--stdin", given="\n".join(lines) + "\n")

    def _under(self, root: str) -> dict[str, str]:
        told = self._git.ask("for-each-ref", "--format=%(refname) %(objectname)", f"{root}/").splitlines()
        return dict(sorted(line.removeprefix(f"{root}/").split(" ") for line in told))

    def claim(self, serial: int, fence: int) -> Claim:
        """Say that this attempt is the newest. Raises Superseded if it is not."""
        ref = f"{self.root}/claims/{serial}"
        blob = self._git.ask("hash-object", "-w", "--stdin", given=str(fence))
        for _ in range(_TRIES):
            old = self.target(ref)
            if old != NOTHING and int(self._git.ask("cat-file", "blob", old)) > fence:
                raise Superseded
            if self._git.try_to("update-ref", ref, blob, old).code == 0:
                return Claim(ref, blob)
        raise ToolFailed("git_failed", f"{ref} cannot be written", retryable=True)

    def check(self, claim: Claim) -> None:
        """Raises Superseded if the claim does not hold any more."""
        if self.target(claim.ref) != claim.blob:
            raise Superseded

    def move(self, claim: Claim, *updates: Update) -> None:
        """All of them or none, and only while the claim holds. Raises Superseded, Moved."""
        lines = [f"verify {claim.ref} {claim.blob}", *(f"update {one.ref} {one.new} {one.old}" for one in updates)]
        answer = self._git.try_to("update-ref", "--stdin", given="\n".join(lines) + "\n")
        if answer.code == 0:
            return
        self.check(claim)
        if all(self.target(one.ref) == one.old for one in updates):
            raise ToolFailed("git_failed", f"git update-ref: {answer.last_words}", retryable=True)
        raise Moved

    def target(self, ref: str) -> str:
        return target(self._git, ref)


def target(git: Git, ref: str) -> str:
    """What it points at; NOTHING if there is no such ref."""
    answer = git.try_to("rev-parse", "--verify", "--quiet", ref)
    return answer.out.strip() if answer.code == 0 else NOTHING
