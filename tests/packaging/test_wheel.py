"""The wheel, installed in an environment of its own, outside the checkout: everything it needs is inside."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command of the fresh environment, in an empty folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env", with_pip=True)
    commands = folder / "env" / "bin"
    install: list[str | Path] = [
        commands / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        wheel,
    ]
    subprocess.run(install, check=True)
    _lend_libraries(commands)

    def run(*command: str) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PHASEBOT_DATABASE_URL": str(folder / "p.db")}
        done = subprocess.run(
            [commands / command[0], *command[1:]],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def _lend_libraries(commands: Path) -> None:
    """What phasebot depends on comes from the environment of the tests. Only its libraries: a `.pth` file in there, such as
    that of the checkout, is not followed from here."""
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run(
        [commands / "python", "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()
    Path(site, "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")


def test_it_holds_code_migrations_and_templates_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0].split("-")[0] for name in names} == {"bot", "services", "migrations", "phasebot"}
    assert any(name.startswith("migrations/versions/") for name in names)
    assert any(name.endswith(".html") for name in names)
    assert not [name for name in names if "__pycache__" in name or "test" in name.split("/")[0]]


def test_the_code_is_that_of_the_wheel(run: Run) -> None:
    assert str(ROOT) not in run("python", "-c", "import bot, services, migrations; print(bot.__file__)")


def test_the_database_is_made_and_checked(run: Run) -> None:
    run("phasebot", "db", "upgrade")
    run("phasebot", "db", "check")


def test_a_plan_is_published_and_its_issue_can_be_read_in_a_browser(run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "shop" / "plan.md"
    plan.parent.mkdir()
    plan.write_text("# Site\n\n## Phase 1: Setup\n\n## Phase 2: Build\n", encoding="utf-8")

    run("phasebot", "run", str(plan))

    page = run("python", "-c", READ_THE_PARENT)
    assert "[Multi-Phase] Site" in page
    assert "Phase 2: Build" in page


READ_THE_PARENT = """
import os, pathlib, httpx
from bot.tracker import LocalTracker, person
tracker = LocalTracker(pathlib.Path(os.environ["PHASEBOT_DATABASE_URL"]).parent)
print(httpx.get(f"{tracker.open().web_url}/{person()}/shop/issues/1").raise_for_status().text)
tracker.close()
"""
