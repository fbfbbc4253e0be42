"""Serving: one process with the workers and the HTTP server, from binding the port to the last answer."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from bot.bootstrap import Phasebot
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.auth.sign_in import SignInLink
from bot.web.live.wire import WireProtocol
from bot.web.patience import PatientProtocol
from services.domain.errors import UserError

GRACE = 10
"""Seconds that answers on their way have when the server ends."""


class PortTaken(UserError):
    """The address cannot be bound to."""

    code = "port_taken"


class WebServer(uvicorn.Server):
    """uvicorn that says when it accepts connections, and ends without ending the process."""

    def __init__(self, config: uvicorn.Config, at_end: Callable[[], None]) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()
        self._at_end = at_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await run_in_threadpool(self._at_end)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal ends the server in peace, the second at once. uvicorn would raise it again afterwards."""
        self.force_exit = self.should_exit
        self.should_exit = True

    def stop(self) -> None:
        """Callable from any thread: answer what is on its way, then return from `run`."""
        self.should_exit = True


def _print(line: str) -> None:
    print(line, flush=True)


def serve(phasebot: Phasebot, say: Callable[[str], None] = _print) -> None:
    """Run until SIGINT or SIGTERM, then let finish what runs. Raises BindingRefused, PortTaken before anything starts."""
    access = Access.by(phasebot.settings)
    listener = bind(phasebot.settings.host, phasebot.settings.port)
    link = SignInLink() if access.local_only else None
    server = server_for(create_app(phasebot, access, link))
    phasebot.hooks.listen(url_of(listener))
    phasebot.reconcile()
    phasebot.start()
    for line in _greeting(phasebot, access, link, url_of(listener)):
        say(line)
    server.run([listener])
    _let_finish(phasebot, say)


def work_behind(phasebot: Phasebot, say: Callable[[str], None] = _print) -> None:
    """The same without answering anybody: for the other roles of a server that is spread over several processes."""
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        if ending.is_set():
            raise KeyboardInterrupt
        ending.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, end)
    phasebot.reconcile()
    phasebot.start()
    say(f"phasebot works: {', '.join(sorted(phasebot.options.roles))} (Ctrl-C ends it)")
    ending.wait()
    _let_finish(phasebot, say)


def _let_finish(phasebot: Phasebot, say: Callable[[str], None]) -> None:
    say("ending: what runs may finish (Ctrl-C ends it now)")
    try:
        phasebot.drain()
    except KeyboardInterrupt:
        phasebot.kill()


def server_for(app: FastAPI) -> WebServer:
    """The server, still to be run."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        http=PatientProtocol,
        ws=WireProtocol,
        ws_max_size=4096,
        ws_per_message_deflate=False,  # small messages, and each connection would compress them anew
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    return WebServer(config, app.state.feed.close)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        fix = "Name an address of this machine and a free port: --port, or PHASEBOT_HOST and PHASEBOT_PORT."
        why, _, _ = str(error.strerror).partition(" (while")  # the address is named beside it
        raise PortTaken(f"cannot listen: {why}", where=f"{host}:{port}", fix=fix) from None


def url_of(listener: socket.socket) -> str:
    """Where to reach what listens here; `0.0.0.0` is reached as this machine."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _greeting(phasebot: Phasebot, access: Access, link: SignInLink | None, url: str) -> list[str]:
    webhooks = f"{phasebot.settings.public_url or url}/webhooks/github"
    lines = [f"phasebot serves {url} (Ctrl-C ends it)"]
    if link is not None:
        lines.append(f"sign in, once: {link.url(url)}")
        lines.append(f"API token of this run: {access.token}")
    if phasebot.hooks.secrets():
        lines.append(f"webhooks: {webhooks}")
    else:
        lines.append("webhooks are refused: PHASEBOT_WEBHOOK_SECRET is not set")
    if issues := phasebot.tracker.sign_in_url("/"):
        lines.append(f"issues: {issues}")
    return lines
