"""Fetching: one file from the web, for a plan. It goes where it is allowed to, over https, to no private address, at every
hop anew; it stops at a size and at a time, and carries no credentials but those that were given for that very host."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx

from services.domain.errors import NotAllowed, NotFound, RemoteUnavailable, UserError

MOST_HOPS = 4
STEP_SECONDS = 5.0
ALL_SECONDS = 20.0

Resolve = Callable[[str, int], list[str]]


class FetchRefused(UserError):
    """The address, or one that it leads on to, is none that plans are fetched from."""

    code = "fetch_refused"


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where to, and how far. A host that begins with a dot stands for every name below it."""

    hosts: tuple[str, ...]
    most_bytes: int
    schemes: tuple[str, ...] = ("https",)
    private: bool = False
    seconds: float = ALL_SECONDS
    resolve: Resolve = field(default=resolved, repr=False)

    def allow(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        return any(name == one or (one.startswith(".") and name.endswith(one)) for one in self.hosts)


def fetch(url: str, bounds: Bounds, headers: Mapping[str, str] | None = None) -> bytes:
    """What is there, at most one byte more than allowed. `headers` go to the first host alone.

    Raises FetchRefused, NotFound, NotAllowed, RemoteUnavailable.
    """
    deadline, first = time.monotonic() + bounds.seconds, urlsplit(url).netloc
    with httpx.Client(timeout=STEP_SECONDS, follow_redirects=False, trust_env=False) as client:
        for _ in range(MOST_HOPS):
            own = dict(headers or {}) if urlsplit(url).netloc == first else {}
            found = _hop(client, url, own, bounds, deadline)
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found)
    raise FetchRefused("it leads on and on", where=url)


def _hop(client: httpx.Client, url: str, headers: dict[str, str], bounds: Bounds, deadline: float) -> bytes | str:
    """The file, or the next address."""
    request = _request(client, url, headers, bounds)
    try:
        answer = client.send(request, stream=True)
        try:
            if answer.is_redirect:
                return answer.headers["location"]
            _check(answer, url)
            return _body(answer, url, bounds, deadline)
        finally:
            answer.close()
    except httpx.HTTPError as error:
        raise RemoteUnavailable(f"it cannot be fetched: {type(error).__name__}", where=url, fix="Try again.") from None


def _request(client: httpx.Client, url: str, headers: dict[str, str], bounds: Bounds) -> httpx.Request:
    """To the very address that was checked: asked a second time, a name could lead somewhere else."""
    place = urlsplit(url)
    host = place.hostname or ""
    if place.scheme not in bounds.schemes or place.username is not None or not bounds.allow(host):
        raise FetchRefused(f"plans are not fetched from {place.scheme}://{host}", where=url)
    port = place.port or (443 if place.scheme == "https" else 80)
    address = _address(host, port, url, bounds)
    shown = f"[{address}]" if ":" in address else address
    there = httpx.URL(url).copy_with(host=shown)
    sent = {"Host": place.netloc, "User-Agent": "phasebot", "Accept-Encoding": "identity", **headers}
    return client.build_request("GET", there, headers=sent, extensions={"sni_hostname": host})


def _address(host: str, port: int, url: str, bounds: Bounds) -> str:
    try:
        addresses = bounds.resolve(host, port)
    except OSError:
        raise RemoteUnavailable(f"{host} is not known", where=url, fix="Check the connection.") from None
    if not addresses or not (bounds.private or all(map(_is_public, addresses))):
        raise FetchRefused(f"{host} leads into a private network", where=url)
    return addresses[0]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)


def _check(answer: httpx.Response, url: str) -> None:
    match answer.status_code:
        case 200:
            return
        case 401 | 403:
            raise NotAllowed("it may not be read", where=url)
        case 404 | 410:
            raise NotFound("there is nothing, or nothing that may be seen", where=url)
    raise RemoteUnavailable(f"the answer was {answer.status_code}", where=url, fix="Try again later.")


def _body(answer: httpx.Response, url: str, bounds: Bounds, deadline: float) -> bytes:
    read = bytearray()
    for part in answer.iter_raw():
        read += part
        if len(read) > bounds.most_bytes:
            raise FetchRefused(f"it has more than {bounds.most_bytes:,} bytes", where=url)
        if time.monotonic() > deadline:
            raise RemoteUnavailable("it takes too long", where=url, fix="Try again, or commit the plan.")
    return bytes(read)
