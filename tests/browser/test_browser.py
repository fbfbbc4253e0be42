"""The console in a browser: from handing a plan in to its end, with live news, without scripts, and for everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, FilePayload, Page, StorageState, WebSocketRoute, expect

from services.domain.access import Role
from tests.web.conftest import TOKEN, Bot

from .conftest import signed_in
from .world import DOCS, POLICY, SITE, fifty, ours, take_in, upload

Contexts = Callable[..., BrowserContext]


def file(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def test_a_plan_is_handed_in_previewed_confirmed_and_watched_until_it_is_done(page: Page) -> None:
    page.goto("/new")
    page.locator("#files").set_input_files([file("handbook.md", DOCS)])
    page.get_by_label("Policy").set_input_files([file("phasebot.yml", POLICY)])
    page.get_by_label("Repository").fill(ours("handed"))
    button(page, "Show the preview")

    expect(page.get_by_role("heading", name="Plan for the handbook", exact=True)).to_be_visible()
    expect(page.get_by_text("A parent issue and 2 child issues")).to_be_visible()
    assert page.locator("svg .node").count() == 2
    button(page, "Publish and begin")

    expect(page.get_by_role("heading", name="Plan for the handbook is on its way")).to_be_visible()
    expect(page.locator("#summary .status")).to_have_text("completed")  # by itself, without loading the page again
    expect(page.locator("#children .issue")).to_have_text(["#2", "#3"])
    expect(page.locator("body[data-settled]")).to_be_attached()


def test_a_failure_is_read_mended_and_run_again(page: Page, world: Bot, workspace: Path) -> None:
    plan = upload(world, SITE, policy=POLICY, project="mended")
    page.goto(f"/plans/{plan}")
    row = page.locator("tr", has=page.get_by_role("link", name="2: Build the pages", exact=True))
    expect(row.locator(".status")).to_have_text("failed")

    row.get_by_role("link", name="2: Build the pages").click()
    expect(page.get_by_text("ended with exit code 1").first).to_be_visible()
    expect(page.locator("pre.log")).to_contain_text("No such file")
    (workspace / "templates").mkdir(exist_ok=True)
    (workspace / "templates" / "layout.html").write_text("a layout\n")
    button(page, "Retry")

    expect(page.locator("#summary .status")).to_have_text("completed")
    (workspace / "templates" / "layout.html").unlink()


def test_an_approval_is_given_and_the_rest_marked_done(page: Page, world: Bot) -> None:
    plan = upload(world, "# Plan to ship\n\n## Phase 1: Release it\n\n- [ ] Now\n", policy=POLICY, project="gated")
    page.goto(f"/phases/{plan}.1")
    expect(page.get_by_text("Waits for approval")).to_be_visible()

    button(page, "Approve")
    expect(page.locator("#summary .status")).to_have_text("running")
    page.locator("summary", has_text="Mark done").click()
    button(page, "Mark done")
    expect(page.locator("#summary .status")).to_have_text("completed")


def test_two_browsers_see_the_same_and_a_viewer_only_looks(page: Page, world: Bot, context: Contexts) -> None:
    plan = upload(world, SITE.replace("# Relaunch", "# Shared relaunch"), project="shared")
    token = world.post("/api/tokens", {"name": "looker", "role": Role.VIEWER})["token"]
    viewer = signed_in(context(), token)
    viewer.goto(f"/plans/{plan}")
    expect(viewer.locator("#summary .status")).to_have_text("running")
    assert viewer.locator("main button:visible").get_by_text("Pause").count() == 0

    page.goto(f"/plans/{plan}")
    button(page, "Pause")

    expect(page.locator("#summary .status")).to_have_text("paused")
    expect(viewer.locator("#summary .status")).to_have_text("paused")
    refused = viewer.request.post(f"/plans/{plan}/order", form={"verb": "resume"}, headers={"Origin": world.url})
    assert refused.status == 403


def test_a_tool_is_run_followed_and_ended(page: Page, world: Bot) -> None:
    page.goto("/tools")
    page.get_by_role("link", name="Run command").click()
    page.get_by_label("Arguments").fill('{"run": "echo begun; sleep 600", "shell": true}')
    button(page, "Show what will be run")
    button(page, "Run it")

    expect(page.locator("#summary .status")).to_have_text("running")
    expect(page.locator("pre[data-log]")).to_have_text("begun\n")
    page.locator("summary", has_text="Cancel").click()
    button(page, "Cancel the job")
    expect(page.locator("#summary .status")).to_have_text("cancelled")  # without loading the page again
    expect(page.locator("#events")).to_contain_text("Job cancelled")
    expect(page.locator("body[data-settled]")).to_be_attached()


def test_a_dropped_connection_says_so_and_news_come_all_the_same(page: Page, world: Bot) -> None:
    plan = upload(world, DOCS.replace("# Plan for the handbook", "# Plan to cut off"), project="cut")

    def cut(socket: WebSocketRoute) -> None:
        socket.close()

    page.route_web_socket("**/ws*", cut)
    page.goto(f"/plans/{plan}")
    expect(page.get_by_text("The live connection dropped")).to_be_visible()

    world.post(f"/api/plans/{plan}/pause")
    expect(page.locator("#summary .status")).to_have_text("paused")


def test_everything_but_live_news_works_without_scripts(world: Bot, context: Contexts) -> None:
    page = signed_in(context(java_script_enabled=False), TOKEN)
    page.goto("/new")
    page.get_by_label("Paste a plan").fill("# Quiet\n\n## Phase 1: One\n\nDo.\n\n## Phase 2: Two\n\nDo.\n")
    page.get_by_label("Repository").fill(ours("quiet"))
    button(page, "Show the preview")
    page.get_by_role("button", name="Move Two up").click()
    expect(page.locator("#phase-1")).to_contain_text("Two")
    button(page, "Publish and begin")
    page.get_by_role("link", name="Two", exact=False).first.click()
    page.wait_for_url("**/phases/*")
    phase = page.url.rsplit("/", 1)[1]
    world.wait_until(lambda: world.get(f"/api/phases/{phase}")["status"] == "running")
    page.reload()

    expect(page.locator("#summary time, #attempts time").first).to_contain_text("UTC")
    page.locator("summary", has_text="Skip").last.click()
    button(page, "Skip")
    expect(page.locator("#summary .status")).to_have_text("skipped")


def test_a_large_graph_begins_where_the_plan_does_on_a_phone(
    world: Bot, context: Contexts, session: StorageState
) -> None:
    plan = take_in(world, fifty(), ours("large"))
    page = context(storage_state=session, viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"/plans/{plan}")

    expect(page.locator("svg .node").first).to_be_in_viewport(ratio=0.99)


def test_phases_are_walked_and_searched_by_keyboard(page: Page, world: Bot) -> None:
    upload(world, DOCS.replace("# Plan for the handbook", "# Plan by keyboard"), project="keys")
    page.goto(f"/queue?project={ours('keys')}")
    page.keyboard.press("j")
    expect(page.locator("tbody tr").nth(0).locator("a").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("tbody tr").nth(1).locator("a").first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("links")
    page.keyboard.press("Enter")

    expect(page.locator("tbody tr")).to_have_count(1)


def test_phases_are_ticked_by_keyboard_and_skipped_after_a_question(page: Page, world: Bot) -> None:
    upload(world, DOCS.replace("# Plan for the handbook", "# Plan to skip"), project="ticked")
    page.goto(f"/queue?project={ours('ticked')}")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label("Tick 1: Set up the tools")).to_be_checked()
    page.locator("#bulk summary", has_text="Skip").click()
    page.locator("#bulk .ask").get_by_role("button", name="Skip").click()

    expect(page.get_by_text("Skip: all 1 phases.")).to_be_visible()


def test_a_policy_is_committed_from_its_page_and_found_in_its_history(page: Page, world: Bot) -> None:
    upload(world, DOCS.replace("# Plan for the handbook", "# Plan with rules"), project="ruled")
    page.goto(f"/projects/{ours('ruled')}")
    page.get_by_label("The text").fill("version: 1  # ours\nlimits: {running: 2}\n")
    button(page, "Check it")
    page.get_by_label("Message").fill("Two at once")
    button(page, f"Commit to {ours('ruled')}")
    expect(page.get_by_text("As it is in the repository")).to_be_visible()

    page.get_by_role("link", name="History").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody .what")).to_contain_text("Two at once")
    expect(page.locator(".diff .added").first).to_contain_text("version: 1 # ours")


def test_no_script_that_people_write_ever_runs(page: Page, world: Bot) -> None:
    nasty = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    plan = upload(world, f"# N {nasty}\n\n{nasty}\n\n## Phase 1: {nasty}\n\n{nasty}\n", project="nasty")
    for path in ("/", "/queue", f"/plans/{plan}", f"/phases/{plan}.1", "/activity"):
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
        assert page.title() != "owned", path
        assert page.locator("main script, main img").count() == 0, path


PAGES = (
    *("/", "/queue", "/queue?view=columns", "/plans", "/new?sample=1", "/drafts", "/activity", "/operations"),
    *(
        "/deliveries",
        "/outbox",
        "/workers",
        "/tools",
        "/tools/command/run",
        "/jobs",
        "/projects",
        f"/projects/{ours('axe')}",
        f"/projects/{ours('axe')}/policy/history",
        "/tokens",
        "/start",
        "/plans/nothing",
    ),
)


@pytest.mark.parametrize(
    ("scheme", "rules"),
    [("light", ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]), ("dark", ["color-contrast"])],
)
def test_every_page_is_accessible_and_fits_a_phone(
    world: Bot, context: Contexts, scheme: str, rules: list[str]
) -> None:
    """Nothing but colours differs in the dark."""
    plan = upload(world, SITE, policy=POLICY, project="axe")
    job = world.post("/api/tools/command/execute", {"arguments": {"run": "false"}, "project": ours("axe")})
    draft = world.http.post("/new", data={"text": SITE.replace("Phase 1. In", "Phase 9. In"), "project": ours("axe")})
    page = signed_in(context(color_scheme=scheme, viewport={"width": 360, "height": 740}), TOKEN)
    found = []
    for path in (
        "/sign-in",
        *PAGES,
        f"/plans/{plan}",
        f"/phases/{plan}.2",
        f"/phases/{plan}.2/attempts/1/diff",
        f"/jobs/{job['id']}",
        draft.headers["location"],
    ):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{path} is {width} wide"] if width > 360 else []
        results = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
        found += [
            f"{path}: {one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0].get('failureSummary', '')[:200]}"
            for one in results.response["violations"]
        ]

    assert not found, "\n".join(found)


def test_the_token_is_not_asked_for_again(page: Page) -> None:
    assert TOKEN not in page.content()
    page.goto("/")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
