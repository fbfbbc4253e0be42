"""`phasebot serve`, as a process: it says where it is, answers there, and ends in peace."""

from __future__ import annotations

import re
import signal

import httpx

from tests.cli.process import Phasebot


def test_the_server_says_where_it_is_answers_and_ends_when_told(phasebot: Phasebot) -> None:
    with phasebot.start("serve", "--port", "0") as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert address, first

        healthy = httpx.get(f"{address[0]}/healthz", trust_env=False)
        process.send_signal(signal.SIGTERM)

        assert healthy.status_code == 200
        assert process.wait(30) == 0


def test_a_repository_wants_a_token_before_anything_is_served(phasebot: Phasebot) -> None:
    refused = phasebot("serve", "--port", "0", "--repo", "acme/site", env={"PATH": "/usr/bin:/bin"})

    assert refused.code == 4
    assert "needs a token" in refused.err
    assert phasebot.files() == set()
