"""A plan that changed its shape is read back as it was saved: by this process, and by one that remembers nothing."""

from __future__ import annotations

from dataclasses import replace

from bot.store import Store
from services.coordinator.decide import decide
from services.domain.messages import AmendPlan, PhaseShape
from services.domain.phase import IssueRef
from services.domain.plan import Plan
from services.domain.texts import PhaseText, PlanText
from tests.plans import NOW, WORLD, Story, chain, diamond, published
from tests.store.conftest import OpenStore, put, read, text_of

NEW = PhaseText("Newly *written*.", ((False, "one"),), ("docs/new.md",))


def amended(plan: Plan, needs: dict[str, str], **texts: PhaseText) -> tuple[Plan, PlanText]:
    shapes = (
        PhaseShape(key=key, title=key.upper(), needs=tuple(needed.split()), text=texts.get(key))
        for key, needed in needs.items()
    )
    order = AmendPlan(plan=plan.id, cause="again", title="Other", overview="Another.", phases=tuple(shapes))
    decision = decide(plan, order, WORLD, NOW)
    assert decision.text is not None
    return decision.plan, decision.text


def saved(store: Store, after: Plan, text: PlanText | None = None) -> None:
    with store.open_work() as work:
        before = work.plans.locked([after.id])[after.id]
        work.plans.save(before, replace(after, version=before.version), None)
        if text is not None:
            work.plans.rewrite(after.id, text)


def test_added_removed_moved_and_renamed_phases_are_read_back(store: Store, open_store: OpenStore) -> None:
    plan = Story(published(diamond())).passes("top").plan
    put(store, plan)
    after, text = amended(plan, {"new": "", "bottom": "left", "top": "", "left": "top new"}, new=NEW)

    saved(store, after, text)

    for one in (store, open_store()):
        found = read(one)
        assert found == replace(after, version=1)
        assert list(found.phases) == ["new", "bottom", "top", "left"]
        assert list(found.removed) == ["right"]


def test_bodies_are_rewritten_and_those_of_removed_phases_left_out(store: Store) -> None:
    plan = chain("a b c")
    put(store, plan)
    after, text = amended(plan, {"a": "", "c": "a", "d": "c"}, c=NEW, d=NEW)

    saved(store, after, text)

    with store.open_work() as work:
        found = work.plans.text("plan")
    assert found == PlanText("Another.", {"a": text_of(plan).phases["a"], "c": NEW, "d": NEW})


def test_a_leaving_phase_keeps_its_slot_until_it_ends(store: Store, open_store: OpenStore) -> None:
    story = Story(chain("a b")).starts("a")
    put(store, story.plan)
    story.plan, text = amended(story.plan, {"b": ""}, b=NEW)
    saved(store, story.plan, text)
    with open_store().open_work() as work:
        assert work.plans.slots().running == 1

    story.plan = read(store)
    story.ends("a")
    saved(store, story.plan)

    other = open_store()
    assert read(other) == replace(story.plan, version=2)
    with other.open_work() as work:
        assert work.plans.slots().running == 0
        assert work.plans.startable(10) == ["plan"]


def test_a_removed_phase_is_in_no_queue_and_behind_no_issue(store: Store) -> None:
    story = Story(published(chain("a b")))
    put(store, story.plan)
    gone = story.phase("b").issue
    assert gone is not None
    after, text = amended(story.plan, {"a": "", "c": "a"}, c=NEW)
    saved(store, after, text)

    assert [(one.queue_id, one.phase_number) for one in store.views.queue()] == [("plan.1", 1), ("plan.3", 2)]
    assert sum(store.views.counts().phases.values()) == 2
    assert store.lookups.by_issue("ada/site", gone.id) is None


def test_what_becomes_known_of_a_removed_phase_is_kept(store: Store, open_store: OpenStore) -> None:
    plan = chain("a b")
    put(store, plan)
    after, text = amended(plan, {"a": ""}, a=NEW)
    saved(store, after, text)

    late = replace(after.removed["b"], issue=IssueRef(7, 70))
    saved(store, replace(read(store), removed={"b": late}))

    assert read(open_store()).removed == {"b": late}
