"""Settings: everything an operator can set, from the environment. Secrets may also come from files (`…_FILE`)."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.stored_app import stored_app
from services.domain.errors import UserError

if TYPE_CHECKING:
    from bot.tools import Choices
    from services.publishing.pace import Pace

GITHUB_API = "https://api.github.com"
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class SettingsInvalid(UserError):
    """The environment holds a value that cannot be used."""

    code = "settings_invalid"


class Settings(BaseSettings):
    """Values from `PHASEBOT_*`. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_prefix="PHASEBOT_", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: str = Field("", description="SQLAlchemy URL or path; default: SQLite in the user's data folder")
    github_api_url: str = Field(GITHUB_API, description="Base URL of the GitHub API, or of a server that speaks it")
    github_token: SecretStr | None = Field(None, description="Token; then `GITHUB_TOKEN`, then `gh auth token`")
    github_api_version: str = Field("2022-11-28", description="Version of the API that is asked for; `none`: no header")
    app_id: str = Field("", description="Id or client id of the GitHub App to act as; default: what `setup` stored")
    app_private_key: SecretStr | None = Field(None, description="Private key of the App, in PEM")
    github_client_id: str = Field("", description="Client id of the App, for signing in to the console with GitHub")
    github_client_secret: SecretStr | None = Field(None, description="Client secret of the App, for the same")
    agent_token: SecretStr | None = Field(
        None, description="A person's token, for assigning hosted coding agents: an App may not"
    )
    webhook_secret: SecretStr | None = Field(None, description="Secret that signs GitHub's webhooks")
    webhook_secret_old: SecretStr | None = Field(None, description="The secret before, accepted while it is rotated")
    gitlab_token: SecretStr | None = Field(None, description="Token that GitLab's webhooks are sent with")
    marker_key: SecretStr | None = Field(None, description="Key that signs the markers; default: made once and kept")
    api_token: SecretStr | None = Field(None, description="Bearer token of the API; default: made at start and printed")
    redis_url: SecretStr | None = Field(
        None, description="Redis that hands phases to `phasebot worker`; without it `serve` runs them itself"
    )
    server_url: str = Field("", description="Where a worker reaches the server whose phases it carries out")
    public_url: str = Field("", description="Where others reach this server, for links and webhooks")
    host: str = Field("127.0.0.1", description="Address that `serve` binds to")
    port: int = Field(8321, ge=0, le=65535, description="Port that `serve` binds to")
    upload_mb: int = Field(5, ge=1, le=5, description="Megabytes that a plan may have, as a file or as pasted text")
    requests_per_minute: int = Field(1200, ge=1, description="Requests a minute that one API token may make")
    workers: int | None = Field(None, ge=1, description="Phases run at once on this machine; default 2")
    reconcile_every: float = Field(
        120, gt=0, description="Seconds between two looks of `serve` at what changed on GitHub"
    )
    local_repositories: str = Field(
        "",
        description="Repositories (`owner/name`, by commas, `*` for all) whose policy may run commands on this machine",
    )
    oidc_issuer: str = Field("", description="Who signs the identity tokens of CI jobs; default: the GitHub in use")
    run_poll: float = Field(120, gt=0, description="Seconds without news after which a run elsewhere is looked at")
    queued_too_long: float = Field(
        600, gt=0, description="Seconds after which people are told that no runner takes a run"
    )
    lease: float = Field(60, gt=0, description="Seconds an attempt lives without news from its executor")
    breaker_pause: float = Field(
        60, ge=0, description="Seconds without work for an executor that failed 5 times in a row; doubles; 0: never"
    )
    http_hosts: str = Field(
        "", description="Hosts that the tool `http` may ask, by commas; globs such as *.example.com"
    )
    http_private: bool = Field(False, description="The tool `http` may ask addresses that are not public")
    git_author: str = Field("phasebot <phasebot@localhost>", description="Who commits what phases have changed")
    worktrees_mb: int = Field(10_000, ge=1, description="Megabytes that the worktrees of running attempts may take")
    git_url: str = Field(
        "",
        description="Where repositories are cloned from, as `{server}/{owner}/{name}.git`; default: the GitHub in use",
    )
    repository_cache: str = Field("", description="Folder of the clones; default: `repositories` beside the database")
    repositories_mb: int = Field(20_000, ge=1, description="Megabytes that the clones of repositories may take")
    copy_mb: int = Field(
        500, ge=0, description="Megabytes up to which a folder outside of git is copied for each attempt; 0: never"
    )
    tools_off: str = Field("", description="Tools that are not run on this machine, by commas")
    api_tools: str = Field("", description="Tools that the API may run on request, by commas; default: none")
    keep_days: int = Field(
        90,
        ge=0,
        description="Days that applied deliveries, done effects and the git refs of finished plans are kept; 0: for ever",
    )
    keep_audit_days: int = Field(0, ge=0, description="Days that the audit trail is kept; 0: for ever")
    log_level: str = Field("warning", description="debug, info, warning or error")
    log_json: bool = Field(False, description="Log lines as JSON")
    writes_per_minute: int = Field(80, ge=1, description="Content-creating requests to GitHub a minute")
    writes_per_hour: int = Field(500, ge=1, description="Content-creating requests to GitHub an hour")
    write_interval: float = Field(1.0, ge=0, description="Seconds between two writes to GitHub")

    @field_validator("github_api_version")
    @classmethod
    def _no_version(cls, value: str) -> str:
        return "" if value == "none" else value

    @field_validator("github_api_url")
    @classmethod
    def _reachable(cls, value: str) -> str:
        """A token is not sent over a network that others can read."""
        place = urlsplit(value)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise ValueError("must be an address such as https://github.example.com/api/v3")
        if place.scheme == "http" and place.hostname not in _THIS_MACHINE:
            raise ValueError("must begin with https:// (http:// is for this machine alone)")
        return value

    @field_validator("git_url")
    @classmethod
    def _cloneable(cls, value: str) -> str:
        if value and not ("{name}" in value and "{owner}" in value):
            raise ValueError("must name {owner} and {name}, such as https://git.example.com/{owner}/{name}.git")
        place = urlsplit(value)
        if place.scheme == "http" and place.hostname not in _THIS_MACHINE:
            raise ValueError("must begin with https:// (http:// is for this machine alone)")
        if place.password:
            raise ValueError("must not hold a password: set PHASEBOT_GITHUB_TOKEN, or use git's credential helpers")
        return value

    @field_validator("git_author")
    @classmethod
    def _somebody(cls, value: str) -> str:
        if not re.fullmatch(r"[^<>\n]*[^<>\s][^<>\n]* <[^<>\s]+>", value):
            raise ValueError("must be such as: Ada Lovelace <ada@example.com>")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("must be debug, info, warning or error")
        return value.lower()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls)

    @property
    def database(self) -> str:
        """The database as a URL; a bare path is SQLite."""
        given = self.database_url or str(data_folder() / "phasebot.db")
        return given if "://" in given else f"sqlite:///{Path(given).expanduser().absolute()}"

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database, unless it is given as an address of SQLite's own kind."""
        path = self.database.removeprefix("sqlite:///")
        return Path(path) if path != self.database and not path.startswith("file:") else None

    @property
    def home(self) -> Path:
        """Where what belongs to this database is kept beside it: logs of attempts, the local tracker, keys."""
        return self.database_file.parent if self.database_file else data_folder()

    @property
    def repositories(self) -> Path:
        """Where the clones of repositories are kept."""
        return (
            Path(self.repository_cache).expanduser().absolute() if self.repository_cache else self.home / "repositories"
        )

    @property
    def log_dir(self) -> Path:
        """Where the output of attempts and jobs is kept."""
        return self.home / "attempts"

    def allows_commands_of(self, project: str) -> bool:
        """The operator has said that this repository's policy may run commands on this machine."""
        allowed = set(listed(self.local_repositories.lower()))
        return "*" in allowed or project.lower() in allowed

    @property
    def upload_bytes(self) -> int:
        return self.upload_mb * 1024 * 1024

    @property
    def pace(self) -> Pace:
        """Of writing to GitHub."""
        from services.publishing.pace import Pace  # only where something is written, or foreseen

        return Pace(timedelta(seconds=self.write_interval), self.writes_per_minute, self.writes_per_hour)

    def exposes(self, tool: str) -> bool:
        """The operator lets the API run this tool on request."""
        return tool in listed(self.api_tools)

    def tool_choices(self) -> Choices:
        """What is set for tools."""
        from bot.tools import Choices  # only where tools are run or checked

        return Choices(listed(self.http_hosts), self.http_private, listed(self.tools_off))

    def secrets(self) -> list[str]:
        """The values that must never be shown, in whatever text."""
        given = (getattr(self, name) for name, field in type(self).model_fields.items() if is_secret(field))
        return [value.get_secret_value() for value in given if value is not None]


