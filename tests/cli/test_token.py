"""`phasebot token`, as a process."""

from __future__ import annotations

import json

from tests.cli.process import Phasebot


def test_a_token_is_shown_once_and_listed_without_itself(phasebot: Phasebot) -> None:
    made = phasebot("token", "create", "ci", "--role", "operator", "--project", "acme/site", "--db", "bot.db")
    listed = phasebot("token", "list", "--db", "bot.db")

    assert (made.code, listed.code) == (0, 0)
    assert made.out.startswith("pb_")
    assert "operator in acme/site" in made.err
    assert "ci  operator in acme/site, good, never used" in listed.out
    assert made.out.strip() not in listed.out


def test_a_revoked_token_is_listed_as_such(phasebot: Phasebot) -> None:
    token = json.loads(phasebot("token", "create", "ci", "--json", "--db", "bot.db").out)

    revoked = phasebot("token", "revoke", token["name"], "--db", "bot.db")
    again = phasebot("token", "revoke", token["id"], "--db", "bot.db")

    assert (revoked.code, again.code) == (0, 2)
    assert "could be revoked" in again.err
    (listed,) = json.loads(phasebot("token", "list", "--json", "--db", "bot.db").out)
    assert listed["revoked_at"]
    assert (listed["role"], listed["project"]) == ("viewer", None)


def test_what_cannot_be_a_token_says_why(phasebot: Phasebot) -> None:
    assert phasebot("token", "create", "ci", "--db", "bot.db").code == 0
    for arguments, said in (
        (["ci"], "there is, or was"),
        (["a b"], "cannot be the name"),
        (["x", "--project", "y"], "OWNER/NAME"),
    ):
        failed = phasebot("token", "create", *arguments, "--db", "bot.db")
        assert failed.code == 2
        assert said in failed.err
