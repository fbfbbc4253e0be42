"""`make chaos`: many plans in bad weather. Prints what was injected and what was checked; exits 1 if anything is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.weather import PHASES, Chaos, Outcome, calm_picture, endure, hours


def main() -> None:
    chaos = _asked()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "calm").mkdir()
        calm = str(calm_picture(Path(folder) / "calm"))
        began = time.monotonic()
        (Path(folder) / "chaos").mkdir()
        outcome = endure(Path(folder) / "chaos", chaos)
        wrongs = [*outcome.wrongs, *_differences(outcome, calm, chaos)]
        _report(chaos, outcome, wrongs, time.monotonic() - began)
        sys.exit(bool(wrongs))


def _asked() -> Chaos:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--plans", type=int, default=200)
    parser.add_argument("--share", type=float, default=0.1, help="of all requests that meet a fault")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--patience", type=float, default=1500, help="seconds until the run is given up")
    return Chaos(**vars(parser.parse_args()))


def _differences(outcome: Outcome, calm: str, chaos: Chaos) -> list[str]:
    expected = {f"[Multi-Phase] Move shop {number}": number for number in range(chaos.plans)}
    missing = [f"there is no {title}" for title in expected if title not in outcome.pictures]
    return missing + [
        f"{title} is not as in a calm run"
        for title, number in expected.items()
        if title in outcome.pictures
        and str(outcome.pictures[title]) != calm.replace("Move shop 0", f"Move shop {number}")
    ]


def _report(chaos: Chaos, outcome: Outcome, wrongs: list[str], seconds: float) -> None:
    print(f"seed {chaos.seed}: {chaos.plans} plans of {PHASES} phases, {seconds:.0f} s, {hours(seconds)} to GitHub")
    print(f"{outcome.faults:,} faults among {outcome.answered:,} requests:")
    for fault, count in outcome.requests.most_common():
        print(f"  request {fault.value:22}{count:7,}")
    for kind, count in outcome.webhooks.most_common():
        print(f"  webhook {kind:22}{count:7,}")
    print(f"  process killed{'':16}{outcome.kills:7,}")
    print(
        f"checked: {chaos.plans * (1 + PHASES):,} issues (title, state, labels, body, comments, links, how often closed),"
    )
    print("  each comment once, each issue under its parent once, no write faster than 80 a minute and 500 an hour")
    print("\n".join(f"WRONG: {one}" for one in wrongs) or "nothing is wrong")


if __name__ == "__main__":
    main()
