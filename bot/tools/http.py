"""The `http` tool: one request to a host that the operator allows; every redirect is looked at as if it were the first."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from bot.tools.confined import followed
from bot.tools.sizes import Size
from services.execution.tool import Context, ToolFailed

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpInput(BaseModel):
    """What to ask for. Placeholders are filled in; `{env:NAME}` in a header takes a variable of the phase, such as a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(pattern=r"^https?://")]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    headers: dict[str, str] = {}
    body: str | None = None
    send_json: Any = Field(None, alias="json")
    expect: list[int] = Field([], description="Statuses that pass; any of 200 to 299 without it.")
    save: str | None = Field(None, description="Where to write the answer, within the workspace.")
    most: Size = Field(10_000_000, description="The longest answer that is taken.")
    seconds: float = Field(30, gt=0, le=600)
    name: str = ""


class HttpOutput(BaseModel):
    """The answer; `text` is its beginning."""

    status: int
    url: str
    length: int
    text: str = ""
    modified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where requests may go: `hosts` are names or globs. Private addresses are refused unless allowed."""

    hosts: Collection[str] = ()
    allow_private: bool = False

    def check(self, url: str) -> None:
        """Raises ToolFailed for a place that is not allowed."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("http", "https") or parts.username or parts.password or not host:
            raise ToolFailed("bad_url", "only plain http and https addresses are asked, without a login in them")
        if not any(fnmatchcase(host, glob.lower()) for glob in self.hosts):
            raise ToolFailed(
                "host_not_allowed", f"{host} is not among the hosts that the operator allows (PHASEBOT_HTTP_HOSTS)"
            )


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None

    def redirected(self, status: int, location: str) -> _Request:
        """As browsers do; what is secret stays with the host it was meant for."""
        url = urljoin(self.url, location)
        headers = self.headers
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            headers = {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
        if status == 303 or (status in (301, 302) and self.method == "POST"):
            return _Request("GET", url, headers, None)
        return _Request(self.method, url, headers, self.content)


class HttpTool:
    """Asks, follows, and keeps no more of the answer than allowed."""

    name: ClassVar[str] = "http"
    input_model: ClassVar[type[BaseModel]] = HttpInput
    output_model: ClassVar[type[BaseModel]] = HttpOutput

    def __init__(self, reach: Reach | None = None) -> None:
        self._reach = reach or Reach()

    def run(self, given: HttpInput, context: Context) -> HttpOutput:
        context.cancellation.check()
        request, body = _request(given, context), b""
        for _ in range(_MOST_REDIRECTS + 1):
            self._reach.check(request.url)
            status, location, body = self._answer(request, given, context)
            context.output.write(f"{request.method} {request.url}: {status}\n".encode())
            if status not in _REDIRECTS or not location:
                return _output(given, context, request.url, status, body)
            request = request.redirected(status, location)
        raise ToolFailed("too_many_redirects", f"{given.url} redirects more than {_MOST_REDIRECTS} times")

    def _answer(self, request: _Request, given: HttpInput, context: Context) -> tuple[int, str, bytes]:
        import httpcore

        from bot.tools.http_network import pool

        left = context.cancellation.remaining()
        seconds = given.seconds if left is None else min(given.seconds, max(left, 0.001))
        limits = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        try:
            with (
                closing(pool(allow_private=self._reach.allow_private)) as connections,
                connections.stream(
                    request.method,
                    request.url,
                    headers=list(request.headers.items()),
                    content=request.content,
                    extensions={"timeout": limits},
                ) as response,
            ):
                body = b"".join(_within(response.iter_stream(), given.most, context))
                return response.status, _header(response.headers, b"location"), body
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            why = str(error) or type(error).__name__
            raise ToolFailed("not_reachable", f"{request.url}: {why}", retryable=True) from error


def _request(given: HttpInput, context: Context) -> _Request:
    headers = {name: _with_variables(context.fill(value), context) for name, value in given.headers.items()}
    content = None if given.body is None else context.fill(given.body).encode()
    if given.send_json is not None:
        content, headers = json.dumps(given.send_json).encode(), {"content-type": "application/json", **headers}
    return _Request(given.method, context.fill(given.url), {"user-agent": "phasebot", **headers}, content)


def _with_variables(value: str, context: Context) -> str:
    for name, known in context.environment.items():
        value = value.replace(f"{{env:{name}}}", known)
    return value


def _within(chunks: Iterator[bytes], most: int, context: Context) -> Iterator[bytes]:
    length = 0
    for chunk in chunks:
        context.cancellation.check()
        length += len(chunk)
        if length > most:
            raise ToolFailed("answer_too_large", f"the answer is longer than {most} bytes")
        yield chunk


def _header(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name.lower() == wanted), "")


def _output(given: HttpInput, context: Context, url: str, status: int, body: bytes) -> HttpOutput:
    if status not in given.expect if given.expect else not 200 <= status < 300:
        details: dict[str, object] = {"status": status, "body": body[:1000].decode("utf-8", "replace")}
        raise ToolFailed("http_status", f"{url} answered {status}", retryable=status in _PASSING, details=details)
    modified = None
    if given.save is not None:
        place = followed(context.workspace, context.fill(given.save))
        modified = not place.is_file() or place.read_bytes() != body
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
    return HttpOutput(
        status=status, url=url, length=len(body), text=body[:2000].decode("utf-8", "replace"), modified=modified
    )
