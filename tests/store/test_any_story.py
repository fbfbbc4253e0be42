"""Whatever happens to a plan, it is read back as it was saved: random stories, read with an empty memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import Store
from services.domain import messages as m
from services.domain.attempts import Outcome
from services.domain.failure import Failure
from services.domain.phase import IssueRef, OnError, Operation, Qa, Rules
from services.domain.plan import Plan
from services.domain.rules import Budget, BudgetMode, Budgets
from tests.plans import Story, plan
from tests.store.conftest import OpenStore, put, read

# no NUL and no half of a surrogate pair: neither is text to PostgreSQL, and neither comes out of a parsed document
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
durations = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=9))
rules = st.builds(
    Rules,
    executor=st.sampled_from(["local", "manual"]),
    on_error=st.sampled_from(OnError),
    retries=st.integers(0, 2),
    retry_delay=durations,
    timeout=st.none() | durations,
    approval=st.booleans(),
    qa=st.sampled_from(Qa),
    operations=st.lists(st.builds(Operation, words, st.dictionaries(words, json_values, max_size=2)), max_size=2).map(
        tuple
    ),
)
keys = st.sampled_from("abc")
plans = st.builds(
    lambda needs, of, title: plan(
        dict(zip("abc", ["", *needs], strict=True)), dict(zip("abc", of, strict=True)), title=title
    ),
    st.tuples(st.sampled_from(["", "a"]), st.sampled_from(["", "a", "b", "a b"])),
    st.tuples(rules, rules, rules),
    words,
)
failures = st.builds(
    Failure, words, words, tool=words, retryable=st.booleans(), details=st.dictionaries(words, json_values, max_size=2)
)

Step = Callable[[Story], object]
_causes = count(1)


def _about(kind: Callable[..., m.Message], **what: object) -> Step:
    return lambda story: story.tell(kind(plan=story.plan.id, cause=f"c{next(_causes)}", **what))


def _ends(key: str, outcome: Outcome, failure: Failure) -> Step:
    def step(story: Story) -> None:
        attempt = story.phase(key).attempt
        if attempt is not None:
            told = None if outcome is Outcome.PASSED else failure
            _about(m.AttemptFinished, phase=key, fence=attempt.fence, outcome=outcome, failure=told)(story)

    return step


_ORDERS = (m.RetryPhase, m.CompletePhase, m.SkipPhase, m.CancelPhase, m.ReopenPhase, m.ApprovePhase, m.RejectPhase)
steps = st.one_of(
    st.builds(lambda key: _about(m.ClaimPhase, phase=key, holder="here"), keys),
    st.builds(_ends, keys, st.sampled_from(Outcome), failures),
    st.builds(lambda kind, key, by: _about(kind, phase=key, by=by), st.sampled_from(_ORDERS), keys, words),
    st.builds(_about, st.sampled_from([m.PausePlan, m.ResumePlan, m.CancelPlan])),
    st.builds(lambda some: _about(m.StartPlan, selected=some), st.none() | st.frozensets(keys)),
    st.builds(lambda key, to: _about(m.SetPriority, phase=key, priority=to), st.none() | keys, st.integers(0, 99)),
    st.builds(
        lambda mode, tokens: _about(m.BudgetsChanged, budgets=Budgets(mode, plan=Budget(tokens=tokens))),
        st.sampled_from(BudgetMode),
        st.none() | st.integers(0, 10**9),
    ),
    st.builds(
        lambda key, number: _about(m.IssueCreated, phase=key, issue=IssueRef(number, number + 2**40)),
        st.none() | keys,
        st.integers(1, 10**6),
    ),
    st.builds(lambda key: _about(m.DependenciesLinked, phase=key), keys),
    st.builds(lambda passed: lambda story: story.waits(passed), durations),
)
works = st.lists(st.lists(steps, min_size=1, max_size=4), max_size=6)

_names = count(1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=plans, chapters=works)
def test_any_story_is_read_back_as_it_was_saved(
    store: Store, open_store: OpenStore, first: Plan, chapters: list[list[Step]]
) -> None:
    story = Story(replace(first, id=f"plan-{next(_names)}"))
    put(store, story.plan)

    for chapter in chapters:
        _save(store, story, chapter)

    cold = open_store()
    assert read(cold, story.plan.id) == read(store, story.plan.id) == story.plan
    with cold.open_work() as work:
        held = [attempt for phase in story.plan if (attempt := phase.attempt) and attempt.holds_slot]
        assert work.plans.slots().plans.get(story.plan.id, 0) == len(held)
    cold.close()


def _save(store: Store, story: Story, chapter: list[Step]) -> None:
    """One Work: every step is saved, and all are written together."""
    with store.open_work() as work:
        plan = work.plans.locked([story.plan.id])[story.plan.id]
        assert plan == story.plan
        for step in chapter:
            step(story)
            plan = work.plans.save(plan, story.plan, story.now)
        story.plan = plan
