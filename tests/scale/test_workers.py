"""Whatever is killed, nothing is lost: each phase is done, one result counts, and nothing runs beside its successor."""

from __future__ import annotations

import signal
from pathlib import Path

from services.domain.messages import SkipPhase
from services.domain.phase import Operation, Rules
from services.domain.reasons import ReasonCode
from services.domain.rules import Isolation
from services.planning.draft import PhaseDraft
from tests.scale.conftest import Yard

CHAIN = "# Chain\n\n## Phase 1: A\n\n## Phase 2: B\n"
ONE = "# One\n\n## Phase 1: A\n"


def command(run: str, **rules: object) -> Rules:
    """In the folder itself, where phases that run at once can see one another."""
    operations = (Operation("command", {"run": run, "shell": True}),)
    return Rules(executor="local", isolation=Isolation.IN_PLACE, operations=operations, **rules)  # type: ignore[arg-type]


def states(yard: Yard, id: str) -> list[str]:
    return [phase.state.value for phase in yard.plan(id)]


def waits_at(folder: Path) -> str:
    """Leaves a mark, and waits to be let through."""
    return f"echo $PHASEBOT_FENCE >> {folder}/begun; until [ -e {folder}/go ]; do sleep 0.02; done"


def begun(yard: Yard) -> list[str]:
    path = yard.workspace / "begun"
    return path.read_text().split() if path.exists() else []


def test_phases_are_carried_out_by_workers_elsewhere_with_their_output_and_their_failures(yard: Yard) -> None:
    def rules(phase: PhaseDraft) -> Rules:
        return command("echo heard of it; exit 3" if "B" in phase.title else "echo here > a; echo done")

    yard.worker()
    id = yard.submit(CHAIN, rules)

    first, second = yard.until_settled(id)
    assert (first.state, second.state) == ("completed", "failed")
    assert (yard.workspace / "a").read_text() == "here\n"
    assert second.failure is not None
    assert second.failure.details["exit_code"] == 3
    log = yard.phasebot.answers.log_path(second)
    assert log is not None
    assert log.is_relative_to(yard.folder / "attempts")
    assert log.read_text() == "heard of it\n"


def test_a_queue_without_workers_or_without_redis_says_so_and_goes_on_by_itself(yard: Yard) -> None:
    id = yard.submit(ONE, command("true"))
    key = next(iter(yard.plan(id))).key

    reason = yard.why(id, key)
    assert reason is not None
    assert (reason.code, reason.why) == (ReasonCode.EXECUTOR_UNAVAILABLE, "no_workers")

    yard.redis.kill()
    yard.until(lambda: (why := yard.why(id, key)) is not None and why.why == "queue_unreachable")
    yard.redis.start()
    yard.worker()
    yard.until_settled(id)
    assert states(yard, id) == ["completed"]


def test_a_killed_worker_is_replaced_within_its_lease_and_one_result_counts(yard: Yard) -> None:
    first = yard.worker(hands=1)
    id = yard.submit(ONE, command(waits_at(yard.workspace)))
    yard.until(lambda: len(begun(yard)) == 1)

    first.send_signal(signal.SIGKILL)
    yard.worker(hands=1)
    yard.until(lambda: len(begun(yard)) == 2)
    (yard.workspace / "go").touch()

    [phase] = yard.until_settled(id)
    assert (phase.state, phase.attempts, phase.losses) == ("completed", 2, 1)
    assert begun(yard) == ["1", "2"]


def test_a_worker_that_is_told_to_end_finishes_what_it_runs_and_takes_nothing_more(yard: Yard) -> None:
    worker = yard.worker(hands=1)
    id = yard.submit(CHAIN, command(waits_at(yard.workspace)))
    yard.until(lambda: len(begun(yard)) == 1)

    worker.send_signal(signal.SIGTERM)
    (yard.workspace / "go").touch()

    assert worker.wait(30) == 0
    assert states(yard, id)[0] == "completed"
    assert begun(yard) == ["1"]
    yard.worker()
    yard.until_settled(id)
    assert len(begun(yard)) == 2


def test_a_wiped_queue_is_filled_again(yard: Yard) -> None:
    worker = yard.worker(hands=1)
    yard.until(lambda: yard.phasebot.crew.executors[0].closed is None)
    worker.send_signal(signal.SIGSTOP)  # it is there, and takes nothing
    id = yard.submit(ONE, command("true"))
    yard.until(lambda: states(yard, id) == ["running"])

    yard.redis.kill()
    yard.redis.start()
    worker.send_signal(signal.SIGCONT)

    [phase] = yard.until_settled(id)
    assert phase.state == "completed"


def test_a_superseded_run_is_stopped_before_what_depends_on_it_starts(yard: Yard) -> None:
    def rules(phase: PhaseDraft) -> Rules:
        if "B" in phase.title:
            return command("test ! -e running && touch b")
        return command(f"touch running; trap 'rm running; exit 1' TERM; {waits_at(yard.workspace)}")

    yard.worker(hands=2)
    id = yard.submit(CHAIN, rules)
    yard.until(lambda: len(begun(yard)) == 1)
    first = next(iter(yard.plan(id)))

    yard.phasebot.order(SkipPhase(plan=id, cause="skip", phase=first.key))

    yard.until_settled(id)
    assert states(yard, id) == ["skipped", "completed"]
    assert (yard.workspace / "b").exists()


def test_a_server_that_is_killed_and_comes_back_goes_on_with_what_workers_run_meanwhile(yard: Yard) -> None:
    yard.worker(hands=1, server=yard.url)
    id = yard.submit(ONE, command(waits_at(yard.workspace)))
    yard.until(lambda: len(begun(yard)) == 1)
    taken = yard.plan(id)

    with yard.server():  # another one over the same database, which knows nothing of the first
        assert yard.plan(id).phases == taken.phases or states(yard, id) == ["running"]
        (yard.workspace / "go").touch()
        yard.until_settled(id)
    [phase] = yard.plan(id)
    assert (phase.state, phase.attempts) == ("completed", 1)


def test_nobody_speaks_for_an_attempt_without_its_ticket(yard: Yard) -> None:
    import httpx

    for path, method in (("take", "POST"), ("renew", "POST"), ("output", "PUT")):
        answer = httpx.request(
            method,
            f"{yard.url}/worker/{path}",
            params={"worker": "eve", "turn": 1, "offset": 0},
            headers={"Authorization": "Bearer W10.aGVsbG8"},
            trust_env=False,
        )
        assert answer.status_code == 410
