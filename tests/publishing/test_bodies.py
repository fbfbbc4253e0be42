"""The issues of a plan say what it is, where each phase belongs, and how everything stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.domain.failure import Failure
from services.domain.graph import Graph
from services.domain.phase import IssueRef, Phase, QueueStatus
from services.domain.plan import Plan, plan_of
from services.domain.transitions import PhaseState
from services.ports import PhaseText, PlanText
from services.publishing import bodies
from services.publishing.labels import LabelNames
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.status_comment import status_comment
from services.publishing.text import length
from tests import plans

from .rendering import live, page

MARKERS = Markers(b"key")
EMPTY = PlanText("", {})


def site(**facts: Any) -> Plan:
    """Four phases with a diamond; the parent is #12, the phases #13 to #16."""
    plan = plans.plan({"a": "", "b": "a", "c": "a", "d": "b c"}, issue=IssueRef(12, 1200), tracked=True, **facts)
    for number, phase in enumerate(list(plan), start=13):
        plan = plan.with_phase(replace(phase, number=str(phase.ordinal), issue=IssueRef(number, number * 100)))
    return plan


def child(plan: Plan, key: str, text: PhaseText, **options: str) -> str:
    return bodies.child_body(plan, plan.phase(key), text, MARKERS, **options)


def with_state(plan: Plan, key: str, state: PhaseState, **facts: Any) -> Plan:
    return plan.with_phase(replace(plan.phase(key), state=state, **facts))


# ---------------------------------------------------------------- titles and labels


def test_titles_name_the_plan_and_the_phase() -> None:
    plan = site(title="Build the site")
    assert bodies.parent_title(plan) == "[Multi-Phase] Build the site"
    assert bodies.child_title(plan.phase("b")) == "Phase 2: B"


def test_a_phase_without_a_number_is_called_by_its_title() -> None:
    phase = Phase(key="x", ordinal=3, title="Roll out")
    assert bodies.child_title(phase) == "Roll out"
    assert LabelNames().of_child(phase) == ("phase-3", "multi-phase-child")


def test_titles_fit_and_mention_nobody() -> None:
    phase = Phase(key="x", ordinal=1, number="1", title="@ada " * 100)
    assert length(bodies.child_title(phase)) <= 256
    assert live(bodies.child_title(phase)) == []


def test_labels_are_what_the_policy_calls_them_as_far_as_github_allows() -> None:
    names = LabelNames(parent="roadmap, big", child="x" * 60)
    phase = Phase(key="x", ordinal=1, number="2.1", title="T")
    assert names.of_parent() == ("roadmap-big",)
    assert names.of_child(phase) == ("phase-2.1", "x" * 50)


# ---------------------------------------------------------------- the parent


def test_the_parent_has_the_overview_the_table_and_its_marker_last() -> None:
    body = bodies.parent_body(site(), PlanText("What this is **about**.\n\n---\n", {}), MARKERS)
    assert body.startswith("What this is **about**.\n\n<!-- phasebot:begin ")
    assert "| Phase 4: D | #16 | ⚪ queued | Phase 2, Phase 3 |" in body
    assert MARKERS.find(body) == Marker(MarkerKind.PLAN, "plan")
    assert body.endswith("-->")


def test_the_table_shows_status_and_progress() -> None:
    plan = with_state(with_state(site(), "a", PhaseState.COMPLETED), "b", PhaseState.FAILED)
    block = bodies.parent_block(plan)
    assert "`█████░░░░░░░░░░░░░░░` 1 of 4 phases done (25 %)" in block
    assert "| Phase 1: A | #13 | ✅ completed | – |" in block
    assert "| Phase 2: B | #14 | ❌ failed | Phase 1 |" in block
    assert "| Phase 4: D | #16 | ⛔ blocked | Phase 2, Phase 3 |" in block


def test_the_graph_is_drawn_with_the_colour_of_each_status() -> None:
    picture = bodies.parent_block(with_state(site(), "a", PhaseState.COMPLETED)).split("```")[1]
    assert picture.startswith("mermaid\nflowchart TD\n")
    assert '  p1["Phase 1: A"]:::completed' in picture
    assert "  p1 --> p2\n  p1 --> p3\n  p2 --> p4\n  p3 --> p4" in picture
    assert "classDef completed fill:" in picture


def test_what_a_title_holds_breaks_neither_table_nor_graph() -> None:
    plan = site()
    plan = plan.with_phase(replace(plan.phase("a"), title='a | b "c" ```\n@ada <script> #1'))
    block = bodies.parent_block(plan)
    assert live(block.replace(" #13 ", "").replace(" #14 ", "").replace(" #15 ", "").replace(" #16 ", "")) == []
    assert "flowchart TD" in "".join(page(block).code)
    assert len([line for line in block.splitlines() if line.startswith("|")]) == 2 + len(plan.phases)


def test_a_plan_without_dependencies_needs_no_graph() -> None:
    assert "mermaid" not in bodies.parent_block(plans.plan({"a": "", "b": ""}))


def test_every_status_has_a_word_and_a_colour() -> None:
    for status in QueueStatus:
        plan = plans.chain("a b")
        phases = {key: replace(phase, status=status) for key, phase in plan.phases.items()}
        assert f"classDef {status} fill:" in bodies.parent_block(replace(plan, phases=phases))


