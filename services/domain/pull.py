"""The pull request of a plan: asks people to merge what its phases have brought. Its merge completes the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PullState(StrEnum):
    """Where it stands. `wanted`: to be opened; `closed`: not merged, or it could not be opened, and people have to decide;
    `unneeded`: there is nothing to merge, or a person says that the plan is complete without it."""

    WANTED = "wanted"
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"
    UNNEEDED = "unneeded"

    @property
    def is_settled(self) -> bool:
        """Nothing is waited for any more."""
        return self in (PullState.MERGED, PullState.UNNEEDED)


@dataclass(frozen=True, slots=True)
class Pull:
    """`branch` is to be merged into `base` ("": the default branch of the repository).

    `number` 0 and `url` "": it was never opened. `seen_at` is the tracker's own time of the last news, so that older news
    changes nothing. `why`: it could not be opened, and for this reason.
    """

    branch: str
    base: str = ""
    state: PullState = PullState.WANTED
    number: int = 0
    url: str = ""
    seen_at: datetime | None = None
    why: str = ""
