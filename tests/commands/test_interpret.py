"""What a command means depends on where it is given, and on who gives it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.commands.boxes import ticked
from services.commands.interpret import Forbidden, Meaning, NoPlan, Place, Speaker, Unknown, Wish, interpret
from services.commands.orders import CommandInvalid
from services.commands.parser import read
from services.commands.permission import level
from services.commands.spec import VERBS, Level
from services.domain import messages as m
from services.domain.phase import IssueRef
from services.domain.plan import Plan
from tests import plans

ASKED = m.Asked(comment=7, issue=1)
TITLES = {"a": ("1", "Set up the tools"), "b": ("2", "Write the models"), "c": ("2.5", "Write the pages")}


def plan() -> Plan:
    made = plans.chain("a b c")
    for key, (number, title) in TITLES.items():
        made = made.with_phase(replace(made.phase(key), number=number, title=title, issue=IssueRef(10 + len(key), 1)))
    return made


def said(words: str, *, on: str | None = None, level: Level = Level.WRITE) -> Meaning:
    place = Place(made := plan(), made.phase(on) if on else None)
    return interpret(read(words), place, Speaker("ada", level), cause="c", asked=ASKED)


@pytest.mark.parametrize(
    ("words", "order", "phase"),
    [
        ("retry 2", m.RetryPhase, "b"),
        ("retry Phase 2.5", m.RetryPhase, "c"),
        ("skip write the MODELS", m.SkipPhase, "b"),
        ("skip 'Set up the tools'", m.SkipPhase, "a"),
        ("complete set up", m.CompletePhase, "a"),
        ("reopen 1", m.ReopenPhase, "a"),
        ("approve 1", m.ApprovePhase, "a"),
        ("cancel 1", m.CancelPhase, "a"),
        ("cancel", m.CancelPlan, None),
        ("pause", m.PausePlan, None),
        ("resume", m.ResumePlan, None),
        ("start", m.StartPlan, None),
        ("priority=high", m.SetPriority, None),
        ("priority=0 2", m.SetPriority, "b"),
    ],
)
def test_an_order_is_about_the_phase_that_is_named(words: str, order: type[m.Message], phase: str | None) -> None:
    found = said(words)
    assert type(found) is order
    assert (getattr(found, "phase", None), found.by, found.asked) == (phase, "ada", ASKED)


def test_on_the_issue_of_a_phase_it_need_not_be_named() -> None:
    assert getattr(said("retry", on="b"), "phase", "") == "b"
    assert getattr(said("cancel", on="b"), "phase", "") == "b"
    assert getattr(said("retry 1", on="b"), "phase", "") == "a"


def test_a_rejection_comes_with_its_reason() -> None:
    by_name = said("reject 2: tests are missing")
    here = said("reject tests are missing", on="c")
    assert isinstance(by_name, m.RejectPhase)
    assert isinstance(here, m.RejectPhase)
    assert (by_name.phase, by_name.why) == ("b", "tests are missing")
    assert (here.phase, here.why) == ("c", "tests are missing")


@pytest.mark.parametrize(
    ("words", "message", "fix"),
    [
        ("retry", "`retry` needs a phase", "Name one"),
        ("retry write", "`write` may be `2: Write the models` or `2.5: Write the pages`", "by its number"),
        ("retry Write the modles", "there is no phase `Write the modles`", "Did you mean `Write the models`?"),
        ("retry 9", "there is no phase `9`", "It has `1: Set up the tools`"),
        ("priority", "`priority` needs a value", "urgent"),
        ("priority=101", "`101` is no priority", "from 0 (first) to 100"),
    ],
)
def test_what_cannot_be_understood_is_said_with_a_way_out(words: str, message: str, fix: str) -> None:
    with pytest.raises(CommandInvalid) as refusal:
        said(words)
    assert message in refusal.value.message
    assert fix in refusal.value.fix


def test_a_word_that_is_no_verb_is_unknown() -> None:
    assert isinstance(said("retyr 2"), Unknown)


def test_where_there_is_no_plan_only_words_can_be_had() -> None:
    nowhere = Place()
    ada = Speaker("ada", Level.ADMIN)
    assert isinstance(interpret(read("retry 2"), nowhere, ada, cause="c", asked=ASKED), NoPlan)
    assert isinstance(interpret(read("help"), nowhere, ada, cause="c", asked=ASKED), Wish)


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_nobody_orders_what_their_role_does_not_allow(verb: object) -> None:
    assert isinstance(verb, type(VERBS["help"]))
    below = [one for one in Level if not one.includes(verb.needs)]
    assert Level.NONE in below
    assert all(isinstance(said(f"{verb.name} 2", level=one), Forbidden) for one in below)
    assert not isinstance(said(f"{verb.name} 2", level=verb.needs), Forbidden)


@pytest.mark.parametrize(
    ("permission", "role_name", "found"),
    [
        ("write", "maintain", Level.MAINTAIN),
        ("read", "triage", Level.TRIAGE),
        ("write", "release managers", Level.WRITE),
        ("read", "release managers", Level.READ),
        ("admin", None, Level.ADMIN),
        ("none", "none", Level.NONE),
        ("something new", "something new", Level.NONE),
        ("", "", Level.NONE),
    ],
)
def test_a_custom_role_counts_as_what_it_is_based_on(permission: str, role_name: str | None, found: Level) -> None:
    assert level(permission, role_name) is found


# ---------------------------------------------------------------- boxes

WRITTEN = "**Setup** failed.\n\n- [ ] `/phase retry` runs it again\n- [ ] `/phase skip` goes on without it\n"


def test_a_ticked_box_is_the_command_it_shows() -> None:
    now = WRITTEN.replace("[ ] `/phase skip`", "[x] `/phase skip`")
    assert [one.verb for one in ticked(WRITTEN, now)] == ["skip"]


def test_a_box_that_was_ticked_before_this_edit_is_no_news() -> None:
    first = WRITTEN.replace("[ ] `/phase retry`", "[x] `/phase retry`")
    both = first.replace("[ ]", "[X]")
    assert [one.verb for one in ticked(WRITTEN, both, first)] == ["skip"]
    assert ticked(WRITTEN, WRITTEN, first) == []


def test_what_a_box_means_cannot_be_rewritten() -> None:
    assert ticked(WRITTEN, WRITTEN.replace("[ ] `/phase retry`", "[x] `/phase cancel`")) == []
    assert ticked(WRITTEN, WRITTEN + "- [x] `/phase cancel` more\n") == []
