"""The page of the set-up, served on loopback until GitHub has sent the person back, once."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from services.domain.errors import TransientError, UserError

DONE_PATH = "/done"
_LOOPBACK = ("127.0.0.1", "localhost")


class SetupPage:
    """`new_app_url` is where GitHub takes manifests; `keep` is given the code and returns where the App is installed.

    `ask` says what the manifest is, once the address that GitHub sends the person back to is known.
    """

    def __init__(self, new_app_url: str, ask: Callable[[str], dict[str, Any]], keep: Callable[[str], str]) -> None:
        self._target = new_app_url
        self._keep = keep
        self._state = secrets.token_urlsafe(32)
        self._lock = threading.Lock()
        self._installs: str | None = None
        self._finished = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._manifest = ask(f"{self.url}{DONE_PATH}")
        self._thread = threading.Thread(target=self._server.serve_forever, name="setup", daemon=True)

    def __enter__(self) -> SetupPage:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, seconds: float) -> str | None:
        """Where the App is installed, as soon as it is kept; None if that took longer."""
        return self._installs if self._finished.wait(seconds) else None

    def answer(self, target: str, host: str) -> tuple[HTTPStatus, str]:
        """The status and the page for a request."""
        place = urlsplit(target)
        if urlsplit(f"//{host}").hostname not in _LOOPBACK:
            return HTTPStatus.FORBIDDEN, _page("Not here", "<p>This page answers to this machine alone.</p>")
        if place.path == "/":
            return HTTPStatus.OK, self._button()
        if place.path == DONE_PATH:
            return self._come_back(parse_qs(place.query))
        return HTTPStatus.NOT_FOUND, _page("Not found", "")

    def headers(self) -> dict[str, str]:
        place = urlsplit(self._target)
        return {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": f"default-src 'none'; form-action {place.scheme}://{place.netloc}; "
            "frame-ancestors 'none'; base-uri 'none'",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }

    def _button(self) -> str:
        target = escape(f"{self._target}?{urlencode({'state': self._state})}")
        return _page(
            "Set phasebot up",
            f"<p>GitHub shows what the App may do, and asks you for its name.</p>"
            f'<form method="post" action="{target}">'
            f'<input type="hidden" name="manifest" value="{escape(json.dumps(self._manifest))}">'
            f"<button>Create the App on {escape(urlsplit(self._target).netloc)}</button></form>",
        )

    def _come_back(self, told: dict[str, list[str]]) -> tuple[HTTPStatus, str]:
        """Only from the page that was opened here, and only once: whoever else knows a code gets nowhere."""
        code, state = told.get("code", [""])[0], told.get("state", [""])[0]
        if not code or not hmac.compare_digest(state.encode(), self._state.encode()):
            return HTTPStatus.FORBIDDEN, _page("Not from here", "<p>Begin again on the first page.</p>")
        with self._lock:
            if self._installs is not None:
                return HTTPStatus.GONE, _page("Done already", "<p>The App is kept; this address works once.</p>")
            try:
                self._installs = self._keep(code)
            except (UserError, TransientError) as error:
                return HTTPStatus.BAD_GATEWAY, _page("That did not work", f"<pre>{escape(str(error))}</pre>")
        installs = escape(self._installs)
        return HTTPStatus.OK, _page(
            "The App is ready", f'<p>Now <a href="{installs}">install it</a> where you plan.</p>'
        )

    def finished(self) -> None:
        """The answer has been sent: nobody has to wait any longer."""
        if self._installs is not None:
            self._finished.set()


def _page(title: str, inside: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{title} · phasebot</title><main><h1>{title}</h1>{inside}</main></html>"
    )


def _handler(page: SetupPage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, html = page.answer(self.path, self.headers.get("Host", ""))
            body = html.encode()
            self.send_response(status)
            for name, value in {**page.headers(), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            page.finished()

        def log_message(self, *_: object) -> None:
            """A code is in the address: it is written nowhere."""

    return Handler
