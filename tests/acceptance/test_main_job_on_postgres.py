"""The main job on a real PostgreSQL: real processes, from the plan to closed issues."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import postgres

PLAN = "# Shop\n\n## Phase 1: Base\n\n- [ ] a\n\n" + "".join(
    f"## Phase {number}: Part {number}\n\n**Depends on**: Phase 1\n\n- [ ] b\n\n" for number in (2, 3, 4)
)
POLICY = (
    'version: 1\ndefaults: {executor: local}\nphases:\n  - match: "*"\n    operations: [{tool: command, run: "true"}]\n'
)


def test_a_plan_with_more_ready_phases_than_slots_goes_through_on_postgresql(tmp_path: Path) -> None:
    """While a ready phase waits for a slot, the run shows why; that question must change nothing."""
    (tmp_path / "plan.md").write_text(PLAN, encoding="utf-8")
    (tmp_path / "policy.yml").write_text(POLICY, encoding="utf-8")
    with postgres.running() as new_database:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "run", "plan.md", "--policy", "policy.yml", "--db", new_database()],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "4 completed" in done.stdout
