"""The checks of `phasebot doctor`: each looks at one thing, changes nothing, and knows the way out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings
from services.domain.errors import NotFound, TransientError, UserError

if TYPE_CHECKING:
    from bot.github.identity import Identity

TESTED = ((3, 11), (3, 13))
ENOUGH_DISK = 500 * 1024 * 1024


class Verdict(StrEnum):
    """`broken` makes doctor fail; `attention` is for things that only some uses need."""

    FINE = "fine"
    ATTENTION = "attention"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `fix` is the way out, where one is needed."""

    check: str
    verdict: Verdict
    message: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Place:
    """Where doctor looks: the settings, and the environment they do not cover."""

    settings: Settings
    environ: Mapping[str, str]
    repo: str | None = None


Check = Callable[[Place], Finding]


def examine(place: Place) -> Iterator[Finding]:
    """All checks, one after the other."""
    for check in CHECKS:
        yield check(place)


def _python(_: Place) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    tested = "Python {}.{} to {}.{}".format(*TESTED[0], *TESTED[1])
    if sys.version_info[:2] < TESTED[0]:
        return Finding("python", Verdict.BROKEN, f"Python {version} is too old", f"Install {tested}.")
    if sys.version_info[:2] > TESTED[1]:
        return Finding("python", Verdict.ATTENTION, f"Python {version} is newer than what was tested ({tested})")
    return Finding("python", Verdict.FINE, f"Python {version}")


def _data_folder(place: Place) -> Finding:
    folder = place.settings.home
    existing = _existing(folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        fix = f"Allow writing to {existing}, or name another place with PHASEBOT_DATABASE_URL."
        return Finding("data_folder", Verdict.BROKEN, f"{folder} cannot be written", fix)
    later = "" if existing == folder else " (made with the first run)"
    return Finding("data_folder", Verdict.FINE, f"{folder} can be written{later}")


def _database(place: Place) -> Finding:
    from bot.cli.commands.db import problems_of, shown

    url = place.settings.database
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return Finding("database", Verdict.FINE, f"{shown(url)} (made with the first run)")
    try:
        problems = problems_of(url)
    except UserError as error:
        return Finding("database", Verdict.BROKEN, f"{error.where}: {error.message}", error.fix)
    if problems:
        return Finding("database", Verdict.BROKEN, f"{shown(url)}: {'; '.join(problems)}", "Run: phasebot db upgrade")
    return Finding("database", Verdict.FINE, f"{shown(url)} is reachable, its tables are up to date")


def _workers(place: Place) -> Finding:
    from services.execution.workers import resolve_workers

    cores = os.cpu_count() or 1
    count, warning = resolve_workers(place.settings.workers, None, cores=cores)
    if warning:
        return Finding("workers", Verdict.ATTENTION, warning, "Set PHASEBOT_WORKERS to fewer.")
    return Finding("workers", Verdict.FINE, f"{count} of {cores} cores")


def _identity(place: Place) -> Finding:
    """In whose name the bot would act, and whether that opens the repository."""
    from bot.cli.identity import find_identity

    try:
        identity = find_identity(place.settings, place.environ)
        return _no_identity(place) if identity is None else _identified(place, identity)
    except UserError as error:
        where = f"{error.where or place.settings.github_api_url}: "
        return Finding("github", Verdict.BROKEN, f"{where}{error.message}", error.fix)
    except TransientError as error:
        return Finding("github", Verdict.BROKEN, f"{place.settings.github_api_url}: {error}", "Try again later.")


def _no_identity(place: Place) -> Finding:
    verdict = Verdict.FINE if place.repo is None else Verdict.BROKEN
    fix = "For GitHub set PHASEBOT_GITHUB_TOKEN, or run: gh auth login, or: phasebot setup"
    return Finding("github", verdict, "no token: issues are kept by the tracker on this machine", fix)


def _identified(place: Place, identity: Identity) -> Finding:
    from bot.cli.identity import opens
    from bot.clock import SystemClock
    from bot.github.client import GitHub
    from bot.github.session import Access

    settings = place.settings
    github = GitHub(Access(settings.github_api_url, identity, settings.github_api_version), SystemClock())
    try:
        login = github.login
    finally:
        github.close()
    kind = "App" if settings.app_id else "token"
    if place.repo is not None and not opens(settings, identity, place.repo):
        return Finding("github", Verdict.BROKEN, f"issues are switched off in {place.repo}", "Switch them on.")
    return Finding("github", Verdict.FINE, f"{settings.github_api_url} accepts the {kind} of {login}")


def _policy(place: Place) -> Finding:
    """The policy of the repository as it is now: a broken one does not count, which somebody should know."""
    from bot.cli.identity import find_identity

    identity = find_identity(place.settings, place.environ) if place.repo else None
    if place.repo is None or identity is None:
        return Finding("policy", Verdict.FINE, "name a repository with --repo to have its policy checked")
    try:
        return _policy_of(place, identity, place.repo)
    except UserError as error:
        return Finding("policy", Verdict.BROKEN, f"{place.repo}: {error.message}", error.fix)
    except TransientError as error:
        return Finding("policy", Verdict.BROKEN, f"{place.repo}: {error}", "Try again later.")


def _policy_of(place: Place, identity: Identity, repo: str) -> Finding:
    from bot.cli.policy_file import EXECUTORS, known_tools
    from bot.clock import SystemClock
    from bot.github.client import GitHub
    from bot.github.session import Access
    from bot.policies import PATH, decoded
    from services.planning.policy import read_policy

    settings = place.settings
    github = GitHub(Access(settings.github_api_url, identity, settings.github_api_version), SystemClock())
    try:
        found = github.file(repo, PATH)
        read_policy(decoded(found.bytes), tools=known_tools(), executors=EXECUTORS, where=PATH)
    except NotFound:
        return Finding("policy", Verdict.FINE, f"{repo} has no {PATH}: every phase is a person's work")
    finally:
        github.close()
    return Finding("policy", Verdict.FINE, f"{PATH} of {repo} can be used")


def _webhook_secret(place: Place) -> Finding:
    if place.settings.webhook_secret:
        return Finding("webhook_secret", Verdict.FINE, "set")
    fix = "Set PHASEBOT_WEBHOOK_SECRET to what the webhook on GitHub has; `phasebot run` does without."
    return Finding("webhook_secret", Verdict.ATTENTION, "not set: `serve` takes no webhooks from GitHub", fix)


def _marker_key(place: Place) -> Finding:
    if place.settings.marker_key:
        return Finding("marker_key", Verdict.FINE, "set")
    fix = "Set PHASEBOT_MARKER_KEY where several machines serve the same repositories."
    return Finding("marker_key", Verdict.FINE, f"made once, and kept in {place.settings.home}", fix)


def _disk(place: Place) -> Finding:
    folder = _existing(place.settings.home)
    free = shutil.disk_usage(folder).free
    shown = f"{free / 1024**3:.1f} GB free for {folder}"
    if free < ENOUGH_DISK:
        return Finding("disk", Verdict.BROKEN, shown, "Free some space, or name another place for the database.")
    return Finding("disk", Verdict.FINE, shown)


def _git(_: Place) -> Finding:
    found = shutil.which("git")
    if found is None:
        return Finding("git", Verdict.ATTENTION, "not found", "Install git, if your phases use it.")
    return Finding("git", Verdict.FINE, found)


CHECKS: tuple[Check, ...] = (
    _python,
    _data_folder,
    _database,
    _disk,
    _workers,
    _identity,
    _policy,
    _webhook_secret,
    _marker_key,
    _git,
)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(one for one in (folder, *folder.parents) if one.exists())
