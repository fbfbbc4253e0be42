"""A plan of many phases in a wide graph, carried out in a repository by a process that fails at random and is killed at random.

Every phase writes what it has found of the others, so its result says what it began with: nothing but all that is before it.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.cli.process import ROOT
from tests.workspaces.conftest import Repository

WORK = """\
import hashlib, os, pathlib, sys
number, attempt, seed = os.environ["PHASEBOT_NUMBER"], os.environ["PHASEBOT_ATTEMPT"], os.environ["SEED"]
out = pathlib.Path("out")
out.mkdir(exist_ok=True)
found = sorted(path.name + ":" + path.read_text() for path in out.iterdir())
assert not any("half" in name for name in found), found
(out / f"half-{number}").write_text("half")
(out / number).write_text("half")
if seed and hashlib.sha256(f"{seed}/{number}/{attempt}".encode()).digest()[0] < 75:
    sys.exit("failed at random")
(out / f"half-{number}").unlink()
(out / number).write_text(hashlib.sha256("\\n".join(found).encode()).hexdigest() + "\\n")
"""

POLICY = """\
version: 1
limits: {{workers: {workers}, worker_cap: {workers}}}
defaults:
  retries: {{count: 20, delay: 10ms, factor: 1}}
phases:
  - match: "*"
    env: {{SEED: "{seed}"}}
    operations:
      - {{tool: command, run: [{python}, -S, work.py]}}
"""


@dataclass(frozen=True)
class Graph:
    """Layers of `width` phases, each of which needs one to three of the layer before."""

    phases: int
    width: int
    seed: int

    def needs(self) -> dict[int, list[int]]:
        choose = random.Random(self.seed)
        found: dict[int, list[int]] = {}
        for number in range(1, self.phases + 1):
            layer = (number - 1) // self.width
            above = range((layer - 1) * self.width + 1, layer * self.width + 1) if layer else range(0)
            found[number] = sorted(choose.sample(above, min(len(above), choose.randint(1, 3))))
        return found

    def document(self) -> str:
        return "# Many phases\n" + "".join(
            f"\n## Phase {number}: Work {number}\n\n{_said(needs)}\n" for number, needs in self.needs().items()
        )


def _said(needs: list[int]) -> str:
    return f"Depends on {', '.join(f'Phase {one}' for one in needs)}." if needs else "No dependencies."


class GraphRun:
    """One plan in one repository. `seed` "" : nothing fails."""

    def __init__(self, folder: Path, graph: Graph, *, workers: int, seed: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.repository = Repository(folder / "repository")
        self.repository.commit({"work.py": WORK})
        (folder / "plan.md").write_text(graph.document())
        (folder / "phasebot.yml").write_text(POLICY.format(workers=workers, seed=seed, python=sys.executable))

    def start(self) -> subprocess.Popen[bytes]:
        folder = self.folder
        command = [
            sys.executable,
            "-m",
            "bot",
            "run",
            str(folder / "plan.md"),
            "--policy",
            str(folder / "phasebot.yml"),
        ]
        more = ["--workspace", str(self.repository.folder), "--db", str(folder / "home" / "phasebot.db")]
        (folder / "home").mkdir(exist_ok=True)
        with (folder / "output").open("ab") as output:
            return subprocess.Popen(
                [*command, *more, "--no-issues", "--json", "--max-phases", "100"],
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )

    def to_the_end(self, kills: list[int]) -> int:
        """The exit code. The process is killed as soon as so many results are there, for each of `kills`."""
        for results in kills:
            with self.start() as process:
                while process.poll() is None and self.results() < results:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=0.05)
                process.send_signal(signal.SIGKILL)
        with self.start() as process:
            return process.wait()

    def results(self) -> int:
        return sum(name.rpartition("/")[2].isdigit() for name in self.repository.refs())

    @property
    def branch(self) -> str:
        (name,) = self.repository.git("for-each-ref", "--format=%(refname)", "refs/heads/phasebot").splitlines()
        return name

    def tree(self) -> str:
        """What the results are together, as one hash."""
        return self.repository.git("rev-parse", f"{self.branch}^{{tree}}")

    def said(self) -> str:
        return (self.folder / "output").read_text()[-3000:]
