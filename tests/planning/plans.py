"""Small plans for the tests, in the shapes people write."""

from __future__ import annotations

from services.planning.draft import PlanDraft
from services.planning.parser import parse

SPEC_KIT = """\
# Tasks: Bookmark sync

**Prerequisites**: plan.md, spec.md

## Phase 1: Setup (Shared Infrastructure)

**Purpose**: A place to work in

- [x] T001 Create the package in src/sync/
- [x] T002 [P] Configure the linter in `pyproject.toml`

---

## Phase 2: Foundational (Blocking Prerequisites)

**Purpose**: What every story stands on

- [ ] T003 Write the store in src/sync/store.py

**Checkpoint**: The store keeps a bookmark

## Phase 3: User Story 1 - Save a bookmark (Priority: P1) 🎯 MVP

**Goal**: A person saves a page

### Tests for User Story 1

- [ ] T004 [P] [US1] Test saving in tests/test_save.py

### Implementation for User Story 1

- [ ] T005 [US1] Save in src/sync/save.py
  - [ ] not a task of its own

## Phase 4: User Story 2 - Share a list (Priority: P2)

- [ ] T006 [US2] Share in src/sync/share.py

## Phase 5: Polish & Cross-Cutting Concerns

- [ ] T007 [P] Write the guide in docs/guide.md

## Dependencies & Execution Order

### Phase Dependencies

- **Setup (Phase 1)**: No dependencies - can start immediately
- **Foundational (Phase 2)**: Depends on Setup completion - BLOCKS all user stories
- **User Stories (Phase 3+)**: All depend on Foundational phase completion
  - User stories can then proceed in parallel (if staffed)
- **Polish (Phase 5)**: Depends on all desired user stories being complete

### User Story Dependencies

- **User Story 1 (P1)**: Can start after Foundational (Phase 2) - No dependencies on other stories
- **User Story 2 (P2)**: Can start after Foundational (Phase 2) - May integrate with US1 but should be testable alone

## Implementation Strategy

1. Complete Phase 1: Setup
2. Complete Phase 2: Foundational

## Notes

- [P] tasks = different files
"""

KIRO = """\
# Implementation Plan

- [x] 1. Set up the schema
  - Create the tables
  - _Requirements: 1.1, 2.3_

- [ ] 2. Build the service
  - [x] 2.1 Write the store
    - keep it small
  - [-] 2.2 Write the handler
  - [ ]* 2.3 Write property tests

- [ ] 3. Checkpoint - everything works
"""


def needs(plan: PlanDraft, *, source: str = "stated") -> dict[str, list[str]]:
    """The dependencies of one source, as titles; phases without any are left out."""
    titles = {phase.key: phase.title for phase in plan.phases}
    found = {
        phase.title: [titles[one.key] for one in phase.depends_on if one.source == source] for phase in plan.phases
    }
    return {title: needed for title, needed in found.items() if needed}


def phased(*titles: str, before: str = "", after: str = "") -> PlanDraft:
    """A plan with these phases, numbered from 1, and text around them."""
    phases = "\n".join(f"## Phase {number}: {title}\n\n- [ ] work\n" for number, title in enumerate(titles, start=1))
    return parse(f"# Plan\n\n{before}\n\n{phases}\n{after}\n")


def shape(plan: PlanDraft) -> list[tuple[str | None, str, int]]:
    """Number, title and count of tasks of each phase."""
    return [(phase.number, phase.title, len(phase.tasks)) for phase in plan.phases]
