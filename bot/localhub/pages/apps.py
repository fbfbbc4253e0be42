"""The pages of Apps: a manifest that a site sent is confirmed by a person, who then installs the App."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.localhub.problems import Refused, needs_authentication, not_found
from bot.localhub.rest.apps import parsed_manifest
from bot.localhub.values import Repository, Role, User

if TYPE_CHECKING:
    from bot.localhub.hub import Hub
    from bot.localhub.pages.routes import Pages


class AppPages:
    """What github.com/settings/apps/new and github.com/apps/NAME/installations/new are for."""

    def __init__(self, hub: Hub, pages: Pages) -> None:
        self._hub = hub
        self._pages = pages

    async def propose(self, request: Request) -> Response:
        """A site sent its manifest; nothing is made before the person says so on this page."""
        form = await request.form()
        text, owner = str(form.get("manifest", "")), self._owner(request)
        manifest = parsed_manifest(text)
        state = str(form.get("state") or request.query_params.get("state", ""))
        values: dict[str, Any] = {"manifest": manifest, "text": text, "state": state, "owner": owner.login}
        page = self._pages.page(request, "new_app.html", **values)
        target = urlsplit(str(manifest.get("redirect_url", "")))
        # browsers hold the redirect that follows the form against this policy, too
        allowed = f"form-action 'self' {target.scheme}://{target.netloc}"
        page.headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'self'; img-src 'self'; {allowed}"
        return page

    async def create(self, request: Request) -> Response:
        form = await request.form()
        manifest = parsed_manifest(str(form.get("manifest", "")))
        manifest["name"] = str(form.get("name") or manifest.get("name", ""))
        code = self._hub.apps.register(self._owner(request), manifest)
        back = urlencode({"code": code, "state": str(form.get("state", ""))})
        return RedirectResponse(f"{manifest.get('redirect_url')}?{back}", 302)

    async def choose(self, request: Request) -> Response:
        """The repositories in which the person may install the App."""
        viewer = self._viewer(request)
        app = self._hub.apps.named(request.path_params["slug"])
        return self._pages.page(request, "install_app.html", app=app, repositories=self._administered(viewer))

    async def install(self, request: Request) -> Response:
        viewer, form = self._viewer(request), await request.form()
        app = self._hub.apps.named(request.path_params["slug"])
        wanted = [str(one) for one in form.getlist("repository")]
        chosen = [one for one in self._administered(viewer) if one.full_name in wanted]
        if not chosen:
            raise Refused(422, "Choose at least one repository.")
        for owner in {one.owner for one in chosen}:
            self._hub.apps.install(app, owner, [one for one in chosen if one.owner == owner])
        return RedirectResponse(f"/{chosen[0].full_name}/issues", 303)

    def _administered(self, viewer: User) -> list[Repository]:
        repositories = self._hub.repositories
        return [one for one in repositories.all() if repositories.allows(one, viewer, Role.ADMIN)]

    def _owner(self, request: Request) -> User:
        """The person, or an organization that they name."""
        viewer, name = self._viewer(request), request.path_params.get("org")
        owner = self._hub.people.named(name) if name else viewer
        if owner is not viewer and owner.type != "Organization":
            raise not_found()
        return owner

    def _viewer(self, request: Request) -> User:
        viewer = self._pages.viewer(request)
        if viewer is None:
            raise needs_authentication()
        return viewer
