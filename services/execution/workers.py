"""How many workers the local executor gets."""

from __future__ import annotations

DEFAULT_WORKERS = 2


def resolve_workers(
    asked: int | None, policy: int | None, *, cores: int, default: int = DEFAULT_WORKERS, cap: int | None = None
) -> tuple[int, str | None]:
    """The number of workers, and a warning where it is less than was wanted.

    The command line (`asked`) goes before the policy, the policy before the default. Never more than `cap`, which is half
    the cores (at least 1) unless the policy's `limits.worker_cap` says otherwise.
    """
    wanted = next(count for count in (asked, policy, default) if count is not None)
    most = cap if cap is not None else max(1, cores // 2)
    if wanted <= most:
        return max(1, wanted), None
    if asked is None and policy is None:
        return most, None
    return most, f"{wanted} workers were asked for, {most} are used: {_because(cap, cores)}"


def _because(cap: int | None, cores: int) -> str:
    if cap is not None:
        return "limits.worker_cap allows no more"
    return f"that is half of the {cores} cores. Set limits.worker_cap in the policy to use more"
