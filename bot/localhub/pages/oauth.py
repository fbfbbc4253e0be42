"""Where people agree to sign in elsewhere, and where the program they agreed to fetches its token."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.localhub.oauth import Unverified
from bot.localhub.problems import needs_authentication, not_found

if TYPE_CHECKING:
    from bot.localhub.hub import Hub
    from bot.localhub.pages.routes import Pages


class OAuthPages:
    """People who are signed in agree at once, as on GitHub from the second time on."""

    def __init__(self, hub: Hub, pages: Pages) -> None:
        self._hub = hub
        self._pages = pages

    async def authorize(self, request: Request) -> Response:
        query = request.query_params
        client = self._hub.oauth.client(query.get("client_id", ""))
        target = query.get("redirect_uri", client.callback if client else "")
        if client is None or not target.startswith(client.callback):
            raise not_found()
        viewer = self._pages.viewer(request)
        if viewer is None:
            raise needs_authentication()
        code = self._hub.oauth.authorize(client, viewer.login, target, query.get("code_challenge", ""))
        answer = urlencode({"code": code, "state": query.get("state", "")})
        return RedirectResponse(f"{target}?{answer}", 302)

    async def token(self, request: Request) -> Response:
        """Fetched by a program, which has no page that it could come from."""
        form = await request.form()
        given = {name: str(value) for name, value in form.items()}
        try:
            token = self._hub.oauth.exchange(
                given.get("client_id", ""),
                given.get("client_secret", ""),
                given.get("code", ""),
                given.get("redirect_uri", ""),
                given.get("code_verifier", ""),
            )
        except Unverified as error:
            return JSONResponse({"error": error.word, "error_description": "The code or the client is not valid."})
        return JSONResponse({"access_token": token, "token_type": "bearer", "scope": ""})
