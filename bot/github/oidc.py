"""Identity tokens of jobs: who signed one, whom it is for, and whether it is about the run that we wait for.

Nothing is believed for what the text of `sub` says, and no key is taken from where a token points to.
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from services.domain.errors import TransientError

if TYPE_CHECKING:
    from jwt import PyJWKClient

KEYS_LIVE = 600
"""Seconds for which the issuer's keys are kept."""
_LEEWAY = 30
_REQUIRED = ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]
EVENTS = frozenset({"workflow_dispatch", "repository_dispatch", "push", "schedule"})
"""What may have started a run that speaks to us. Never a pull request, which may be a stranger's."""


class Forged(Exception):
    """This token proves nothing to us; says which check it has failed."""


class Claims(BaseModel):
    """What a token says, as far as it is read. Ids are texts."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    jti: str
    repository: str
    repository_id: str
    repository_owner_id: str
    workflow_ref: str
    job_workflow_ref: str
    event_name: str
    run_id: str
    run_attempt: str
    sha: str

    @property
    def ref(self) -> str:
        """As an attempt calls it."""
        return f"{self.run_id}/{self.run_attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token has to say to speak for an attempt. `workflow` is a file on a branch, as `owner/name/path@refs/heads/x`;
    empty for any of the repository's, which then has to be about the commit `sha`."""

    repository: str
    repository_id: str
    owner_id: str
    workflow: str = ""
    ref: str = ""
    sha: str = ""


class Verifier:
    """Tokens of one issuer, for one audience. Safe to share between threads; asks for keys now and then."""

    def __init__(self, issuer: str, audience: str) -> None:
        self._issuer = issuer
        self._audience = audience

    @cached_property
    def _keys(self) -> PyJWKClient:
        from jwt import PyJWKClient

        return PyJWKClient(f"{self._issuer}/.well-known/jwks", lifespan=KEYS_LIVE, timeout=5)

    def claims(self, token: str) -> Claims:
        """Raises Forged, and TransientError if the keys cannot be had now."""
        import jwt  # with the first token: it brings seven megabytes of cryptography along

        try:
            return Claims.model_validate(self._decoded(token))
        except jwt.PyJWKClientConnectionError as error:
            raise TransientError(f"the issuer's keys cannot be had: {error}") from error
        except jwt.PyJWTError as error:
            raise Forged(str(error)) from error
        except ValidationError as error:
            raise Forged(f"the claim {error.errors()[0]['loc'][0]} is missing or no text") from error

    def _decoded(self, token: str) -> dict[str, Any]:
        import jwt

        key = self._keys.get_signing_key_from_jwt(token)
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=self._audience,
            issuer=self._issuer,
            leeway=_LEEWAY,
            options={"require": _REQUIRED, "strict_aud": True},
        )


def check(claims: Claims, expected: Expected) -> None:
    """Raises Forged where the token is somebody else's: of another repository, workflow, event or run."""
    checks = {
        "repository": claims.repository.casefold() == expected.repository.casefold(),
        "repository_id": claims.repository_id == expected.repository_id,
        "repository_owner_id": claims.repository_owner_id == expected.owner_id,
        "event_name": claims.event_name in EVENTS,
        **_about(claims, expected),
    }
    for name, holds in checks.items():
        if not holds:
            raise Forged(f"the claim {name} is not what it has to be")


def _about(claims: Claims, expected: Expected) -> dict[str, bool]:
    if not expected.workflow:
        return {"sha": bool(expected.sha) and claims.sha == expected.sha}
    return {
        "workflow_ref": claims.workflow_ref == expected.workflow,
        "job_workflow_ref": claims.job_workflow_ref == expected.workflow,
        "run_id and run_attempt": claims.ref == expected.ref,
    }
