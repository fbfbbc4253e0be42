"""Small plans and policies for the tests of the command line."""

from __future__ import annotations

CHAIN = """\
# Build a shed

## Phase 1: Foundation

- [ ] T001 Dig

## Phase 2: Walls

**Depends on**: Phase 1

- [ ] T002 Saw

## Phase 3: Roof

**Depends on**: Phase 2

- [ ] T003 Nail
"""

DIAMOND = (
    CHAIN
    + """
## Phase 4: Door

**Depends on**: Phase 2

- [ ] T004 Hang
"""
)

CYCLE = """\
# Hen and egg

## Phase 1: Hen

**Depends on**: Phase 2

## Phase 2: Egg

**Depends on**: Phase 1
"""

PROSE = "# Notes\n\nNothing here is a phase. It is all talk.\n"

ALL_PASS = """\
version: 1
phases:
  - match: "*"
    operations:
      - {tool: command, run: "true"}
"""

WALLS_FAIL = """\
version: 1
phases:
  - match: Walls
    operations:
      - {tool: command, run: "sh -c 'echo the saw is blunt; exit 3'"}
  - match: "*"
    operations:
      - {tool: command, run: "true"}
"""


def many(count: int) -> str:
    """A plan of so many phases, one after the other."""
    phases = "\n".join(f"## Phase {n}: Step {n}\n\n- [ ] T{n:03} Do it\n" for n in range(1, count + 1))
    return f"# Many steps\n\n{phases}"
