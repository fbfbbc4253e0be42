"""A round: what has arrived is applied, whoever may start starts, and all of it is committed at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from services.coordinator.intake import Origin, by_hand, plan_from
from services.coordinator.phase_coordinator import News, PhaseCoordinator, Round
from services.domain import messages as m
from services.domain.attempts import Outcome
from services.domain.effects import DispatchAttempt
from services.domain.failure import Failure
from services.domain.plan import Plan, PlanState
from services.domain.world import Limits, World
from services.planning.parser import parse
from services.ports import Delivery, PlanText, Sent
from tests.plans import LOCAL, NOW, RETRIED, chain, loose
from tests.ports_in_memory import HandClock, StoreInMemory, WorkInMemory

TEXT = PlanText("", {})
ORIGIN = Origin("ada/shop", "plan.md", NOW)


@dataclass
class Desk:
    """A coordinator at work on a store in memory, with the errors it has told of."""

    world: World = field(default_factory=lambda: World(holder="here"))
    store: StoreInMemory = field(default_factory=StoreInMemory)
    clock: HandClock = field(default_factory=HandClock)
    errors: list[str] = field(default_factory=list)

    def round(self, news: News) -> Round:
        def on_error(delivery: str, error: Exception) -> None:
            self.errors.append(f"{delivery}: {error!r}")

        return PhaseCoordinator(self.store.open_work, self.clock, lambda: self.world, on_error).round(news)

    def takes(self, *plans: Plan) -> Desk:
        """The plans are stored; nothing is started yet."""
        self.round(News(plans=[(plan, TEXT) for plan in plans]))
        return self

    @property
    def stored(self) -> WorkInMemory:
        return self.store.stored

    def statuses(self, plan: str = "plan") -> str:
        return " ".join(phase.status for phase in self.stored.plans.rows[plan])

    def kinds(self) -> list[str]:
        return [event.kind for event in self.stored.events.lines]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def delivery(id: str, *messages: m.Message) -> Delivery:
    return Delivery(id=id, source="test", received_at=NOW, messages=messages)


def start(plan: str = "plan", cause: str = "start") -> m.StartPlan:
    return m.StartPlan(plan=plan, cause=cause)


def ended(fence: int, how: Outcome = Outcome.PASSED, *, plan: str = "plan", phase: str = "a") -> m.AttemptFinished:
    failure = None if how is Outcome.PASSED else Failure("exit", "It broke.", retryable=True)
    cause = f"end/{plan}/{phase}/{fence}/{how}"
    return m.AttemptFinished(plan=plan, cause=cause, phase=phase, fence=fence, outcome=how, failure=failure)


def dispatched(done: Round) -> list[tuple[str, str, int]]:
    effects = [one.effect for one in done.sendings]
    return [(one.plan, one.phase, one.fence) for one in effects if isinstance(one, DispatchAttempt)]


def draft(keys: str = "a b", **facts: object) -> Plan:
    return replace(chain(keys), state=PlanState.PLANNED, **facts)  # type: ignore[arg-type]


# ---------------------------------------------------------------- one round, one commit


def test_who_has_made_a_plan_and_what_it_has_done_already_is_in_the_audit_trail(desk: Desk) -> None:
    document = parse("# P\n\n## Phase 1: A\n\n- [x] a\n\n## Phase 2: B\n\nb\n")
    plan, text = plan_from(document, by_hand, replace(ORIGIN, by="ada", policy="c0ffee"), id="plan")

    desk.round(News(plans=[(plan, text)]))

    made, event = desk.stored.events.lines
    assert (made.kind, made.by, made.facts) == ("plan_made", "ada", {"source": "plan.md", "policy": "c0ffee"})
    assert (event.kind, event.phase, event.facts) == (
        "phase_completed",
        "1-a",
        {"from": "waiting", "in_document": True},
    )


def test_a_new_plan_is_stored_started_and_dispatched_in_one_commit(desk: Desk) -> None:
    done = desk.round(News(plans=[(draft(), TEXT)], deliveries=[delivery("d", start())]))

    assert desk.store.commits == 1
    assert done.accepted == [True]
    assert dispatched(done) == [("plan", "a", 1)]
    assert desk.statuses() == "running queued"
    assert desk.stored.inbox.rows["d"].state == "applied"


def test_the_end_of_a_phase_and_the_start_of_the_next_are_one_commit(desk: Desk) -> None:
    desk.takes(draft()).round(News(deliveries=[delivery("d", start())]))
    commits, saves = desk.store.commits, desk.stored.plans.saves

    done = desk.round(News(messages=[ended(1)]))

    assert dispatched(done) == [("plan", "b", 2)]
    assert desk.statuses() == "completed running"
    assert desk.store.commits == commits + 1
    assert desk.stored.plans.saves > saves


def test_a_round_says_what_it_touched_and_when_to_wake(desk: Desk) -> None:
    done = desk.takes(draft()).round(News(deliveries=[delivery("d", start())]))

    assert [plan.id for plan in done.touched] == ["plan"]
    assert done.wakes == {"plan": NOW + desk.world.lease + desk.world.kill_grace}


def test_a_round_in_which_nothing_changed_saves_nothing(desk: Desk) -> None:
    desk.takes(chain("a")).round(News(look=True))
    saves = desk.stored.plans.saves

    done = desk.round(News(messages=[ended(0)], look=True))

    assert (desk.stored.plans.saves, done.touched, done.sendings) == (saves, [], [])
    assert desk.kinds()[-1] == "report_stale"


def test_what_was_sent_is_marked_in_the_same_commit(desk: Desk) -> None:
    [sending] = desk.takes(chain("a")).round(News(look=True)).sendings

    desk.round(News(sent=[Sent(id=sending.id)]))

    assert desk.stored.outbox.claim("another", 10) == []


# ---------------------------------------------------------------- duplicates


def test_a_delivery_that_comes_twice_is_taken_once(desk: Desk) -> None:
    news = News(deliveries=[delivery("d", start())])
    desk.takes(draft()).round(news)

    again = desk.round(news)

    assert again.accepted == [False]
    assert again.sendings == []


def test_an_order_that_comes_by_another_road_changes_nothing(desk: Desk) -> None:
    desk.takes(chain("a"))
    skip = m.SkipPhase(plan="plan", phase="a", cause="comment-7/1")
    desk.round(News(deliveries=[delivery("webhook", skip)]))
    reopen = m.ReopenPhase(plan="plan", phase="a", cause="comment-8/1")
    desk.round(News(deliveries=[delivery("webhook-2", reopen)]))

    desk.round(News(deliveries=[delivery("reconciliation", skip)]))

    assert desk.statuses() == "running"
    assert desk.stored.inbox.rows["reconciliation"].state == "applied"


def test_what_we_did_ourselves_is_no_order_when_it_is_told_of(desk: Desk) -> None:
    desk.takes(chain("a"))
    desk.round(News(messages=[m.OwnDeed(plan="plan", cause="issue/7/closed/12:00:00")]))

    complete = m.CompletePhase(plan="plan", phase="a", cause="issue/7/closed/12:00:00")
    desk.round(News(deliveries=[delivery("webhook", complete)]))
    assert desk.statuses() == "running"

    by_hand = m.CompletePhase(plan="plan", phase="a", cause="issue/7/closed/12:00:01")
    desk.round(News(deliveries=[delivery("webhook-2", by_hand)]))
    assert desk.statuses() == "completed"


def test_an_order_known_already_does_not_take_its_neighbours_with_it(desk: Desk) -> None:
    desk.takes(loose("a b"))
    skip = m.SkipPhase(plan="plan", phase="a", cause="known")
    desk.round(News(deliveries=[delivery("one", skip)]))

    desk.round(News(deliveries=[delivery("two", skip, m.SkipPhase(plan="plan", phase="b", cause="new"))]))

    assert desk.statuses() == "skipped skipped"


def test_the_same_report_twice_is_stale_the_second_time(desk: Desk) -> None:
    desk.takes(chain("a b")).round(News(look=True))

    done = desk.round(News(messages=[ended(1), ended(1)]))

    assert dispatched(done) == [("plan", "b", 2)]
    assert desk.kinds().count("report_stale") == 1


def test_a_refused_order_is_answered(desk: Desk) -> None:
    desk.takes(chain("a"))

    done = desk.round(News(deliveries=[delivery("d", m.ReopenPhase(plan="plan", phase="a", cause="c"))]))

    assert done.refused == {"d": "a phase that is waiting cannot be reopened"}
    assert desk.kinds()[:2] == ["plan_made", "order_refused"]


# ---------------------------------------------------------------- what goes wrong


def test_a_delivery_that_cannot_be_decided_does_not_take_others_with_it(desk: Desk) -> None:
    desk.takes(chain("a"))
    bad = delivery("bad", m.SkipPhase(plan="plan", phase="nowhere", cause="c1"))
    good = delivery("good", m.SkipPhase(plan="plan", phase="a", cause="c2"))

    desk.round(News(deliveries=[bad, good]))

    assert desk.errors == ["bad: KeyError('nowhere')"]
    assert desk.stored.inbox.rows["bad"].state == "dead"
    assert desk.stored.inbox.rows["good"].state == "applied"
    assert desk.statuses() == "skipped"


def test_a_delivery_stands_or_falls_as_one_and_may_be_replayed(desk: Desk) -> None:
    desk.takes(chain("a"))
    skip = m.SkipPhase(plan="plan", phase="a", cause="c1")
    desk.round(News(deliveries=[delivery("d", skip, m.SkipPhase(plan="plan", phase="nowhere", cause="c2"))]))
    assert "skipped" not in desk.statuses()

    desk.round(News(deliveries=[delivery("d", skip)]))

    assert desk.statuses() == "skipped"


def test_a_round_that_dies_leaves_everything_as_it_was(desk: Desk) -> None:
    desk.takes(chain("a"))
    before = desk.stored

    def lost() -> World:
        raise OSError("pulled the plug")

    with pytest.raises(OSError, match="pulled the plug"):
        PhaseCoordinator(desk.store.open_work, desk.clock, lost, lambda id, error: None).round(News(look=True))

    assert desk.stored is before


def test_a_plan_that_is_gone_is_not_waited_for(desk: Desk) -> None:
    desk.round(News(deliveries=[delivery("d", start("gone"))]))

    assert desk.stored.inbox.rows["d"].state == "applied"


def test_a_plan_that_another_coordinator_holds_waits_and_is_found_again(desk: Desk) -> None:
    desk.takes(draft())
    desk.stored.plans.held = frozenset({"plan"})
    done = desk.round(News(deliveries=[delivery("d", start())]))
    assert (done.accepted, done.sendings) == ([True], [])
    assert desk.stored.inbox.rows["d"].state == "resolved"

    desk.stored.plans.held = frozenset()
    assert dispatched(desk.round(News(look=True))) == [("plan", "a", 1)]


# ---------------------------------------------------------------- looking


def test_stored_deliveries_are_found(desk: Desk) -> None:
    desk.takes(draft())
    with desk.store.open_work() as work:
        work.inbox.receive([Delivery(id="d", source="test", received_at=NOW)])
        work.inbox.resolve("d", [start()])
    assert desk.round(News()).sendings == []

    assert dispatched(desk.round(News(look=True))) == [("plan", "a", 1)]


def test_plans_whose_moment_has_come_are_found(desk: Desk) -> None:
    desk.takes(chain("a", RETRIED)).round(News(look=True))
    desk.round(News(messages=[ended(1, Outcome.BROKE)]))
    assert desk.statuses() == "ready"

    desk.clock.passes(timedelta(seconds=10))

    assert dispatched(desk.round(News(look=True))) == [("plan", "a", 2)]


def test_a_moment_that_has_come_is_not_due_again_although_nothing_could_start(desk: Desk) -> None:
    desk.takes(chain("a", RETRIED)).round(News(look=True))
    pause = m.PausePlan(plan="plan", cause="pause")
    desk.round(News(deliveries=[delivery("d", pause)], messages=[ended(1, Outcome.BROKE)]))
    desk.clock.passes(timedelta(seconds=10))

    desk.round(News(look=True))

    assert desk.stored.plans.due(desk.clock.now()) == []


# ---------------------------------------------------------------- slots


def test_slots_are_shared_by_all_plans_and_the_most_urgent_is_first(desk: Desk) -> None:
    desk.world = replace(desk.world, limits=Limits(running=1))
    plans = [replace(chain("a"), id=id, priority=urgency) for id, urgency in (("low", 70), ("urgent", 10))]
    desk.takes(*plans)

    first = desk.round(News(look=True))
    assert (dispatched(first), first.left_waiting) == ([("urgent", "a", 1)], True)
    assert dispatched(desk.round(News(look=True))) == []

    assert dispatched(desk.round(News(messages=[ended(1, plan="urgent")], look=True))) == [("low", "a", 1)]


def test_a_slot_freed_in_a_round_is_taken_in_the_same_round(desk: Desk) -> None:
    desk.world = replace(desk.world, limits=Limits(running=1))
    desk.takes(loose("a b")).round(News(look=True))

    done = desk.round(News(messages=[ended(1)]))

    assert dispatched(done) == [("plan", "b", 2)]


def test_a_superseded_run_holds_its_slot_until_it_has_ended(desk: Desk) -> None:
    desk.world = replace(desk.world, limits=Limits(running=1))
    desk.takes(loose("a b")).round(News(look=True))
    skip = m.SkipPhase(plan="plan", phase="a", cause="skip")
    assert dispatched(desk.round(News(deliveries=[delivery("d", skip)]))) == []

    assert dispatched(desk.round(News(messages=[ended(1, Outcome.CANCELLED)]))) == [("plan", "b", 2)]


def test_a_paused_project_starts_nothing(desk: Desk) -> None:
    desk.world = replace(desk.world, paused_projects={"ada/site": ""})
    assert dispatched(desk.takes(chain("a", LOCAL)).round(News(look=True))) == []
