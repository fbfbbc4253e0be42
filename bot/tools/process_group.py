"""A process group: a program and everything it starts, watched from its start to its common end."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from services.execution.cancellation import Stop, Stopped
from services.execution.tool import Context

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Grace:
    """How long, in seconds, a group may take to end after TERM before it is killed, and its output to run dry after that."""

    term: float = 5.0
    output: float = 0.5


class ProcessGroup:
    """A program in a session of its own. Its output and errors come through one pipe, in order."""

    def __init__(self, process: subprocess.Popen[bytes], grace: Grace) -> None:
        self._process = process
        self._grace = grace
        self._strays: list[psutil.Process] = []

    @classmethod
    def start(
        cls, argv: list[str], folder: Path, environ: Mapping[str, str], grace: Grace, *, stdin: int | None = None
    ) -> ProcessGroup:
        """Raises OSError or ValueError if it cannot be started. `stdin` is a file to read; nothing without it."""
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
        return cls(process, grace)

    def watched_by(self, context: Context, started: Callable[[int], None]) -> int:
        """Pass its output on until it has ended, and return its exit code. Raises Stopped if it had to be ended.

        What it left running in the background is ended with it: nothing of an attempt outlives the attempt.
        """
        try:
            started(self._process.pid)
            with _Ears(self._process) as ears, context.cancellation.tells(ears.wake):
                reason = self._pump(ears, context)
        finally:
            self._end()
        if reason is not None:
            raise Stopped(reason)
        return self._process.returncode

    def _pump(self, ears: _Ears, context: Context) -> Stop | None:
        """Pass output on. Returns why the group was told to end, or None if it ended by itself."""
        reason: Stop | None = None
        give_up: float | None = None
        while not ears.has_ended():
            left = _until(give_up) if reason else context.cancellation.remaining()
            for chunk in ears.hear(left):
                context.output.write(chunk)
            if reason is None and (reason := context.cancellation.reason):
                self._terminate()
                give_up = time.monotonic() + self._grace.term
            elif give_up is not None and _until(give_up) == 0:
                break
        self._kill()
        for chunk in ears.rest(self._grace.output):
            context.output.write(chunk)
        return reason

    def _end(self) -> None:
        """Whatever happened: nothing of the group is left. Until it is waited for, its id cannot be anyone else's."""
        self._kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _terminate(self) -> None:
        self._strays = _descendants(self._process.pid)
        self._signal(signal.SIGTERM)

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)
        for stray in self._strays:  # they have left the group, or lost their parent
            with suppress(psutil.Error):
                stray.kill()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # a group of zombies only refuses on some systems
            os.killpg(self._process.pid, number)


class _Ears:
    """Waits for whatever comes first: output, the end of the process, a wake-up from another thread, or a moment."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._pid = process.pid
        self._output = process.stdout.fileno() if process.stdout else -1
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = os.pipe()
        self._exit = _exit_descriptor(process.pid)
        self._exited = False

    def __enter__(self) -> _Ears:
        self._selector.register(self._output, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        if self._exit is not None:
            self._selector.register(self._exit, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for descriptor in (self._woken, self._waker, self._exit):
            if descriptor is not None:
                os.close(descriptor)

    def wake(self) -> None:
        os.write(self._waker, b".")

    def has_ended(self) -> bool:
        """The program itself has ended; its id stays taken until it is waited for."""
        return self._exited or (self._exit is None and _is_zombie(self._pid))

    def hear(self, timeout: float | None) -> Iterator[bytes]:
        """What has been said, after waiting for news at most `timeout` seconds. To be read to its end."""
        if self._exit is None:
            timeout = min(0.05, timeout if timeout is not None else 0.05)
        ready = {key.fd for key, _ in self._selector.select(timeout)}
        if self._woken in ready:
            os.read(self._woken, _CHUNK)
        if self._output in ready:
            chunk = os.read(self._output, _CHUNK)
            if chunk:
                yield chunk
            else:
                self._selector.unregister(self._output)
        if self._exit in ready:
            self._exited = True

    def rest(self, seconds: float) -> Iterator[bytes]:
        """What is still in the pipe. One that somebody keeps open is left after a while."""
        give_up = time.monotonic() + seconds
        with selectors.DefaultSelector() as only:
            only.register(self._output, selectors.EVENT_READ)
            while only.select(_until(give_up)):
                chunk = os.read(self._output, _CHUNK)
                if not chunk:
                    break
                yield chunk


def _until(moment: float | None) -> float:
    return 0.0 if moment is None else max(0.0, moment - time.monotonic())


def _exit_descriptor(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends, where the system has such a thing."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.pidfd_open(pid)
    return None


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _descendants(pid: int) -> list[psutil.Process]:
    """Also those that have left the group."""
    with suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []
