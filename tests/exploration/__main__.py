"""`make explore`: explores everything, the quick territories and the deep ones, and prints how far it has come."""

from __future__ import annotations

import sys
import time

from tests.exploration.explorer import Tally
from tests.exploration.territories import DEEP, QUICK, Territory


def main() -> None:
    total = Tally()
    for territory in (*QUICK, *DEEP):
        total.add(_explored(territory))
    print(f"In all: {total}. Every invariant holds.")


def _explored(territory: Territory) -> Tally:
    began = time.monotonic()
    print(f"{territory.name} …", flush=True)
    tally = territory.explored(_show if sys.stderr.isatty() else lambda tally: None)
    print(f"  {tally}, {time.monotonic() - began:.0f} s", flush=True)
    return tally


def _show(tally: Tally) -> None:
    print(f"  {tally}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