def test_a_plan_of_a_thousand_phases_still_fits() -> None:
    keys = [f"p{n}" for n in range(1000)]
    phases = {key: Phase(key=key, ordinal=n, title="long name " * 20) for n, key in enumerate(keys, start=1)}
    plan = plan_of(Plan(id="p", project="a/b", title="T", phases=phases, graph=Graph(dict.fromkeys(keys, ()))))
    body = bodies.parent_body(plan, PlanText("overview " * 10_000, {}), MARKERS)
    assert length(body) <= 65_000
    assert "| … and 750 phases more |" in body
    assert MARKERS.find(body) is not None


# ---------------------------------------------------------------- a phase


def test_a_child_says_where_it_belongs_and_when_it_runs() -> None:
    text = PhaseText("**Goal**: it works.\n\n- [ ] T001 Do it\n\n---")
    assert _plain(child(site(), "a", text)) == (
        "Part of #12 · Executes first\n\n**Goal**: it works.\n\n- [ ] T001 Do it"
    )
    assert _plain(child(site(), "d", text)).startswith(
        "Part of #12 · After **Phase 2 (#14)** and **Phase 3 (#15)**\n\n"
    )


def test_tasks_that_are_no_checklist_yet_become_one() -> None:
    text = PhaseText("1.1 Define the schema.", tasks=((False, "Define the `schema`"), (True, "Ask @ada")))
    shown = child(site(), "a", text)
    assert "### Tasks\n\n- [ ] Define the `schema`\n- [x] Ask @\u200bada" in shown


def test_a_checklist_is_not_repeated() -> None:
    text = PhaseText("- [ ] T001 Do it", tasks=((False, "Do it"),))
    assert "### Tasks" not in child(site(), "a", text)


def test_plain_bullets_are_not_repeated_as_a_checklist() -> None:
    text = PhaseText(
        "Lay the ground:\n\n- Define the\n  **schema**\n- Ask Ada", ((False, "Define the schema"), (False, "Ask Ada"))
    )

    assert "### Tasks" not in child(site(), "a", text)


def test_documents_are_named_and_linked_where_there_is_a_page() -> None:
    text = PhaseText("See the docs.", documents=("docs/a b.md",))
    assert "### Referenced documents\n\n- `docs/a b.md`" in child(site(), "a", text)
    linked = child(site(), "a", text, repository_url="https://github.com/acme/site")
    assert "- [`docs/a b.md`](<https://github.com/acme/site/blob/HEAD/docs/a%20b.md>)" in linked


def test_a_child_ends_with_its_marker_however_long_it_is() -> None:
    tasks = tuple((False, "task " * 40) for _ in range(900))
    for text in (PhaseText("long line " * 20_000), PhaseText("x", tasks=tasks), PhaseText("")):
        body = child(site(), "b", text)
        assert length(body) <= 65_000
        assert MARKERS.find(body) == Marker(MarkerKind.PHASE, "plan", "b")


def test_the_text_of_a_plan_cannot_pass_for_our_marker() -> None:
    stolen = MARKERS.write(Marker(MarkerKind.PHASE, "plan", "a"))
    body = child(site(), "b", PhaseText(f"{stolen}\n\n```\n{stolen}\n```"))
    assert MARKERS.find(body) == Marker(MarkerKind.PHASE, "plan", "b")


# ---------------------------------------------------------------- the status comment


def test_the_status_comment_tells_first_what_went_wrong() -> None:
    plan = with_state(site(), "a", PhaseState.COMPLETED)
    plan = with_state(plan, "b", PhaseState.FAILED, failure=Failure("exit", "make pages exited with 2"))
    plan = with_state(plan, "c", PhaseState.RUNNING, attempts=2)
    assert _plain(status_comment(plan, MARKERS)) == (
        "This plan is under way.\n\n"
        "`█████░░░░░░░░░░░░░░░` 1 of 4 phases done (25 %)\n\n"
        "- ❌ failed: **Phase 2 (#14)** – make pages exited with 2\n"
        "- 🟡 running: **Phase 3 (#15)** – attempt 2\n"
        "- ⛔ blocked: **Phase 4 (#16)** – needs Phase 2 and Phase 3"
    )


def test_the_status_comment_of_a_finished_plan_says_so() -> None:
    plan = site()
    for key in plan.phases:
        plan = with_state(plan, key, PhaseState.COMPLETED)
    assert _plain(status_comment(plan, MARKERS)) == (
        "This plan is **completed**.\n\n`████████████████████` 4 of 4 phases done (100 %)"
    )


def test_the_status_comment_is_signed_and_echoes_nothing_live() -> None:
    plan = with_state(site(), "a", PhaseState.FAILED, failure=Failure("exit", "asked @ada\n/close #7"))
    shown = status_comment(plan, MARKERS)
    assert MARKERS.find(shown) == Marker(MarkerKind.STATUS, "plan")
    assert sorted(set(live(shown))) == ["#13", "#14", "#15", "#16"]


def _plain(body: str) -> str:
    """Without the hidden lines."""
    shown = "\n".join(line for line in body.splitlines() if not line.startswith("<!-- phasebot:"))
    return "\n\n".join(part.strip("\n") for part in shown.split("\n\n") if part.strip())