class _SecretFiles(PydanticBaseSettingsSource):
    """`PHASEBOT_X_FILE` names a file that holds the value of `PHASEBOT_X`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"PHASEBOT_{field_name.upper()}_FILE") if is_secret(field) else None
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            variable = f"PHASEBOT_{field_name.upper()}_FILE"
            raise SettingsInvalid(f"{path} cannot be read: {error.strerror}", where=variable) from None

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value}


def listed(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(one.strip() for one in text.split(",") if one.strip())


def is_secret(field: FieldInfo) -> bool:
    """Its value must never be shown."""
    return field.annotation == SecretStr | None


def data_folder() -> Path:
    """The user's data folder for phasebot."""
    return user_data_path("phasebot")


def read_settings(**given: object) -> Settings:
    """The settings of this process; `given` values (not None) win over the environment. Raises SettingsInvalid."""
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        problems = [f"PHASEBOT_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors() if one["loc"]]
        raise SettingsInvalid("; ".join(problems) or str(error), where="environment") from None
    return as_stored_app(settings)


def as_stored_app(settings: Settings) -> Settings:
    """What `phasebot setup` has stored is taken where nothing else was set. Raises StorageUnavailable."""
    app = None if settings.app_id or settings.github_token else stored_app(settings.home)
    if app is None or settings.github_api_url not in (GITHUB_API, app.api_url):
        return settings
    secret = settings.webhook_secret or (SecretStr(app.webhook_secret) if app.webhook_secret else None)
    return settings.model_copy(
        update={
            "app_id": app.id,
            "app_private_key": SecretStr(app.private_key),
            "webhook_secret": secret,
            "github_api_url": app.api_url,
        }
    )
