"""Git: one program, asked in a way in which nothing around it counts. No hooks, no prompts, no settings of the user."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.domain.attempts import Changes
from services.domain.errors import UserError
from services.execution.tool import ToolFailed

OLDEST = (2, 30)
SECONDS = 600.0
"""The longest that one call may take."""

_KEPT = ("PATH", "TMPDIR", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT")
_OF_THE_USER = (
    "HOME",
    "USER",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
)
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
    "GIT_EDITOR": "true",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
_ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
_OPTIONS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.autocrlf=false",
    "commit.gpgSign=false",
    "rerere.enabled=false",
    "submodule.recurse=false",
    "protocol.ext.allow=never",
    "safe.bareRepository=all",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
)


_REASONS = ("remote: ", "fatal: ", "error: ", "ERROR: ")


class GitTooOld(UserError):
    """There is a git, but none that does what is needed."""

    code = "git_too_old"


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said. `code` 0: it did what it was told."""

    code: int
    out: str
    err: str

    @property
    def last_words(self) -> str:
        return (self.err.strip() or self.out.strip()).rpartition("\n")[2]

    @property
    def reason(self) -> str:
        """The first line that says why not: after it, git often goes on with advice."""
        lines = (self.err + self.out).splitlines()
        return next((line for line in lines if line.startswith(_REASONS)), self.last_words) or "git says nothing"


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder. `directory`, where it is known, is where git keeps what belongs to the folder: then nothing that is
    done to the folder can make git look elsewhere. `excludes` is a file of patterns that are never kept, `held` are locks (as
    file descriptors) that last as long as git runs, whatever becomes of us."""

    folder: Path
    directory: Path | None = None
    author: tuple[str, str] = ("phasebot", "phasebot@localhost")
    excludes: str = os.devnull
    more: Mapping[str, str] = field(default_factory=dict)
    held: tuple[int, ...] = ()

    def ask(self, *arguments: str, given: str | None = None) -> str:
        """Its answer, without the last line break. Raises ToolFailed."""
        answer = self.try_to(*arguments, given=given)
        if answer.code:
            raise ToolFailed("git_failed", f"git {arguments[0]}: {answer.last_words}", retryable=True)
        return answer.out.removesuffix("\n")

    def names(self, *arguments: str) -> list[str]:
        """Paths, of a command that was told to end each with a NUL. Raises ToolFailed."""
        return [name for name in self.ask(*arguments).split("\0") if name]

    def try_to(self, *arguments: str, given: str | None = None, seconds: float = SECONDS) -> Answer:
        """Whatever it answers. Raises ToolFailed if it does not."""
        command = [*self._command(), *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self._environ(),
                input=(given or "").encode(),
                capture_output=True,
                start_new_session=True,
                pass_fds=self.held,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ToolFailed("git_failed", f"git {arguments[0]} took too long", retryable=True) from None
        except FileNotFoundError as error:
            raise ToolFailed("git_failed", f"there is no {error.filename}") from None
        return Answer(done.returncode, _text(done.stdout), _text(done.stderr))

    def start_of(self, limit: int, *arguments: str) -> bytes:
        """The first `limit` bytes of what it says."""
        with subprocess.Popen(
            [*self._command(), *arguments],
            cwd=self.folder,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            found = process.stdout.read(limit)
            process.kill()
        return found

    def in_worktree(self, folder: Path, directory: Path) -> Git:
        """The same in another work tree of the repository."""
        return replace(self, folder=folder, directory=directory)

    def as_the_user(self, more: Mapping[str, str] | None = None) -> Git:
        """With the user's own settings: those hold how to sign in where things are pushed to. `more` is for this call alone."""
        user = {name: os.environ[name] for name in _OF_THE_USER if name in os.environ}
        return replace(self, more={**user, **dict.fromkeys(_ALONE, ""), **(more or {})})

    def _command(self) -> list[str]:
        options = [*_OPTIONS, f"core.excludesFile={self.excludes}"]
        return ["git", *(word for option in options for word in ("-c", option))]

    def _environ(self) -> dict[str, str]:
        name, email = self.author
        place = {"GIT_DIR": str(self.directory), "GIT_WORK_TREE": str(self.folder)} if self.directory else {}
        ours = {f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in
                (("NAME", name), ("EMAIL", email))}  # fmt: skip
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environ = {**kept, **_QUIET, **_ALONE, **place, **ours, **self.more}
        return {name: value for name, value in environ.items() if value}


def _text(raw: bytes) -> str:
    """Names of files may be any bytes; they come back as they went."""
    return raw.decode("utf-8", "surrogateescape")


def named(names: Sequence[str]) -> tuple[str, ...]:
    """The first of them, as they can be stored and shown: a name that is not UTF-8 with marks for what is not."""
    return tuple(
        one.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for one in names[: Changes.MOST_NAMED]
    )


def is_there() -> bool:
    """There is a git on this machine."""
    return shutil.which("git") is not None


def check_version(said: str) -> None:
    """Raises GitTooOld. `said` is the answer of `git version`."""
    numbers = said.removeprefix("git version ").split(".")
    major, minor = (int(one) if one.isdigit() else 0 for one in (*numbers, "0", "0")[:2])
    if (major, minor) < OLDEST:
        raise GitTooOld(
            f"{said} is too old to keep the work of phases apart",
            where="workspace",
            fix=f"Install git {OLDEST[0]}.{OLDEST[1]} or newer, or say `workspace: in_place` in the policy.",
        )
