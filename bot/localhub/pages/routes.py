"""The pages: repositories, issues, an issue, a file; and the forms by which a signed-in person acts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.localhub.limits import PER_PAGE
from bot.localhub.pages.apps import AppPages
from bot.localhub.pages.oauth import OAuthPages
from bot.localhub.pages.story import Change, told
from bot.localhub.pages.writing import Writing
from bot.localhub.problems import Refused, forbidden, needs_authentication, not_found
from bot.localhub.reading import RepositoryReading
from bot.localhub.values import Comment, Issue, IssueQuery, Role, StoredFile, User
from bot.markup import rendered

if TYPE_CHECKING:
    from bot.localhub.hub import Hub

COOKIE = "localhub_token"
STATIC = {"style.css": "text/css", "avatar.svg": "image/svg+xml"}
REACTION_SIGNS = {
    "+1": "👍", "-1": "👎", "laugh": "😄", "hooray": "🎉", "confused": "😕", "heart": "❤️", "rocket": "🚀", "eyes": "👀",
}  # fmt: skip
SAFETY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # without any, browsers send our own forms with `Origin: null`
    "Cache-Control": "no-store",
}
Handler = Callable[[Request], Awaitable[Response]]


def page_routes(hub: Hub) -> list[Route]:
    pages = Pages(hub)
    oauth = OAuthPages(hub, pages)
    issue, pull = (f"/{{owner}}/{{repo}}/{kind}/{{number:int}}" for kind in ("issues", "pull"))
    return [
        Route("/static/{name}", guarded(pages, pages.static)),
        Route("/sign-in", guarded(pages, pages.sign_in)),
        Route("/sign-out", guarded(pages, pages.sign_out), methods=["POST"]),
        *_app_routes(hub, pages),
        Route("/login/oauth/authorize", guarded(pages, oauth.authorize)),
        Route("/login/oauth/access_token", guarded(pages, oauth.token, from_anywhere=True), methods=["POST"]),
        Route("/{owner}", guarded(pages, pages.repositories)),
        Route("/{owner}/{repo}", guarded(pages, pages.issues)),
        Route("/{owner}/{repo}/issues", guarded(pages, pages.issues)),
        Route("/{owner}/{repo}/issues", guarded(pages, pages.open_issue), methods=["POST"]),
        Route("/{owner}/{repo}/issues/new", guarded(pages, pages.new_issue)),
        Route(issue, guarded(pages, pages.issue)),
        Route(issue, guarded(pages, pages.act), methods=["POST"]),
        Route(pull, guarded(pages, pages.issue)),
        Route(pull, guarded(pages, pages.act), methods=["POST"]),
        Route("/{owner}/{repo}/blob/{branch}/{path:path}", guarded(pages, pages.file)),
    ]


def _app_routes(hub: Hub, pages: Pages) -> list[Route]:
    apps, install = AppPages(hub, pages), "/apps/{slug}/installations/new"
    return [
        route
        for new in ("/settings/apps/new", "/organizations/{org}/settings/apps/new")
        for route in (
            Route(new, guarded(pages, apps.propose, from_anywhere=True), methods=["POST"]),
            Route(f"{new}/confirm", guarded(pages, apps.create), methods=["POST"]),
        )
    ] + [
        Route(install, guarded(pages, apps.choose)),
        Route(install, guarded(pages, apps.install), methods=["POST"]),
    ]


def home(hub: Hub) -> Handler:
    pages = Pages(hub)
    return guarded(pages, pages.repositories)


def guarded(pages: Pages, handler: Callable[[Request], Awaitable[Response]], *, from_anywhere: bool = False) -> Handler:
    """Refusals become a page of their own; every answer carries the headers that keep scripts and frames out.

    `from_anywhere`: other sites may send this form, because nothing is done before another one of ours is sent.
    """

    async def answer(request: Request) -> Response:
        try:
            if request.method == "POST" and not from_anywhere:
                _check_origin(request)
            response = await handler(request)
        except Refused as refusal:
            response = pages.page(request, "problem.html", refusal.status, refusal=refusal)
        response.headers.update({**SAFETY, **response.headers})
        return response

    return answer


def _check_origin(request: Request) -> None:
    """A form is only taken from our own pages."""
    if request.headers.get("origin") != f"http://{request.headers.get('host')}":
        raise forbidden("This form was sent from another site.")


class Pages:
    """Renders what the viewer may see. Nobody is signed in until they follow a sign-in link."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._templates = Environment(
            loader=PackageLoader("bot.localhub.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.globals.update(signs=REACTION_SIGNS)
        self._templates.filters["time"] = lambda moment: moment.strftime("%-d %b %Y, %H:%M UTC")
        self._templates.tests["change"] = lambda item: isinstance(item, Change)

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        html = self._templates.get_template(template).render(viewer=self.viewer(request), request=request, **values)
        return HTMLResponse(html, status)

    def viewer(self, request: Request) -> User | None:
        token = request.cookies.get(COOKIE)
        try:
            return self._hub.people.of_token(token) if token else None
        except Refused:
            return None  # a token of another tracker that had this port

    def _reading(self, request: Request) -> RepositoryReading:
        full_name = f"{request.path_params['owner']}/{request.path_params['repo']}"
        self._hub.repositories.seen_by(full_name, self.viewer(request))
        return self._hub.repository(full_name)

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            raise not_found()
        content = resources.files("bot.localhub.pages").joinpath("static", name).read_bytes()
        return Response(content, media_type=STATIC[name], headers={"Cache-Control": "max-age=3600"})

    async def sign_in(self, request: Request) -> Response:
        """Exchange the token of a sign-in link for a cookie, and go on to a page of ours."""
        token, target = request.query_params.get("token", ""), request.query_params.get("next", "/")
        self._hub.people.of_token(token)
        response = RedirectResponse(f"/{quote(target.lstrip('/'), safe='/#?=&')}", 303)
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        return response

    async def sign_out(self, _request: Request) -> Response:
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE)
        return response

    async def repositories(self, request: Request) -> Response:
        viewer, owner = self.viewer(request), request.path_params.get("owner")
        found = [
            repository
            for repository in self._hub.repositories.all()
            if self._hub.repositories.role(repository, viewer).includes(Role.READ)
            and owner in {None, repository.owner.login}
        ]
        if owner and not found and self._hub.people.find(owner) is None:
            raise not_found()
        return self.page(request, "repositories.html", repositories=found, owner=owner)

    async def issues(self, request: Request) -> Response:
        reading = self._reading(request)
        state, label = request.query_params.get("state", "open"), request.query_params.get("label")
        state = state if state in {"open", "closed"} else "open"
        labels = (label,) if label else ()
        number = int(request.query_params.get("page", "1")) if request.query_params.get("page", "1").isdecimal() else 1
        counts = {
            each: self._hub.rows.count(reading.value, IssueQuery(state=each, labels=labels))
            for each in ("open", "closed")
        }
        last = max(1, -(-counts[state] // PER_PAGE))
        number = min(max(1, number), last)
        query = IssueQuery(state=state, labels=labels)
        found = self._hub.rows.matching(reading.value, query, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        return self.page(
            request,
            "issues.html",
            repository=reading.value,
            issues=found,
            state=state,
            label=label,
            counts=counts,
            number=number,
            last=last,
        )

    async def issue(self, request: Request) -> Response:
        return self._issue_page(request, self._reading(request))

    def _issue_page(self, request: Request, reading: RepositoryReading) -> Response:
        number, path = request.path_params["number"], f"/{reading.value.full_name}/issues"
        issue = reading.issue(number)
        return self.page(
            request,
            "issue.html",
            repository=reading.value,
            issue=issue,
            parent=self._hub.rows.get(issue.parent.id) if issue.parent else None,
            sub_issues=reading.sub_issues(number),
            blocked_by=reading.blocked_by(number),
            blocking=reading.blocking(number),
            story=told(reading.comments(number), reading.timeline(number)),
            markdown=lambda text, boxes=False: rendered(text, path, boxes=boxes),
            may_edit=lambda item: self._may_edit(request, reading, item),
            may_change=self._may_change(request, reading, issue),
            may_merge=self._may_merge(request, reading),
            figures=self._hub.pulls.figures(issue) if issue.pull else None,
        )

    def _may_change(self, request: Request, reading: RepositoryReading, issue: Issue) -> bool:
        viewer = self.viewer(request)
        return viewer is not None and (
            viewer == issue.user or self._hub.repositories.allows(reading.value, viewer, Role.TRIAGE)
        )

    def _may_merge(self, request: Request, reading: RepositoryReading) -> bool:
        viewer = self.viewer(request)
        return viewer is not None and self._hub.repositories.allows(reading.value, viewer, Role.WRITE)

    def _may_edit(self, request: Request, reading: RepositoryReading, item: Issue | Comment) -> bool:
        viewer = self.viewer(request)
        return viewer is not None and (
            viewer == item.user or self._hub.repositories.allows(reading.value, viewer, Role.WRITE)
        )

    async def act(self, request: Request) -> Response:
        """Comment, edit, tick a box, close, reopen or merge, as the person signed in."""
        reading, viewer = self._reading(request), self.viewer(request)
        if viewer is None:
            raise needs_authentication()
        number = request.path_params["number"]
        Writing(self._hub, reading, viewer).act(number, await request.form())
        return RedirectResponse(f"/{reading.value.full_name}/issues/{number}#end", 303)

    async def new_issue(self, request: Request) -> Response:
        reading, viewer = self._reading(request), self.viewer(request)
        writing = Writing(self._hub, reading, viewer or reading.value.owner)
        return self.page(
            request,
            "new_issue.html",
            repository=reading.value,
            forms=writing.forms(),
            form=writing.form(request.query_params.get("template", "")),
            markdown=lambda text: rendered(text, f"/{reading.value.full_name}/issues"),
        )

    async def open_issue(self, request: Request) -> Response:
        reading, viewer = self._reading(request), self.viewer(request)
        if viewer is None:
            raise needs_authentication()
        issue = Writing(self._hub, reading, viewer).opens(await request.form())
        return RedirectResponse(f"/{reading.value.full_name}/issues/{issue.number}", 303)

    async def file(self, request: Request) -> Response:
        reading, path = self._reading(request), request.path_params["path"]
        found = self._hub.files.read(reading.value, path)
        if not isinstance(found, StoredFile):
            raise not_found()
        text = (found.content or b"").decode("utf-8", "replace")
        is_markdown = path.endswith((".md", ".markdown"))
        shown = rendered(text, f"/{reading.value.full_name}/issues") if is_markdown else None
        return self.page(request, "file.html", repository=reading.value, path=path, text=text, shown=shown)
