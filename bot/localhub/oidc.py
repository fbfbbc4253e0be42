"""The identity provider of jobs: signed tokens that say which run of which repository is asking.

https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.localhub.ground import Ground
from bot.localhub.run_values import Run

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

PATH = "/_services/token"
"""Where it is served: as on GitHub Enterprise Server."""
LIFE = timedelta(minutes=5)


class Oidc:
    """One signing key, made when first needed and kept with everything else."""

    def __init__(self, ground: Ground) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._news = ground.news
        self._repositories = ground.repositories

    @property
    def issuer(self) -> str:
        return f"{self._news.shapes.html}{PATH}"

    def token(self, run: Run, audience: str, **claims: Any) -> str:
        """The token that a job of this run would be given. `claims` take the place of true ones, or of None leave them out."""
        import jwt

        told = {**self._claims(run), "aud": audience, **claims}
        key_id, key = self._key()
        payload = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(payload, key, algorithm="RS256", headers={"kid": key_id})

    def keys(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, as a JSON Web Key Set."""
        key_id, key = self._key()
        numbers = key.public_key().public_numbers()
        public = {"n": _base64(numbers.n), "e": _base64(numbers.e)}
        return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": key_id, **public}]}

    def discovery(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/.well-known/jwks",
            "subject_types_supported": ["public", "pairwise"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
        }

    def _claims(self, run: Run) -> dict[str, Any]:
        repository, now = self._repositories.get(run.repository_id), self._clock()
        owner, ref = repository.owner, f"refs/heads/{run.branch}"
        workflow_ref = f"{repository.full_name}/{run.path}@{ref}"
        named = f"repo:{owner.login}@{owner.id}/{repository.name}@{repository.id}"
        return {
            "iss": self.issuer,
            "sub": f"{named}:ref:{ref}",
            "jti": secrets.token_hex(16),
            "iat": int(now.timestamp()),
            "nbf": int((now - timedelta(seconds=5)).timestamp()),
            "exp": int((now + LIFE).timestamp()),
            "repository": repository.full_name,
            "repository_id": str(repository.id),
            "repository_owner": owner.login,
            "repository_owner_id": str(owner.id),
            "repository_visibility": "private" if repository.private else "public",
            "ref": ref,
            "ref_type": "branch",
            "sha": run.sha,
            "base_ref": "",
            "head_ref": "",
            "event_name": run.event,
            "actor": run.actor.login,
            "actor_id": str(run.actor.id),
            "workflow": run.name,
            "workflow_ref": workflow_ref,
            "workflow_sha": run.sha,
            "job_workflow_ref": workflow_ref,
            "job_workflow_sha": run.sha,
            "run_id": str(run.id),
            "run_number": str(run.number),
            "run_attempt": str(run.attempt),
            "runner_environment": "github-hosted",
        }

    def _key(self) -> tuple[str, rsa.RSAPrivateKey]:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        with self._db.transaction():
            row = self._db.first("SELECT * FROM signing_keys ORDER BY id DESC LIMIT 1")
            if row is None:
                self._db.insert("signing_keys", private_key=_new_key())
                row = self._db.one("SELECT * FROM signing_keys ORDER BY id DESC LIMIT 1")
        key = serialization.load_pem_private_key(row["private_key"].encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return f"localhub-{row['id']}", key


def _new_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
