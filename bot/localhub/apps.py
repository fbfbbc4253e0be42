"""GitHub Apps: made from a manifest, installed by an owner, acting through tokens that end after an hour.

https://docs.github.com/en/apps/creating-github-apps
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.localhub.clock import Clock
from bot.localhub.database import Database, Row, moment, moment_or_none, stamp
from bot.localhub.ground import Ground
from bot.localhub.people import People
from bot.localhub.problems import Refused, invalid, not_found, unprocessable
from bot.localhub.values import PERMISSION_LEVELS, App, Grant, HookConfig, Installation, Repository, User

CODE_LIFE = TOKEN_LIFE = timedelta(hours=1)
LONGEST_ASSERTION = timedelta(minutes=10)
KEY_BITS = 2048

_PREFIX = "ghs_"


class Apps:
    """Every App, where it is installed, and which of its tokens are good."""

    def __init__(self, ground: Ground) -> None:
        self._db: Database = ground.db
        self._clock: Clock = ground.clock
        self._people: People = ground.people
        self._repositories = ground.repositories
        self._hooks = ground.hooks
        self._news = ground.news

    # ------------------------------------------------------------ making one

    def register(self, owner: User, manifest: Mapping[str, Any]) -> str:
        """Make an App from a manifest; the one-time code by which its key is fetched."""
        name = str(manifest.get("name") or "").strip()
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        if not slug or not manifest.get("url"):
            raise invalid("Integration", "name" if not slug else "url", "missing_field")
        _check_permissions(manifest.get("default_permissions") or {})
        with self._db.transaction():
            if self._db.first("SELECT 1 FROM apps WHERE slug = ?", slug):
                raise invalid("Integration", "name", "already_exists")
            app_id = self._db.insert(
                "apps",
                slug=slug,
                name=name,
                owner_id=owner.id,
                bot_id=self._people.create(f"{slug}[bot]", kind="Bot").id,
                client_id=f"Iv23li{secrets.token_hex(7)}",
                manifest=json.dumps(manifest),
                created_at=stamp(self._clock()),
            )
            self._add_webhook(app_id, manifest.get("hook_attributes") or {})
            code = secrets.token_hex(20)
            expires_at = stamp(self._clock() + CODE_LIFE)
            self._db.insert("app_codes", digest=_digest(code), app_id=app_id, expires_at=expires_at)
        return code

    def _add_webhook(self, app_id: int, wanted: Mapping[str, Any]) -> None:
        """Where its manifest says; GitHub makes up the secret."""
        if wanted.get("url"):
            secret, active = secrets.token_hex(20), bool(wanted.get("active", True))
            self._db.insert("app_webhooks", app_id=app_id, url=str(wanted["url"]), secret=secret, active=active)

    def webhook(self, app: App) -> HookConfig | None:
        """Where its events are sent, if it was made with a webhook."""
        row = self._db.first("SELECT * FROM app_webhooks WHERE app_id = ?", app.id)
        return HookConfig(row["url"], "json", row["secret"]) if row else None

    def _listen(self, app: App, installation_id: int, repository: Repository) -> None:
        row = self._db.first("SELECT active FROM app_webhooks WHERE app_id = ?", app.id)
        if row and row["active"] and (webhook := self.webhook(app)) is not None:
            self._hooks.install(repository.id, installation_id, webhook, app.events)

    def convert(self, code: str) -> tuple[App, str]:
        """The App of a code, once, with its new private key."""
        row = self._db.one("SELECT * FROM app_codes WHERE digest = ?", _digest(code))
        if moment(row["expires_at"]) <= self._clock():
            raise not_found()
        self._db.run("DELETE FROM app_codes WHERE digest = ?", row["digest"])
        return self.get(row["app_id"]), self.create_key(row["app_id"])

    def create_key(self, app_id: int) -> str:
        """A new private key as PEM; the one before is good for nothing from now on."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._db.update("apps", app_id, public_key=public.decode())
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ).decode()

    def get(self, app_id: int) -> App:
        return self._app(self._db.one("SELECT * FROM apps WHERE id = ?", app_id))

    def named(self, slug: str) -> App:
        return self._app(self._db.one("SELECT * FROM apps WHERE slug = ?", slug))

    def installed_in(self, app: App) -> list[Installation]:
        rows = self._db.rows("SELECT id FROM installations WHERE app_id = ? ORDER BY id", app.id)
        return [self.installation(row["id"]) for row in rows]

    # ------------------------------------------------------------ installing it

    def install(self, app: App, account: User, repositories: Sequence[Repository]) -> Installation:
        """Grant the App what it asks for in these repositories; more of them if it is installed there already."""
        with self._db.transaction():
            row = self._db.first("SELECT id FROM installations WHERE app_id = ? AND account_id = ?", app.id, account.id)
            id = row["id"] if row else self._insert_installation(app, account)
            known = self.installation(id).repository_ids
            for repository in repositories:
                self._db.run("INSERT OR IGNORE INTO installation_repositories VALUES (?, ?)", repository.id, id)
                self._listen(app, id, repository)
            installation = self.installation(id)
            added = [self._news.shapes.place(one) for one in repositories if one.id not in known]
            if row is None:
                self._tell("installation", "created", installation, repositories=added, requester=None)
            elif added:
                more = {"repository_selection": "selected", "repositories_added": added, "repositories_removed": []}
                self._tell("installation_repositories", "added", installation, **more, requester=None)
            return installation

    def _tell(self, event: str, action: str, installation: Installation, **more: object) -> None:
        """The App, which hears of its installations whatever else it listens to."""
        hook, shapes = self._hooks.of_installation(installation.id), self._news.shapes
        if hook is not None:
            about = {"installation": shapes.installation(installation), "sender": shapes.user(installation.account)}
            self._hooks.queue(hook, event, {"action": action, **about, **more})

    def _insert_installation(self, app: App, account: User) -> int:
        return self._db.insert(
            "installations",
            app_id=app.id,
            account_id=account.id,
            permissions=json.dumps(dict(app.permissions)),
            created_at=stamp(self._clock()),
        )

    def uninstall(self, installation: Installation) -> None:
        """Its tokens and its hooks end with it."""
        self._hooks.uninstall(installation.id)
        self._db.run("DELETE FROM installations WHERE id = ?", installation.id)

    def suspend(self, installation: Installation) -> None:
        with self._db.transaction():
            self._db.update("installations", installation.id, suspended_at=stamp(self._clock()))
            self._tell("installation", "suspend", self.installation(installation.id))

    def installation(self, id: int) -> Installation:
        row = self._db.one("SELECT * FROM installations WHERE id = ?", id)
        places = self._db.rows("SELECT repository_id FROM installation_repositories WHERE installation_id = ?", id)
        return Installation(
            id=id,
            app=self.get(row["app_id"]),
            account=self._people.get(row["account_id"]),
            permissions=json.loads(row["permissions"]),
            repository_ids=tuple(place["repository_id"] for place in places),
            suspended_at=moment_or_none(row["suspended_at"]),
            created_at=moment(row["created_at"]),
        )

    def of_repository(self, app: App, repository: Repository) -> Installation:
        for found in self.installed_in(app):
            if repository.id in found.repository_ids:
                return found
        raise not_found()

    # ------------------------------------------------------------ tokens

    def mint(
        self, installation: Installation, *, repository_ids: Sequence[int], permissions: Mapping[str, str]
    ) -> tuple[str, Grant]:
        """A token for some of the installation's repositories and permissions; for all of them where none is named."""
        if installation.suspended_at:
            raise Refused(403, "This installation has been suspended")
        if strange := set(repository_ids) - set(installation.repository_ids):
            raise unprocessable(
                f"There is at least one repository that does not exist or is not accessible to the parent installation: "
                f"{sorted(strange)}"
            )
        _check_permissions(permissions)
        everything = Grant(installation, frozenset(), installation.permissions, self._clock())
        if not all(everything.allows(f"{name}={level}") for name, level in permissions.items()):
            raise unprocessable("The permissions requested are not granted to this installation.")
        expires_at = moment(stamp(self._clock() + TOKEN_LIFE))
        places = frozenset(repository_ids or installation.repository_ids)
        grant = Grant(
            installation, places, {"metadata": "read", **(permissions or installation.permissions)}, expires_at
        )
        token = _made_up_token(installation)
        self._db.insert(
            "installation_tokens",
            digest=_digest(token),
            installation_id=installation.id,
            repository_ids=json.dumps(sorted(places)),
            permissions=json.dumps(dict(grant.permissions)),
            expires_at=stamp(expires_at),
        )
        return token, grant

    def grant_of(self, token: str) -> Grant | None:
        """What a token allows; None for one that is none of ours, that has ended, or whose installation has."""
        row = self._db.first("SELECT * FROM installation_tokens WHERE digest = ?", _digest(token))
        if row is None or moment(row["expires_at"]) <= self._clock():
            return None
        return Grant(
            self.installation(row["installation_id"]),
            frozenset(json.loads(row["repository_ids"])),
            json.loads(row["permissions"]),
            moment(row["expires_at"]),
        )

    def end_tokens(self) -> None:
        """Every token is refused from now on, as if its hour was over."""
        self._db.run("DELETE FROM installation_tokens")

    def asserted(self, assertion: str) -> App:
        """The App that signed a JSON web token; 401 in GitHub's words for one that does not hold."""
        import jwt

        try:
            claims = jwt.decode(assertion, options={"verify_signature": False})
            app = self._issuer(str(claims.get("iss", "")))
            jwt.decode(
                assertion,
                self._db.value("SELECT public_key FROM apps WHERE id = ?", app.id),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except (jwt.PyJWTError, Refused):
            raise Refused(401, "A JSON web token could not be decoded") from None
        self._check_times(claims)
        return app

    def _issuer(self, issuer: str) -> App:
        return self._app(self._db.one("SELECT * FROM apps WHERE client_id = ? OR id = ?", issuer, issuer))

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now, issued, expires = self._clock().timestamp(), claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or issued > now:
            raise Refused(
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
            )
        if not isinstance(expires, int) or expires <= now:
            raise Refused(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
        if expires > now + LONGEST_ASSERTION.total_seconds():
            raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")

    def _app(self, row: Row) -> App:
        manifest = json.loads(row["manifest"])
        return App(
            id=row["id"],
            slug=row["slug"],
            name=row["name"],
            description=manifest.get("description"),
            url=manifest["url"],
            owner=self._people.get(row["owner_id"]),
            bot=self._people.get(row["bot_id"]),
            client_id=row["client_id"],
            permissions={"metadata": "read", **(manifest.get("default_permissions") or {})},
            events=tuple(manifest.get("default_events") or ()),
            created_at=moment(row["created_at"]),
        )


def _check_permissions(permissions: Mapping[str, Any]) -> None:
    for name, level in permissions.items():
        if level not in PERMISSION_LEVELS[1:]:
            raise unprocessable(f"Invalid request.\n\n'{level}' is no access level for '{name}'.")


def _made_up_token(installation: Installation) -> str:
    """As long as GitHub's own, and of the same letters: `ghs_<App>_<JSON web token>`."""
    import jwt

    claims = {"iss": "localhub", "ins": installation.id, "rnd": secrets.token_hex(70)}
    return f"{_PREFIX}{installation.app.id}_{jwt.encode(claims, secrets.token_bytes(64), algorithm='HS512')}"


def is_installation_token(token: str) -> bool:
    return token.startswith(_PREFIX)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
