"""What happens while nobody looks: an issue that only its form calls a plan, and waits that last too long."""

from __future__ import annotations

from datetime import timedelta

from bot.intake import Submission
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.rules import Approvers, Escalation, Rules
from services.planning.draft import PhaseDraft
from services.planning.issue_text import FORM_LABEL
from services.planning.parser import parse
from tests.recovery.conftest import BOT, REPO
from tests.recovery.test_polling import Watch, watch

__all__ = ["watch"]

FORM = f"""### Why

_No response_

### {FORM_LABEL}

## Phase 1: Setup

Lay the ground.

## Phase 2: Pages

Write them.
"""
SOON = timedelta(seconds=1)


def said(watch: Watch, number: int, words: str) -> list[str]:
    """The comments of the bot with these words on an issue."""
    comments = watch.away.hub.repository(REPO).comments(number)
    return [one.body for one in comments if one.user.login == BOT and words in one.body]


def hears(watch: Watch, number: int, words: str) -> str:
    watch.until(lambda: bool(said(watch, number, words)))
    return said(watch, number, words)[-1]


# ---------------------------------------------------------------- an issue from the form


def test_an_issue_from_the_form_is_found_without_its_label_and_without_its_webhook(watch: Watch) -> None:
    watch.sees(Schema="running", API="queued", Pages="queued")
    hub = watch.away.hub
    number = hub.create_issue(REPO, "ada", "Site", FORM.replace("\n", "\r\n")).number

    watch.reconciler.tick()
    assert "| 7 | 1: Setup |" in hears(watch, number, "This is a plan of 2 phases"), "lines count as in the issue"
    for _ in range(2):
        watch.an_hour_later()
        watch.reconciler.tick()
    assert len(said(watch, number, "plan of 2 phases")) == 1

    hub.comment(REPO, number, "ada", "/phase publish")
    watch.reconciler.tick()
    watch.until(lambda: [one.title for one in hub.repository(REPO).sub_issues(number)] == titles())


def titles() -> list[str]:
    return ["Phase 1: Setup", "Phase 2: Pages"]


# ---------------------------------------------------------------- waits


def gated(_: PhaseDraft) -> Rules:
    """An approval that ada is reminded of, and that is not good for long."""
    reminded = Escalation(after=SOON, to=Approvers(people=("ada",)))
    return Rules(approval=True, approval_expires=SOON, escalation=reminded)


def gate(watch: Watch) -> tuple[Plan, Phase]:
    """A published plan with one phase, at its gate."""
    draft = parse("# Release\n\n## Phase 1: Go live\n\nPut it online.\n")
    id = watch.bot.intake.submit(Submission(draft=draft, source="release.md", rules_for=gated)).plan.id
    watch.until(lambda: next(iter(watch.of(id))).issue is not None)
    return watch.of(id), next(iter(watch.of(id)))


def kinds(watch: Watch, plan: Plan) -> list[str]:
    return [line.event.kind for line in watch.bot.store.records.events(plan=plan.id)]


def test_an_approval_that_is_waited_for_too_long_is_asked_for_again_and_passes_nothing(watch: Watch) -> None:
    plan, phase = gate(watch)
    assert phase.issue is not None

    reminder = hears(watch, phase.issue.number, "still waits for approval")

    assert "@ada" in reminder
    assert "for 1.0 s already" in reminder
    assert kinds(watch, plan).count("wait_expired") == 1
    assert watch.of(plan.id).phase(phase.key).attempt is None, "time gives no approval"
    watch.away.hub.comment(REPO, phase.issue.number, "ada", "/phase approve")
    watch.reconciler.tick()
    watch.until(lambda: watch.of(plan.id).phase(phase.key).attempt is not None)
    assert len(said(watch, phase.issue.number, "still waits")) == 1


def test_an_approval_that_is_not_used_in_time_is_wanted_again(watch: Watch) -> None:
    with watch.bot.store.open_work() as work:
        work.projects.pause(REPO)
    plan, phase = gate(watch)
    assert phase.issue is not None
    number = phase.issue.number
    asked = len(said(watch, number, "waits for approval"))

    watch.away.hub.comment(REPO, number, "ada", "/phase approve")
    watch.reconciler.tick()
    watch.until(lambda: watch.of(plan.id).phase(phase.key).approved_by == "ada")
    watch.until(lambda: watch.of(plan.id).phase(phase.key).approved_by == "")

    watch.until(lambda: len(said(watch, number, "approval")) > asked)
    with watch.bot.store.open_work() as work:
        work.projects.resume(REPO)
    watch.bot.loop.look()
    assert watch.of(plan.id).phase(phase.key).attempt is None, "it starts only with a new one"
