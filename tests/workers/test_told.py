"""What a worker tells the server of its attempts."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import cast

from bot.executors.attempt_log import log_path
from bot.worker.server import Server
from bot.worker.told import Told
from services.domain.messages import AttemptRenewed

SLOW, QUICK = ("plan", "slow", 1), ("plan", "quick", 2)


class OneSlowUpload:
    """A server whose output of the ticket `slow` does not get through before `let` is set."""

    def __init__(self) -> None:
        self.let, self.begun = threading.Event(), threading.Event()
        self.arrived: list[tuple[str, int, bytes]] = []

    def renew(self, ticket: str, turn: int) -> None:
        """It lives."""

    def output(self, ticket: str, offset: int, chunk: bytes) -> None:
        if ticket == "slow":
            self.begun.set()
            self.let.wait(10)
        self.arrived.append((ticket, offset, chunk))


def test_an_attempt_whose_output_is_slow_to_send_holds_no_other_up(tmp_path: Path) -> None:
    server = OneSlowUpload()
    told = Told(cast(Server, server), tmp_path, lambda _: None, patience=1)
    for key in (SLOW, QUICK):
        log_path(tmp_path, *key).parent.mkdir(parents=True, exist_ok=True)
        log_path(tmp_path, *key).write_bytes(b"said")
        told.expect(key, key[1])
    first = threading.Thread(target=told.send_output)
    first.start()
    server.begun.wait(10)

    told(AttemptRenewed(plan="plan", phase="quick", fence=2, cause="renewed/1"))

    assert server.arrived == [("quick", 0, b"said")]
    server.let.set()
    first.join(10)
    assert server.arrived == [("quick", 0, b"said"), ("slow", 0, b"said")]
