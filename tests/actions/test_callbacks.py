"""Callbacks of CI: who may speak for an attempt, and what follows from what is said."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.localhub import Hub
from bot.localhub.run_values import Run
from services.domain.phase import Qa
from tests.localhub.conftest import REPO
from tests.web.conftest import PATIENCE, SECRET, error_of

from .conftest import WORK, Stage, staged

US = "https://bot.example"


@pytest.fixture
def stage(tmp_path: Path, hub: Hub) -> Iterator[Stage]:
    yield from staged(tmp_path, hub, webhooks=True, public_url=US)


@pytest.fixture
def run(stage: Stage) -> Run:
    """Of a phase that is at work."""
    stage.submits({"Build": WORK, "Ship": WORK})
    return stage.hub.runs.begin(stage.run_of("Build", 1))


def bearer(stage: Stage, run: Run, audience: str = US, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {stage.hub.oidc.token(run, audience, **claims)}"}


def test_a_job_that_proves_which_run_it_is_completes_its_phase(stage: Stage, run: Run) -> None:
    answer = stage.ci({"status": "success"}, **bearer(stage, run))

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    stage.wait_until(lambda: stage.phase("Build").status == "completed")


def test_a_failure_fails_the_phase_and_leads_to_the_run(stage: Stage, run: Run) -> None:
    stage.ci({"status": "failure"}, **bearer(stage, run))

    stage.wait_until(lambda: stage.phase("Build").status == "failed")
    failure = stage.phase("Build").failure
    assert failure is not None
    assert str(failure.details["url"]).endswith(f"/actions/runs/{run.id}")


FORGED: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://token.actions.githubusercontent.com.evil.example"},
    "another audience": {"aud": "https://github.com/acme"},
    "several audiences": {"aud": [US, "https://elsewhere.example"]},
    "expired": {"exp": 1_700_000_000},
    "not yet valid": {"nbf": 4_000_000_000},
    "issued in the future": {"iat": 4_000_000_000},
    "no end": {"exp": None},
    "no issue time": {"iat": None},
    "no beginning": {"nbf": None},
    "no id": {"jti": None},
    "another repository's id": {"repository_id": "1"},
    "another owner's id": {"repository_owner_id": "1"},
    "another workflow": {"workflow_ref": f"{REPO}/.github/workflows/other.yml@refs/heads/main"},
    "a called workflow": {"job_workflow_ref": f"{REPO}/.github/workflows/other.yml@refs/heads/main"},
    "another branch": dict.fromkeys(
        ("workflow_ref", "job_workflow_ref"), f"{REPO}/.github/workflows/phase.yml@refs/heads/mine"
    ),
    "a pull request": {"event_name": "pull_request"},
    "a pull request with rights": {"event_name": "pull_request_target"},
    "an id that is no text": {"repository_id": 900000001},
}


@pytest.mark.parametrize("what", FORGED)
def test_a_token_that_is_wrong_in_one_thing_proves_nothing(stage: Stage, run: Run, what: str) -> None:
    answer = stage.ci({"status": "success"}, **bearer(stage, run, **FORGED[what]))

    assert error_of(answer, 401)["type"] == "unauthorized"
    assert stage.phase("Build").status == "running"


@pytest.mark.parametrize("claims", [{"run_id": "1"}, {"run_attempt": "2"}, {"repository": "acme/other"}])
def test_a_token_of_another_run_speaks_for_nobody(stage: Stage, run: Run, claims: dict[str, str]) -> None:
    error_of(stage.ci({"status": "success"}, **bearer(stage, run, **claims)), 404)

    assert stage.phase("Build").status == "running"


def _signed_by(key: Any, algorithm: str, stage: Stage, run: Run, kid: str = "localhub-1") -> dict[str, str]:
    claims = jwt.decode(stage.hub.oidc.token(run, US), options={"verify_signature": False})
    return {"Authorization": f"Bearer {jwt.encode(claims, key, algorithm=algorithm, headers={'kid': kid})}"}


def _a_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def test_nobody_but_the_issuer_signs(stage: Stage, run: Run) -> None:
    public = json.dumps(stage.hub.oidc.keys()["keys"][0])
    for headers in (
        _signed_by(_a_key(), "RS256", stage, run),
        _signed_by(_a_key(), "RS256", stage, run, kid="unknown"),
        _signed_by(public * 2, "HS256", stage, run),
        _signed_by(None, "none", stage, run),
        {"Authorization": "Bearer a.b.c"},
    ):
        assert error_of(stage.ci({"status": "success"}, **headers), 401)["type"] == "unauthorized"
    assert stage.phase("Build").status == "running"


def test_a_token_counts_once(stage: Stage, run: Run) -> None:
    headers = bearer(stage, run)
    stage.ci({"status": "failure"}, **headers)

    again = stage.ci({"status": "success"}, **headers)

    assert again.status_code in (202, 404)
    stage.wait_until(lambda: stage.phase("Build").status == "failed")
    assert stage.phase("Ship").status == "blocked"


def test_the_body_gives_no_right_to_another_phase(stage: Stage, run: Run) -> None:
    stage.ci({"status": "success", "plan": stage.id, "phase": stage.phase("Ship").key}, **bearer(stage, run))

    stage.wait_until(lambda: stage.phase("Build").status == "completed")
    assert stage.phase("Ship").status != "completed"


def test_a_server_without_a_name_takes_no_tokens(tmp_path: Path, hub: Hub) -> None:
    for stage in staged(tmp_path, hub, webhooks=True):
        stage.submits({"Build": WORK})
        run = stage.run_of("Build", 1)

        answer = stage.ci({"status": "success"}, **bearer(stage, run))

        assert error_of(answer, 503)["type"] == "oidc_not_configured"


# ---------------------------------------------------------------- signed by the webhook's secret


def signed(stage: Stage, said: dict[str, str], secret: str = SECRET) -> httpx.Response:
    body = json.dumps(said).encode()
    signature = f"sha256={hmac.digest(secret.encode(), body, hashlib.sha256).hex()}"
    url, headers = f"{stage.url}/webhooks/ci", {"X-Hub-Signature-256": signature}
    return httpx.post(url, content=body, headers=headers, trust_env=False, timeout=PATIENCE)


def _waiting_for_ci(stage: Stage) -> None:
    stage.submits({"Build": replace(WORK, qa=Qa.CI)})
    stage.plays("Build", 1)
    stage.wait_until(lambda: stage.phase("Build").attempts == 2 and stage.state("Build", 2) == "dispatched")


@pytest.mark.parametrize("named", ["plan", "correlation", "branch"])
@pytest.mark.parametrize(("status", "becomes"), [("success", "completed"), ("failure", "failed")])
def test_ci_gives_the_verdict_that_is_waited_for(stage: Stage, named: str, status: str, becomes: str) -> None:
    _waiting_for_ci(stage)
    key = stage.phase("Build").key
    who = {
        "plan": {"plan": stage.id, "phase": key},
        "correlation": {"correlation_id": f"{stage.id}-2"},
        "branch": {"branch": f"phasebot/{stage.id}/{key}"},
    }

    assert signed(stage, {"status": status, "url": "https://ci.example/7", **who[named]}).status_code == 202

    stage.wait_until(lambda: stage.phase("Build").status == becomes)


def test_a_wrong_or_missing_signature_is_refused(stage: Stage) -> None:
    _waiting_for_ci(stage)
    said = {"status": "success", "correlation_id": f"{stage.id}-2"}

    error_of(signed(stage, said, secret="wrong"), 401)
    error_of(stage.ci(said), 401)

    assert stage.phase("Build").status == "needs_qa"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"status": "fine"}, 400),
        ({"status": "success", "url": "javascript:alert(1)"}, 400),
        ({"status": "success", "plan": "x" * 65}, 400),
        ({"status": "success"}, 404),
        ({"status": "success", "correlation_id": "nobody-1"}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(stage: Stage, said: dict[str, str], status: int) -> None:
    error_of(signed(stage, said), status)
