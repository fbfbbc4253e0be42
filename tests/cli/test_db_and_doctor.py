"""`phasebot db` and `phasebot doctor`, as processes."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from bot.cli.checks import Place, Verdict, examine
from bot.localhub import Hub, HubServer
from bot.policies import PATH
from bot.settings import Settings
from tests.cli.process import Phasebot


def test_a_database_is_made_by_upgrade_and_found_fine_by_check(phasebot: Phasebot) -> None:
    upgraded = phasebot("db", "upgrade", "--db", "bot.db")
    checked = phasebot("db", "check", "--db", "bot.db")

    assert (upgraded.code, checked.code) == (0, 0)
    assert upgraded.out.startswith("up to date (revision ")
    assert checked.out.startswith("✓ ")


def test_upgrade_may_be_run_again(phasebot: Phasebot) -> None:
    phasebot("db", "upgrade", "--db", "bot.db")

    assert phasebot("db", "upgrade", "--db", "bot.db").code == 0


def test_checking_makes_no_database(phasebot: Phasebot) -> None:
    checked = phasebot("db", "check", "--db", "bot.db")

    assert checked.code == 1
    assert "there is no database yet\n  Run: phasebot db upgrade" in checked.out
    assert phasebot.files() == set()


def test_check_says_what_differs(phasebot: Phasebot) -> None:
    phasebot("db", "upgrade", "--db", "bot.db")
    with sqlite3.connect(phasebot.folder / "bot.db") as connection:
        connection.execute("DROP TABLE events")
    connection.close()

    checked = phasebot("db", "check", "--db", "bot.db")

    assert checked.code == 1
    assert "events" in checked.out


def test_a_file_that_is_no_database_is_refused(phasebot: Phasebot) -> None:
    phasebot.write("bot.db", "this is no database, but it is long enough to look like something\n" * 20)

    refused = phasebot("db", "upgrade", "--db", "bot.db")

    assert refused.code == 5
    assert "bot.db: this file is no SQLite database" in refused.err


def _checks(phasebot: Phasebot, *arguments: str, **env: str) -> tuple[int, dict[str, Any]]:
    done = phasebot("doctor", "--json", *arguments, env=env)
    return done.code, {check["check"]: check for check in json.loads(done.out)["checks"]}


def test_doctor_finds_a_fresh_machine_in_order_and_writes_nothing(phasebot: Phasebot) -> None:
    code, checks = _checks(phasebot)

    assert code == 0
    assert {check["verdict"] for check in checks.values()} <= {"fine", "attention"}
    assert phasebot.files() == set()


def test_doctor_says_how_to_mend_what_is_broken(phasebot: Phasebot) -> None:
    phasebot.write("bot.db", "no database\n" * 100)

    shown = phasebot("doctor", "--db", "bot.db")

    assert shown.code == 1
    assert "✗ database: " in shown.out
    assert "this file is no SQLite database\n    Name another file, or move this one away." in shown.out


def test_doctor_wants_a_token_only_where_a_repository_is_named(phasebot: Phasebot) -> None:
    code, checks = _checks(phasebot)
    assert (code, checks["github"]["verdict"]) == (0, "fine")

    code, checks = _checks(phasebot, "--repo", "acme/site")
    assert (code, checks["github"]["verdict"]) == (1, "broken")


def test_doctor_asks_github_whether_it_takes_the_token(phasebot: Phasebot) -> None:
    nobody = "http://127.0.0.1:9"  # the discard port: nobody answers

    code, checks = _checks(phasebot, PHASEBOT_GITHUB_TOKEN="not-a-token", PHASEBOT_GITHUB_API_URL=nobody)

    assert code == 1
    assert "GitHub cannot be reached" in checks["github"]["message"]


def test_doctor_points_out_that_webhooks_need_a_secret(phasebot: Phasebot) -> None:
    assert _checks(phasebot)[1]["webhook_secret"]["verdict"] == "attention"
    assert _checks(phasebot, PHASEBOT_WEBHOOK_SECRET="s3cret")[1]["webhook_secret"]["verdict"] == "fine"


def test_doctor_finds_a_data_folder_that_cannot_be_made(phasebot: Phasebot) -> None:
    phasebot.write("file", "")

    code, checks = _checks(phasebot, "--db", "file/below/bot.db")

    assert code == 1
    assert checks["data_folder"]["verdict"] == "broken"
    assert checks["data_folder"]["fix"]


def test_a_colour_is_used_on_terminals_alone(phasebot: Phasebot) -> None:
    assert "\x1b[" not in phasebot("doctor").out


def test_a_policy_is_read_by_doctor_as_it_is_by_the_server(tmp_path: Path) -> None:
    hub = Hub(None)
    hub.create_user("ada")
    hub.create_repository("ada/site")
    token = hub.create_token("ada")
    with closing(hub), HubServer(hub) as server:
        content = base64.b64encode(b"version: 1  # \xff\n").decode()
        url = f"{server.url}/api/v3/repos/ada/site/contents/{PATH}"
        sent = {"message": "rules", "content": content}
        httpx.put(url, json=sent, headers={"Authorization": f"Bearer {token}"}, trust_env=False).raise_for_status()
        settings = Settings(
            database_url=str(tmp_path / "phasebot.db"), github_api_url=f"{server.url}/api/v3", github_token=token
        )
        found = {one.check: one for one in examine(Place(settings, {}, "ada/site"))}

    assert found["policy"].verdict is Verdict.BROKEN
    assert "this is not UTF-8 text" in found["policy"].message
