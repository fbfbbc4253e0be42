"""The server: the hub on a loopback port, in a thread of its own."""

from __future__ import annotations

import ipaddress
import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from bot.localhub.hub import Hub
from bot.localhub.shapes import Shapes

if TYPE_CHECKING:
    from bot.localhub.rest.running import ReadyServer

START_SECONDS = 30.0
GRACE_SECONDS = 5  # for answers on their way when the server stops


class HubServer:
    """Serves REST, pages and nothing else. `port` 0 takes a free one; it is kept when the server is started again.

    Only loopback addresses are served: whoever can reach the port can read every public repository.
    """

    def __init__(self, hub: Hub, host: str = "127.0.0.1", port: int = 0) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"localhub serves loopback addresses only, not {host}")
        self.hub = hub
        self.host = host
        self.port = port
        self._server: ReadyServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The root of REST and pages alike; GitHub Enterprise clients append /api/v3."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def sign_in_url(self, login: str, path: str = "/") -> str:
        """A link that lets this user act in the browser, and leads on to `path`. Whoever has it is that user."""
        token = self.hub.create_token(login)
        return f"{self.url}/sign-in?{urlencode({'token': token, 'next': path})}"

    def start(self) -> None:
        """Return once connections are accepted. OSError if the port is taken."""
        listener = socket.create_server((self.host, self.port), family=_family(self.host), backlog=256)
        self.port = listener.getsockname()[1]
        self.hub.news.shapes = Shapes(self.url, self.url)
        server = _server(self.hub, self.url)
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([listener],), name="localhub", daemon=True)
        self._thread.start()
        if not server.is_ready.wait(START_SECONDS):
            raise RuntimeError(f"localhub did not start within {START_SECONDS} s")

    def stop(self) -> None:
        """Answer what is on its way, then close the port. The hub stays open."""
        if self._server is None or self._thread is None:
            return
        self._server.stop()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _server(hub: Hub, url: str) -> ReadyServer:
    from bot.localhub.rest.running import ReadyServer, configured

    return ReadyServer(configured(hub, url, grace_seconds=GRACE_SECONDS))
