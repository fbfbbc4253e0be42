"""Without any webhook everything still works: what people do is found by looking, and looking costs next to nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bot.bootstrap import Phasebot
from bot.github.deliveries import MOST_TRIES
from bot.intake import Submission
from bot.workers.reconciler import Reconciler
from services.domain.messages import CompletePhase
from services.domain.phase import IssueRef
from services.domain.plan import Plan, PlanState
from services.planning.parser import parse
from services.ports import PhaseText, PlanText
from tests import plans
from tests.recovery.conftest import BOT, PATIENCE, PLAN, REPO, Away


class Watch:
    """A phasebot that hears nothing, and looks when it is told to."""

    def __init__(self, away: Away, bot: Phasebot, hook: str = "") -> None:
        self.away = away
        self.bot = bot
        self.reconciler = Reconciler(bot.store, bot.remote, bot.receive, clock=bot.clock, hook_url=lambda: hook)
        self.plan = self._published(PLAN, "plan.md")

    def _published(self, text: str, source: str) -> Plan:
        id = self.bot.intake.submit(Submission(draft=parse(text), source=source)).plan.id
        self.until(lambda: self.of(id).state is not PlanState.PUBLISHING and self.bot.answers.settled(self.of(id)))
        return self.of(id)

    def of(self, id: str) -> Plan:
        plan = self.bot.answers.plan(id)
        assert plan is not None
        return plan

    def until(self, holds: Callable[[], bool]) -> None:
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while not holds():
            assert time.monotonic() < deadline, self.statuses()
            pause.wait(0.01)

    def statuses(self) -> dict[str, str]:
        return {phase.title: phase.status.value for phase in self.of(self.plan.id)}

    def completed(self, title: str) -> CompletePhase:
        """The operator's order."""
        key = next(phase.key for phase in self.of(self.plan.id) if phase.title == title)
        return CompletePhase(plan=self.plan.id, phase=key, cause=f"operator/{title}", by="operator")

    def looks(self) -> Counter[int]:
        """One look. The requests it cost, by status."""
        before = len(self.away.hub.requests)
        self.reconciler.tick()
        return Counter(one.status for one in list(self.away.hub.requests)[before:])

    def an_hour_later(self) -> None:
        self.reconciler._swept.clear()

    def sees(self, **statuses: str) -> None:
        """Looks, and understands, and acts."""
        self.reconciler.tick()
        self.until(lambda: self.statuses() == statuses)
        self.until(lambda: self.bot.answers.settled(self.of(self.plan.id)))


@pytest.fixture
def watch(away: Away) -> Iterator[Watch]:
    with away.phasebot() as bot:
        yield Watch(away, bot)


def test_a_plan_is_carried_out_by_hands_and_words_alone(watch: Watch) -> None:
    hub = watch.away.hub
    watch.sees(Schema="running", API="queued", Pages="queued")

    hub.close_issue(REPO, 2, "ada")
    watch.sees(Schema="completed", API="running", Pages="queued")

    hub.comment(REPO, 3, "ada", "/phase complete")
    watch.sees(Schema="completed", API="completed", Pages="running")

    hub.reopen_issue(REPO, 2, "ada")
    watch.sees(Schema="running", API="completed", Pages="running")

    hub.close_issue(REPO, 4, "ada", "not_planned")
    hub.comment(REPO, 1, "ada", "/phase skip Schema")
    watch.sees(Schema="skipped", API="completed", Pages="skipped")
    watch.until(lambda: hub.repository(REPO).issue(1).state == "closed")


def test_who_may_not_steer_is_not_heeded(watch: Watch) -> None:
    watch.away.hub.add_collaborator(REPO, "eve", "triage")
    watch.away.hub.close_issue(REPO, 2, "eve")

    watch.sees(Schema="running", API="queued", Pages="queued")


def test_the_second_of_two_closings_within_one_second_counts_too(watch: Watch) -> None:
    """Both have the same cause: what was heard once is looked at again where the issue is not as the plan has it."""
    hub = watch.away.hub
    watch.sees(Schema="running", API="queued", Pages="queued")
    now = hub.clock()
    hub.issues._clock = hub.news._clock = lambda: now
    hub.close_issue(REPO, 2, "ada")
    watch.sees(Schema="completed", API="running", Pages="queued")
    hub.reopen_issue(REPO, 2, "ada")
    watch.an_hour_later()
    watch.sees(Schema="running", API="running", Pages="queued")

    hub.close_issue(REPO, 2, "ada")
    watch.an_hour_later()
    watch.sees(Schema="completed", API="running", Pages="queued")
    watch.an_hour_later()
    watch.sees(Schema="completed", API="running", Pages="queued")


def test_the_same_comment_is_answered_once_however_often_it_is_found(watch: Watch) -> None:
    watch.away.hub.comment(REPO, 1, "ada", "/phase status")
    for _ in range(3):
        watch.sees(Schema="running", API="queued", Pages="queued")

    watch.until(lambda: len(answers(watch)) == 1)
    watch.an_hour_later()
    watch.sees(Schema="running", API="queued", Pages="queued")
    assert len(answers(watch)) == 1


def answers(watch: Watch) -> list[str]:
    comments = watch.away.hub.repository(REPO).comments(1)
    return [one.body for one in comments if one.user.login == BOT and "Progress" not in one.body.splitlines()[0]][1:]


