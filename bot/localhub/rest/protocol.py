"""uvicorn's HTTP protocol with one addition: the application may cut the connection, as a broken network would."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class CuttableProtocol(HttpToolsProtocol):
    """Puts `cut_connection` into the state of every request."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["cut_connection"] = self.transport.abort
