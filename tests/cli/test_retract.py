"""`phasebot retract`, from the id that a run names to issues that are closed."""

from __future__ import annotations

import json
import re

from .process import Phasebot
from .samples import CHAIN


def plan_of(phasebot: Phasebot) -> str:
    phasebot.write("plan.md", CHAIN)
    ran = phasebot("run", "plan.md", "--json", "--db", "bot.db")
    records = [json.loads(line) for line in ran.out.splitlines()]
    return next(str(one["id"]) for one in records if one["event"] == "plan")


def test_a_plan_is_retracted_and_the_next_run_makes_another(phasebot: Phasebot) -> None:
    id = plan_of(phasebot)

    done = phasebot("retract", id, "--db", "bot.db")

    assert done.code == 0, done.err
    assert re.search(r": retracted, \d+ issues closed, 0 left", done.out)
    again = phasebot("retract", id, "--db", "bot.db")
    assert again.code == 0
    assert plan_of(phasebot) != id


def test_a_plan_nobody_knows_is_named(phasebot: Phasebot) -> None:
    phasebot("db", "upgrade", "--db", "bot.db")
    refused = phasebot("retract", "nothing", "--db", "bot.db")
    assert refused.code == 2
    assert "there is no plan nothing" in refused.err