def test_an_issue_that_is_gone_cancels_its_phase_within_the_hour(watch: Watch) -> None:
    watch.sees(Schema="running", API="queued", Pages="queued")
    watch.away.hub.delete_issue(REPO, 2, "ada")
    watch.sees(Schema="running", API="queued", Pages="queued")  # no list of changes tells of it

    watch.an_hour_later()
    watch.sees(Schema="cancelled", API="blocked", Pages="blocked")


def test_a_plan_is_found_in_a_repository_that_has_no_issue_of_ours(watch: Watch) -> None:
    """It is known by its number: something of it was here before."""
    other, hub = "ada/else", watch.away.hub
    number = hub.create_repository(other).id
    hub.add_collaborator(other, BOT, "write")
    with watch.bot.store.open_work() as work:
        work.projects.add(other)
        work.projects.see(other, name=other, paused_for="", repository=number)
    asked = hub.create_issue(other, "ada", "Shop", PLAN, labels=("phasebot-plan",)).number

    watch.reconciler.tick()

    watch.until(lambda: any("/phase publish" in one.body for one in hub.repository(other).comments(asked)))


def test_a_project_that_cannot_be_read_is_read_the_next_time(watch: Watch) -> None:
    watch.sees(Schema="running", API="queued", Pages="queued")
    watch.away.hub.close_issue(REPO, 2, "ada")
    watch.away.hub.faults.add("GET", "/issues", "502")

    watch.reconciler.tick()

    watch.sees(Schema="completed", API="running", Pages="queued")


def test_each_look_gets_further_however_often_the_tracker_fails(watch: Watch) -> None:
    """What was found before the failure counts; else one that fails often would never be caught up with."""
    watch.sees(Schema="running", API="queued", Pages="queued")
    for number in (2, 3):
        watch.away.hub.close_issue(REPO, number, "ada")
    watch.away.hub.faults.add("GET", "/issues/3/events", "502", times=2)

    watch.reconciler.tick()
    watch.until(lambda: watch.statuses()["Schema"] == "completed")
    assert watch.statuses()["API"] != "completed"

    watch.reconciler.tick()
    watch.sees(Schema="completed", API="completed", Pages="running")


def test_what_was_read_is_remembered_by_the_next_process(away: Away) -> None:
    with away.phasebot() as bot:
        Watch(away, bot).sees(Schema="running", API="queued", Pages="queued")
    away.hub.close_issue(REPO, 2, "ada")
    before = len(away.hub.requests)

    with away.phasebot() as bot:
        Watch(away, bot).sees(Schema="completed", API="running", Pages="queued")

    lists = [one.path for one in list(away.hub.requests)[before:] if one.path.endswith("/issues/comments")]
    assert len(lists) >= 1


# ---------------------------------------------------------------- what it costs


def active_plan(away: Away, number: int) -> Plan:
    """A published plan of twenty phases that run or wait."""
    made = plans.plan(
        {f"p{n}": "" for n in range(20)}, plans.BY_HAND, project=REPO, id=f"plan{number}", source=f"{number}"
    )
    for phase in made:
        issue = away.hub.create_issue(REPO, BOT, f"Part {phase.key}")
        made = made.with_phase(replace(phase, issue=IssueRef(issue.number, issue.id), linked=True))
    parent = away.hub.create_issue(REPO, BOT, made.title)
    return replace(made, tracked=True, issue=IssueRef(parent.number, parent.id))


def test_an_idle_look_at_two_hundred_active_phases_costs_nothing_of_the_allowance(away: Away) -> None:
    """Two requests a project and one for each hook of ours, whatever the number of phases. Every 120 s that is 60 to 90 an
    hour for each project, none of which counts."""
    active = [active_plan(away, number) for number in range(10)]
    texts = [(plan, PlanText("", {phase.key: PhaseText("") for phase in plan})) for plan in active]
    away.hub.add_collaborator(REPO, BOT, "admin")
    away.hub.add_hook(REPO, HOOK)
    away.hub.courier.hold()
    with away.phasebot(writes_per_minute=10_000, writes_per_hour=10_000) as bot:
        bot.loop.receive(plans=texts).result()
        watch = Watch(away, bot, hook=HOOK)
        assert sum(len(plan.phases) for plan in active) == 200
        while watch.looks().keys() != {304}:
            watch.until(lambda: bot.answers.settled(watch.plan))  # what starts here is told of on the issues

        requests = watch.looks()

    assert requests.keys() == {304}
    assert 3 <= requests[304] <= 5  # more than a hundred issues that changed in one second take a request a page


# ---------------------------------------------------------------- webhooks that never came

HOOK = "http://127.0.0.1:9/webhooks/github"


def test_what_no_delivery_has_brought_is_asked_for_again_and_not_for_ever(away: Away) -> None:
    away.hub.add_collaborator(REPO, BOT, "admin")
    hook = away.hub.add_hook(REPO, HOOK, events=("issues",))
    with away.phasebot() as bot:
        watch = Watch(away, bot, hook=HOOK)
        away.hub.drain_deliveries()
        missed = {one.guid for one in away.hub.repository(REPO).deliveries(hook.id)}
        assert missed

        for _ in range(MOST_TRIES + 3):
            watch.looks()
            away.hub.drain_deliveries()

    tries = Counter(one.guid for one in away.hub.repository(REPO).deliveries(hook.id))
    assert {guid: tries[guid] for guid in missed} == dict.fromkeys(missed, 1 + MOST_TRIES)
