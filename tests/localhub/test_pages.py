"""The pages for people: what they show, what they never show, and the forms by which a person acts."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from bot.localhub import Hub, HubServer
from bot.markup import rendered
from services.planning.issue_text import FORM_LABEL

from .conftest import REPO, Clients
from .receiver import Receiver

ISSUE = f"/{REPO}/issues/1"


@pytest.fixture
def browser(clients: Clients, server: HubServer) -> httpx.Client:
    """Somebody who is not signed in."""
    browser = clients.http(None, Accept="text/html,*/*")
    browser.follow_redirects = True
    return browser


@pytest.fixture
def ada(browser: httpx.Client, server: HubServer) -> httpx.Client:
    assert browser.get(server.sign_in_url("ada")).status_code == 200
    return browser


def post(browser: httpx.Client, server: HubServer, **fields: str) -> httpx.Response:
    return browser.post(ISSUE, data=fields, headers={"Origin": server.url})


def test_the_root_is_a_page_for_browsers_and_links_for_programs(browser: httpx.Client) -> None:
    assert REPO in browser.get("/").text
    assert browser.get("/", headers={"Accept": "application/json"}).json()["rate_limit_url"]


def test_private_repositories_are_shown_to_their_people_only(
    browser: httpx.Client, server: HubServer, hub: Hub
) -> None:
    hub.create_repository("acme/secret", private=True)
    hub.add_collaborator("acme/secret", "ada", "admin")
    assert "acme/secret" not in browser.get("/").text
    assert browser.get("/acme/secret/issues").status_code == 404

    browser.get(server.sign_in_url("ada"))
    assert "acme/secret" in browser.get("/").text
    assert browser.get("/acme/secret/issues").status_code == 200


def test_issues_are_filtered_by_state_and_label_and_paged(browser: httpx.Client, hub: Hub) -> None:
    for n in range(31):
        hub.create_issue(REPO, "ada", f"Work {n}", labels=("plan",) if n == 0 else ())
    hub.close_issue(REPO, 31, "ada")

    first, labelled = browser.get(f"/{REPO}"), browser.get(f"/{REPO}/issues?label=plan")
    assert "Work 29" in first.text
    assert "Work 30" not in first.text
    assert "Work 30" in browser.get(f"/{REPO}/issues?state=closed").text
    assert ("Work 0" in labelled.text, "Work 1<" in labelled.text) == (True, False)

    for n in range(3):
        hub.create_issue(REPO, "ada", f"More {n}")
    assert "Page 1 of 2" in browser.get(f"/{REPO}/issues").text
    assert "Work 0<" in browser.get(f"/{REPO}/issues?page=2").text


def test_an_issue_page_tells_the_whole_story(browser: httpx.Client, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Parent", "All of **it**", labels=("plan",), assignees=("wes",))
    for title in ("First", "Second"):
        hub.create_issue(REPO, "ada", title, parent_issue_id=hub.repository(REPO).issue(1).id)
    hub.add_blocked_by(REPO, 3, "ada", hub.repository(REPO).issue(2).id)
    hub.reactions.add(hub.comment(REPO, 1, "bob", "Looks *good*"), hub.people.named("ada"), "eyes")
    hub.close_issue(REPO, 2, "tia", "not_planned")

    parent, first, second = (browser.get(f"/{REPO}/issues/{n}").text for n in (1, 2, 3))
    for piece in ("All of <strong>it</strong>", "plan", "wes", "1 of 2 done", "Looks <em>good</em>", "👀 1"):
        assert piece in parent
    assert "made this a sub-issue of #1 Parent" in first
    assert "closed this as not planned" in first
    assert ("Blocked by" in second, "Blocking" in first, "Part of" in second) == (True, True, True)


def test_the_story_keeps_the_order_of_what_happened_within_a_second(browser: httpx.Client, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Work", labels=("plan",))
    hub.comment(REPO, 1, "ada", "First words")
    hub.close_issue(REPO, 1, "ada")
    hub.comment(REPO, 1, "ada", "Last words")
    hub.delete_comment(REPO, hub.comment(REPO, 1, "ada", "Taken back").id, "ada")

    page = browser.get(ISSUE).text
    told = ["added the label plan", "First words", "closed this as completed", "Last words"]
    assert [page.index(words) for words in told] == sorted(page.index(words) for words in told)
    assert "Taken back" not in page


def test_markers_and_scripts_never_reach_the_page(browser: httpx.Client, hub: Hub) -> None:
    body = "<!-- phasebot:plan=7 -->\nHello <script>alert(1)</script>\n\n```mermaid\ngraph TD; a-->b\n```\n"
    hub.create_issue(REPO, "ada", "<b>Title</b>", body)
    response = browser.get(ISSUE)

    assert "phasebot:plan" not in response.text
    assert "<script" not in response.text
    assert "&lt;b&gt;Title&lt;/b&gt;" in response.text
    assert "graph TD; a--&gt;b" in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[x](javascript:alert(1))", "<p><a>x</a></p>\n"),
        ("<img src=x onerror=alert(1)>", '<a href="x" rel="nofollow noreferrer">x</a>'),
        ("![shot](http://x.example/p)", '<p><a href="http://x.example/p" rel="nofollow noreferrer">shot</a></p>'),
        ("<style>*{}</style>", "*{}"),
        ("</article></main>text", "text"),
        ('<p onclick="x">a</p>', "<p>a</p>"),
        ("<iframe src=//evil>in</iframe>", "in"),
        ("<details><summary>More</summary>\n\nText", "<details><summary>More</summary>\n<p>Text</p>\n</details>"),
        ("see #12, not a#12", '<p>see <a href="/r/issues/12">#12</a>, not a#12</p>\n'),
        ("`#12`", "<p><code>#12</code></p>\n"),
        ("- [x] done", '<ul>\n<li><input type="checkbox" disabled checked aria-label="done">\ndone</li>\n</ul>\n'),
    ],
)  # fmt: skip
def test_markdown_becomes_harmless_html(text: str, html: str) -> None:
    assert rendered(text, "/r/issues").strip() == html.strip()


def test_nobody_acts_without_signing_in(browser: httpx.Client, server: HubServer, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Untouched")
    assert "<textarea" not in browser.get(ISSUE).text
    assert post(browser, server, act="completed").status_code == 401
    assert hub.repository(REPO).issue(1).is_open
    assert browser.get("/sign-in?token=wrong").status_code == 401


def test_a_person_comments_closes_and_reopens(
    ada: httpx.Client, server: HubServer, hub: Hub, receiver: Receiver
) -> None:
    hub.create_issue(REPO, "bob", "Work")
    hub.add_hook(REPO, receiver.url)

    page = post(ada, server, body="/phase complete", act="comment")
    assert "/phase complete" in page.text
    post(ada, server, body="Not now", act="not_planned")
    assert hub.repository(REPO).issue(1).state_reason == "not_planned"
    post(ada, server, act="reopen")
    post(ada, server, act="completed")

    issue = hub.repository(REPO).issue(1)
    assert (issue.state_reason, issue.closed_by) == ("completed", hub.people.named("ada"))
    assert [comment.body for comment in hub.repository(REPO).comments(1)] == ["/phase complete", "Not now"]
    hub.drain_deliveries()
    assert receiver.events == [
        "issue_comment.created",
        "issue_comment.created",
        "issues.closed",
        "issues.reopened",
        "issues.closed",
    ]


def test_a_reader_may_comment_but_not_close(browser: httpx.Client, server: HubServer, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Hers")
    browser.get(server.sign_in_url("bob"))
    assert "Close as completed" not in browser.get(ISSUE).text
    assert post(browser, server, body="Hello", act="completed").status_code == 403
    assert hub.repository(REPO).comments(1) == ()
    assert post(browser, server, body="Hello", act="comment").status_code == 200


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_form_from_another_site_is_refused(origin: str | None, ada: httpx.Client, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Untouched")
    headers = {"Origin": origin} if origin else {}
    assert ada.post(ISSUE, data={"act": "completed"}, headers=headers).status_code == 403
    assert hub.repository(REPO).issue(1).is_open


def test_browsers_are_let_say_that_a_form_is_ours(browser: httpx.Client) -> None:
    assert browser.get("/").headers["referrer-policy"] == "same-origin"  # without it they send `Origin: null`


def test_signing_in_never_leads_to_another_site(browser: httpx.Client, server: HubServer) -> None:
    browser.follow_redirects = False
    for target in ("//evil.example/x", "https://evil.example", "/\\evil.example"):
        location = browser.get(server.sign_in_url("ada", target)).headers["location"]
        assert httpx.URL(server.url).join(location).host == "127.0.0.1"


def test_signing_out_ends_it(ada: httpx.Client, server: HubServer, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Work")
    assert "Comment as ada" in ada.get(ISSUE).text
    ada.post("/sign-out", headers={"Origin": server.url})
    assert "Comment as" not in ada.get(ISSUE).text


def test_a_file_is_shown(browser: httpx.Client, hub: Hub) -> None:
    hub.put_file(REPO, "plans/site.md", "# The *plan*")
    hub.put_file(REPO, "run.sh", "echo <hi>")
    assert "<h1>The <em>plan</em></h1>" in browser.get(f"/{REPO}/blob/main/plans/site.md").text
    assert "echo &lt;hi&gt;" in browser.get(f"/{REPO}/blob/main/run.sh").text


@pytest.mark.parametrize("path", ["/nobody", "/acme/none/issues", f"/{REPO}/issues/99", "/static/none.js", "/a/b/c/d"])
def test_what_is_not_there_is_a_404(path: str, browser: httpx.Client) -> None:
    assert browser.get(path).status_code == 404


def test_the_stylesheet_and_the_icon_are_served(browser: httpx.Client) -> None:
    assert browser.get("/static/style.css").headers["content-type"].startswith("text/css")
    assert browser.get("/static/avatar.svg").headers["content-type"].startswith("image/svg+xml")


# ---------------------------------------------------------------- writing

TASKS = "Ünits\n\n- [ ] `/phase retry` again\n- [x] `/phase skip` it\n\n```\n- [ ] no box\n```\n"


def test_a_box_of_the_bots_comment_is_ticked_in_a_browser(
    ada: httpx.Client, server: HubServer, hub: Hub, receiver: Receiver
) -> None:
    hub.create_issue(REPO, "ada", "Work")
    comment = hub.comment(REPO, 1, "phasebot[bot]", TASKS)
    hub.add_hook(REPO, receiver.url)
    assert ada.get(ISSUE).text.count('role="checkbox"') == 2

    page = post(ada, server, comment=str(comment.id), box="0")

    assert page.text.count('aria-checked="true"') == 2
    (after,) = hub.repository(REPO).comments(1)
    assert after.body == TASKS.replace("[ ] `/phase retry`", "[x] `/phase retry`")
    hub.drain_deliveries()
    (told,) = receiver.received
    assert told.payload["changes"]["body"]["from"] == TASKS
    assert post(ada, server, comment=str(comment.id), box="2").status_code == 404


def test_a_reader_ticks_no_box(browser: httpx.Client, server: HubServer, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Work")
    comment = hub.comment(REPO, 1, "phasebot[bot]", TASKS)
    browser.get(server.sign_in_url("bob"))
    assert 'role="checkbox"' not in browser.get(ISSUE).text
    assert post(browser, server, comment=str(comment.id), box="0").status_code == 403


def test_text_and_comments_are_edited_in_a_browser(ada: httpx.Client, server: HubServer, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Work", "old")
    comment = hub.comment(REPO, 1, "ada", "old")
    post(ada, server, act="edit", title="Better work", body="new")
    post(ada, server, act="edit", comment=str(comment.id), body="newer")
    issue = hub.repository(REPO).issue(1)
    assert (issue.title, issue.body) == ("Better work", "new")
    assert hub.repository(REPO).comments(1)[0].body == "newer"


def test_an_issue_is_opened_in_a_browser(ada: httpx.Client, server: HubServer, hub: Hub) -> None:
    fields = {"title": "A plan", "body": "## Phase 1: A", "labels": "phasebot-plan, other"}
    page = ada.post(f"/{REPO}/issues", data=fields, headers={"Origin": server.url})
    assert "A plan" in page.text
    assert {label.name for label in hub.repository(REPO).issue(1).labels} == {"phasebot-plan", "other"}


def test_a_form_asks_and_its_answers_become_the_text(ada: httpx.Client, server: HubServer, hub: Hub) -> None:
    form = Path(__file__).parents[2] / ".github/ISSUE_TEMPLATE/phasebot-plan.yml"
    hub.put_file(REPO, ".github/ISSUE_TEMPLATE/phasebot-plan.yml", form.read_text())
    page = ada.get(f"/{REPO}/issues/new?template=phasebot-plan.yml")
    assert f'<label for="field-plan">{FORM_LABEL}</label>' in page.text
    fields = {"title": "Site", "template": "phasebot-plan.yml", "field-plan": "## Phase 1: A\r\n\r\nDo it."}
    ada.post(f"/{REPO}/issues", data=fields, headers={"Origin": server.url})
    issue = hub.repository(REPO).issue(1)
    assert issue.body == f"### Why\n\n_No response_\n\n### {FORM_LABEL}\n\n## Phase 1: A\n\nDo it."
    assert [label.name for label in issue.labels] == ["phasebot-plan"]
