"""What API, CLI and console show is what is stored, in a fixed number of queries however much there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.store import Store
from bot.store.sql import Session
from bot.store.views import Counts, PhaseData, QueueItem
from services.domain.errors import NotFound
from services.domain.events import Event
from services.domain.phase import IssueRef, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.progress import PlanStatus
from tests.plans import NOW, Story, chain, diamond, published
from tests.store.conftest import HandClock, put


@pytest.fixture
def site() -> Plan:
    """A published plan whose first phase has passed and whose second has failed."""
    story = Story(published(diamond(id="site"))).passes("top")
    story.breaks("left")
    return story.plan


@pytest.fixture
def other() -> Plan:
    return replace(chain("a", id="other", project="bob/app"), issue=IssueRef(7, 70), created_at=NOW + timedelta(days=1))


def test_a_phase_is_shown_as_a_queue_item(store: Store, site: Plan, clock: HandClock) -> None:
    put(store, site)

    assert store.views.item("site.4") == QueueItem(
        queue_id="site.4",
        plan_id="site",
        project="ada/site",
        phase_key="bottom",
        number=None,
        parent_issue=1,
        phase_number=4,
        issue_number=5,
        status=QueueStatus.BLOCKED,
        depends_on_phases=(2, 3),
        phase_data=PhaseData("Bottom", "Do *bottom*.", ("docs/bottom.md",)),
        created_at=NOW,
        updated_at=clock.now(),
        error_message=None,
    )
    assert store.views.item("site.2").error_message == "left broke"


def test_the_queue_is_in_plan_order_and_can_be_narrowed(store: Store, site: Plan, other: Plan) -> None:
    put(store, other, site)
    views = store.views

    def shown(items: list[QueueItem]) -> str:
        return " ".join(item.queue_id for item in items)

    assert shown(views.queue()) == "site.1 site.2 site.3 site.4 other.1"
    assert shown(views.queue(limit=2)) == "site.1 site.2"
    assert shown(views.queue(plan="other")) == "other.1"
    assert shown(views.queue(parent_issue=1)) == "site.1 site.2 site.3 site.4"
    assert shown(views.queue(project="bob/app", parent_issue=7)) == "other.1"
    assert shown(views.queue(project="bob/app", parent_issue=1)) == ""
    assert shown(views.queue(status=QueueStatus.READY)) == "site.3 other.1"


def test_plans_are_listed_newest_first_with_how_they_stand(store: Store, site: Plan, other: Plan) -> None:
    put(store, site, other)

    newest, oldest = store.views.plans()
    assert (newest.plan, newest.status) == (other, PlanStatus.RUNNING)
    assert (oldest.plan, oldest.status) == (site, PlanStatus.RUNNING)
    assert oldest.phases == {
        QueueStatus.COMPLETED: 1,
        QueueStatus.FAILED: 1,
        QueueStatus.READY: 1,
        QueueStatus.BLOCKED: 1,
    }
    assert [view.plan.id for view in store.views.plans(project="ada/site")] == ["site"]
    assert [view.plan.id for view in store.views.plans(parent_issue=7)] == ["other"]
    assert [view.plan.id for view in store.views.plans(limit=1)] == ["other"]


def test_a_plan_is_shown_in_full(store: Store, site: Plan) -> None:
    put(store, site)

    detail = store.views.plan("site")

    assert detail.view.plan == site
    assert detail.overview == "What it is about."
    assert {key: [made.state.value for made in all_of] for key, all_of in detail.attempts.items()} == {
        "top": ["succeeded"],
        "left": ["failed"],
    }
    assert store.views.attempts("site.2") == list(detail.attempts["left"])


def test_what_does_not_exist_is_told(store: Store) -> None:
    with pytest.raises(NotFound, match="no plan nothing"):
        store.views.plan("nothing")
    with pytest.raises(NotFound, match=r"no phase nothing\.1"):
        store.views.item("nothing.1")
    assert store.views.attempts("nothing.1") == []
    assert store.views.queue() == []


def test_the_audit_trail_is_read_on_from_any_line(store: Store, site: Plan, other: Plan) -> None:
    put(store, site, other)
    events = [
        Event("plan_started", "site", "c1", by="ada"),
        Event("phase_failed", "site", "c2", "a", facts={"attempt": 1, "why": ["é", None]}),
    ]
    with store.open_work() as work:
        work.events.append(events[:1], NOW)
        work.events.append([Event("elsewhere", "other", "c1")], NOW)
        work.events.append(events[1:], NOW + timedelta(microseconds=1))

    first, second = store.records.events(plan="site")
    assert [first.event, second.event] == events
    assert (first.at, second.at, first.project) == (NOW, NOW + timedelta(microseconds=1), site.project)
    assert store.records.events(plan="site", after=first.seq) == [second]
    assert store.records.events(plan="site", limit=1) == [first]
    assert store.records.events(before=second.seq, limit=1, plan="site") == [first]
    assert len(store.records.events(projects=frozenset({other.project}))) == 1


def test_everything_is_counted(store: Store, site: Plan, other: Plan) -> None:
    put(store, site, replace(other, state=PlanState.PAUSED))

    assert store.views.counts() == Counts(
        plans={PlanState.ACTIVE: 1, PlanState.PAUSED: 1},
        phases={QueueStatus.COMPLETED: 1, QueueStatus.FAILED: 1, QueueStatus.READY: 2, QueueStatus.BLOCKED: 1},
        deliveries={},
        sendings={},
    )


@pytest.mark.parametrize(
    ("question", "queries"),
    [
        (lambda store: store.views.queue(), 2),
        (lambda store: store.views.plans(), 4),
        (lambda store: store.views.plan("plan-1"), 5),
    ],
    ids=["queue", "plans", "plan"],
)
def test_more_plans_are_no_more_queries(
    store: Store, monkeypatch: pytest.MonkeyPatch, question: Callable[[Store], object], queries: int
) -> None:
    put(store, *(published(diamond(id=f"plan-{n}")) for n in range(30)))
    asked: list[object] = []
    execute = Session._execute

    def counting(self: Session, statement: object, values: object) -> None:
        asked.append(statement)
        execute(self, statement, values)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "_execute", counting)
    question(store)

    assert len(asked) == queries


def test_readers_do_not_wait_for_a_writer(store: Store, site: Plan) -> None:
    put(store, site)

    with store.open_work() as work:
        held = work.plans.locked(["site"])["site"]
        work.plans.save(held, replace(held, title="Not yet"), wake_at=None)
        work.plans.due(NOW)  # written, not committed
        assert store.views.plan("site").view.plan == site
