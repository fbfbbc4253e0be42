"""The network of the `http` tool: connects only to addresses that were looked at, so that no name can lead elsewhere."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from ipaddress import ip_address

import httpcore

from services.execution.tool import ToolFailed


class CheckedNetwork(httpcore.NetworkBackend):
    """Resolves a name itself, refuses addresses that are not public (unless allowed), and connects to what it has checked."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not known: {error.strerror}") from None
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        refused = [one for one in addresses if not self._allow_private and not ip_address(one.split("%")[0]).is_global]
        if refused:
            raise ToolFailed("private_address", f"{host} is at {refused[0]}, which is not a public address")
        return self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)


def pool(*, allow_private: bool) -> httpcore.ConnectionPool:
    """Connections for one request and its redirects."""
    return httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(), network_backend=CheckedNetwork(allow_private=allow_private)
    )
