"""Holders: who claims work. A process by its host, number and start time, so that a number used again is nobody else."""

from __future__ import annotations

import socket

import psutil


def holder_of_this_process() -> str:
    """`host/pid/start`, unique for the life of this process."""
    process = psutil.Process()
    return f"{socket.gethostname()}/{process.pid}/{process.create_time():.2f}"


def is_dead(holder: str) -> bool:
    """True if the holder was a process of this machine and is gone; of another machine's nothing is known."""
    host, _, rest = holder.partition("/")
    pid, _, started = rest.partition("/")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" != started
    except psutil.NoSuchProcess:
        return True
