"""How many workers there are."""

from __future__ import annotations

import pytest

from services.execution.workers import resolve_workers


@pytest.mark.parametrize(
    ("asked", "policy", "cores", "cap", "workers", "warns"),
    [
        (None, None, 8, None, 2, False),
        (None, 3, 8, None, 3, False),
        (4, 3, 8, None, 4, False),
        (6, None, 8, None, 4, True),
        (None, 6, 8, None, 4, True),
        (6, None, 8, 6, 6, False),
        (9, None, 8, 6, 6, True),
        (None, None, 2, None, 1, False),  # nobody asked for more, so nobody is warned
        (2, None, 1, None, 1, True),
        (2, None, 3, None, 1, True),
    ],
)
def test_the_command_line_goes_before_the_policy_and_the_cap_before_both(
    asked: int | None, policy: int | None, cores: int, cap: int | None, workers: int, warns: bool
) -> None:
    count, warning = resolve_workers(asked, policy, cores=cores, cap=cap)

    assert (count, warning is not None) == (workers, warns)


def test_the_warning_says_how_to_get_more() -> None:
    _, warning = resolve_workers(6, None, cores=8)

    assert warning is not None
    assert warning.startswith("6 workers were asked for, 4 are used")
    assert "limits.worker_cap" in warning
