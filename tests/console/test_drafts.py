"""Handing plans in: what the preview says, what can be edited in it, and what publishing makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bot.bootstrap import Phasebot
from bot.intake import Accepted, Submission
from bot.store.drafts import KEPT_FOR, StoredDraft
from bot.store.policies import KeptPolicy
from services.domain.access import Role
from services.domain.errors import TransientError

from .conftest import HTML, PLAN, Reader, text_of

PROJECT = "acme/site"


def hand_in(reader: Reader, text: str = PLAN, **more: Any) -> str:
    """The draft that it became."""
    reader.open("/new")
    reader.send("/new", text=text, project=PROJECT, **more)
    return reader.path


def publish(reader: Reader, draft: str) -> str:
    reader.send(draft, do="publish")
    return reader.html


def test_a_pasted_plan_is_previewed_and_published(operator: Reader) -> None:
    draft = hand_in(operator)
    for words in ("3 phases", "for acme/site", "1 Setup", "2 Pages", "3 Release", "Make folders"):
        assert words in operator.text, words
    assert operator.html.count('class="node ') == 3

    publish(operator, draft)

    assert "Site is on its way" in operator.text
    assert "1: Setup" in operator.text
    assert "running" in operator.text


def test_nothing_happens_before_it_is_confirmed(operator: Reader, api: httpx.Client) -> None:
    hand_in(operator)

    assert api.get("/api/plans").json()["plans"] == []


def test_confirming_twice_makes_one_plan(operator: Reader, api: httpx.Client) -> None:
    draft = hand_in(operator)
    publish(operator, draft)
    operator.open("/new")

    publish(operator, draft)

    assert "Site is on its way" in operator.text
    assert len(api.get("/api/plans").json()["plans"]) == 1


def test_a_request_in_words_becomes_a_single_phase(operator: Reader) -> None:
    draft = hand_in(operator, "Please mend the link in the footer.")
    assert "becomes a single one" in operator.text

    publish(operator, draft)
    assert "Please mend the link in the footer. is on its way" in operator.text


def test_several_files_become_several_drafts(operator: Reader) -> None:
    files = [("files", (f"{name}.md", PLAN.replace("# Site", f"# {name}"))) for name in ("One", "Two")]
    operator.open("/new")
    operator.send("/new", files=files, project=PROJECT)

    assert operator.path == "/drafts"
    assert "One" in operator.text
    assert "Two" in operator.text


def publishes_all(reader: Reader) -> dict[str, Any]:
    """The fields of the form on the page that is open."""
    drafts = re.findall(r'name="draft" value="(\w+)"', reader.html)
    return {"draft": drafts, **dict(re.findall(r'name="(policy:\w+)" value="(\w*)"', reader.html))}


def test_several_files_are_published_at_once_and_one_that_is_wrong_waits(
    operator: Reader, api: httpx.Client, phasebot: Phasebot
) -> None:
    operator.open("/new")
    texts = (PLAN, PLAN.replace("# Site", "# Shop"), PLAN.replace("Write the pages.", "Depends on Phase 9."))
    files = [("files", (f"{n}.md", text.encode())) for n, text in enumerate(texts)]
    operator.send("/new", files=files, project="acme/site")
    assert "3 documents were read" in operator.text
    assert "Publish 2 of 3" in operator.text
    assert "1 of them cannot be published yet" in operator.text

    fields: Any = publishes_all(operator)
    with ThreadPoolExecutor(2) as pool:  # a double click
        sent = {"csrf": operator.csrf, **fields}
        answers = list(pool.map(lambda _: operator.http.post("/drafts", data=sent, headers=HTML), range(2)))

    for answer in answers:
        assert "2 of 3 drafts published" in text_of(answer.text)
        assert answer.text.count('href="/plans/') == 2
        assert "see the findings" in answer.text
    assert sorted(one["title"] for one in api.get("/api/plans").json()["plans"]) == ["Shop", "Site"]
    assert len(phasebot.store.drafts.open(phasebot.clock.now())) == 1
    operator.open("/drafts")
    assert 'name="draft"' not in operator.html


def test_a_draft_that_fails_or_is_gone_keeps_no_other_from_being_published(
    operator: Reader, phasebot: Phasebot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("One", "Two", "Three"):
        hand_in(operator, PLAN.replace("# Site", f"# {title}"))
    operator.open("/drafts")
    assert "Publish all 3" in operator.text
    fields: Any = publishes_all(operator)
    phasebot.store.drafts.drop(fields["draft"][0])
    submit = phasebot.intake.submit

    def unlucky(submission: Submission) -> Accepted:
        if submission.draft.title == "Two":
            raise TransientError("the database is busy")
        return submit(submission)

    monkeypatch.setattr(phasebot.intake, "submit", unlucky)
    operator.send("/drafts", **fields)

    assert "1 of 3 drafts published" in operator.text
    assert "There is no draft" in operator.text
    assert "The database is busy. It is kept as it was." in operator.text
    assert [one.document.splitlines()[0] for one in phasebot.store.drafts.open(phasebot.clock.now())] == ["# Two"]


def test_only_operators_publish_all(operator: Reader, reader: Callable[..., Reader]) -> None:
    paths = [hand_in(operator, PLAN.replace("# Site", f"# {title}")) for title in ("One", "Two")]
    viewer = reader(Role.VIEWER, "acme/site")
    assert 'name="draft"' not in viewer.open("/drafts")
    fields: Any = {"draft": [path.removeprefix("/drafts/") for path in paths]}
    viewer.send("/drafts", 403, **fields)
    other = reader(Role.OPERATOR, "acme/other")
    other.open("/drafts")
    other.send("/drafts", **fields)
    assert "0 of 2 drafts published" in other.text
    assert "One" not in other.text


def test_findings_stand_beside_their_lines(operator: Reader) -> None:
    hand_in(operator, PLAN.replace("Write the pages.", "Depends on Phase 9."))

    assert "unknown_reference" in operator.text
    assert "Depends on Phase 9." in operator.html.split('class="at here"')[1].split("</span></pre>")[0]
    assert "The errors above have to be mended first" in operator.text
    assert "disabled" in operator.html.split('value="publish"')[1][:40]


def test_the_text_is_mended_in_place(operator: Reader) -> None:
    draft = hand_in(operator, PLAN.replace("Write the pages.", "Depends on Phase 9."))

    operator.send(draft, do="text", document=PLAN)

    assert "The text was read again." in operator.text
    assert "unknown_reference" not in operator.text
    assert "Site is on its way" in publish(operator, draft)


def test_order_needs_executor_and_on_error_are_edited_without_the_file(operator: Reader, api: httpx.Client) -> None:
    draft = hand_in(operator)
    keys = [part.split('"')[0] for part in operator.html.split('name="needs:')[1:]]
    operator.send(draft, do=f"up:{keys[2]}")
    assert operator.text.index("2 Release") < operator.text.index("3 Pages")

    edits: dict[str, Any] = {f"needs:{keys[1]}": "1", f"executor:{keys[1]}": "local", f"on_error:{keys[1]}": "fail"}
    operator.send(draft, 200, do="publish", **edits)

    plan = api.get("/api/plans").json()["plans"][0]["id"]
    phases = api.get(f"/api/plans/{plan}").json()["phases"]
    assert [one["phase_data"]["title"] for one in phases] == ["Setup", "Release", "Pages"]
    assert [one["depends_on_phases"] for one in phases] == [[], [1], [1]]
    pages = api.get(f"/api/phases/{phases[2]['queue_id']}").json()
    assert (pages["executor"], pages["on_error"]) == ("local", "fail")


def test_needs_that_name_no_phase_or_lead_in_a_circle_are_told(operator: Reader) -> None:
    draft = hand_in(operator)
    first = operator.html.split('name="needs:')[1].split('"')[0]

    operator.send(draft, 200, **{"do": "save", f"needs:{first}": "9"})
    assert "Setup: there is no phase `9`. Use places from 1 to 3." in operator.text
    operator.send(draft, 200, **{"do": "save", f"needs:{first}": "3"})
    assert "wait for one another" in operator.text
    operator.send(draft, do="publish")
    assert "It cannot be published as it stands" in operator.text


def test_a_policy_counts_and_what_is_wrong_with_it_is_told(operator: Reader) -> None:
    good = "version: 1\nphases:\n  - match: Setup\n    executor: local\n    operations: [{tool: noop}]\n"
    hand_in(operator, files=[("policy", ("p.yml", good))])
    assert "<option selected>local</option>" in operator.html

    hand_in(operator, files=[("policy", ("p.yml", "version: 1\nphasen: []\n"))])
    assert "About the policy" in operator.text
    assert "phasen" in operator.html.split('class="at here"')[1]


def test_the_policy_of_the_repository_counts_and_only_as_it_was_looked_at(
    operator: Reader, phasebot: Phasebot, api: httpx.Client
) -> None:
    policies = phasebot.store.policies
    policies.keep(PROJECT, KeptPolicy("sha", "version: 1\nphases: [{match: Setup, approval: maintainers}]\n", "a" * 40))
    draft = hand_in(operator)
    assert "Rules: .github/phasebot.yml at aaaaaaaaaaaa" in operator.text
    policies.keep(PROJECT, KeptPolicy("sha", "version: 1\n", "b" * 40))
    phasebot.policies.forget(PROJECT)

    operator.send(draft, do="publish", policy="a" * 40)
    assert "The policy of the repository has changed since" in operator.text
    operator.send(draft, do="publish", policy="b" * 40)

    (plan,) = api.get("/api/plans").json()["plans"]
    assert plan["policy"] == {"origin": "repository", "commit": "b" * 40}
    operator.open(f"/plans/{plan['id']}")
    assert "handed in by operator · rules from .github/phasebot.yml at bbbbbbbbbbbb" in operator.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture.md"),
        (b"# A\n\xff\xfe", "picture.md"),
        (b"", "there is nothing in this file"),
        (b"   \n", "there is nothing in this file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_kept(operator: Reader, content: bytes, words: str) -> None:
    operator.open("/new")
    files = [("files", ("good.md", PLAN)), ("files", ("picture.md", content))]
    operator.send("/new", status=422, files=files, project=PROJECT)

    assert words in operator.text
    operator.open("/drafts")
    assert "No drafts" in operator.text


def test_nothing_at_all_and_no_repository_are_told(operator: Reader) -> None:
    operator.open("/new")
    operator.send("/new", status=422, text=" ", project=PROJECT)
    assert "There is nothing to read" in operator.text
    operator.send("/new", status=422, text=PLAN, project="no repository")
    assert "Write it as owner/name." in operator.text
    assert "Lay the ground" in operator.text, "what was typed is still there"


def test_a_form_that_is_too_large_is_refused(operator: Reader) -> None:
    operator.open("/new")
    files = [("files", ("large.md", b"x" * (21 * 1024 * 1024)))]
    operator.send("/new", status=413, files=files, project=PROJECT)

    assert "That is too large" in operator.text


def test_the_same_document_goes_on_with_its_plan_or_becomes_a_new_one(operator: Reader, api: httpx.Client) -> None:
    publish(operator, hand_in(operator, files=[("files", ("site.md", PLAN))], text=""))
    again = hand_in(operator, files=[("files", ("site.md", PLAN))], text="")
    assert "This very document is a plan already" in operator.text

    operator.send(again, do="publish")
    assert len(api.get("/api/plans").json()["plans"]) == 1
    other = hand_in(operator, files=[("files", ("site.md", PLAN))], text="")
    operator.send(other, do="publish", again="yes")
    assert len(api.get("/api/plans").json()["plans"]) == 2


def test_a_plan_is_amended_after_its_changes_were_shown(
    operator: Reader, upload: Callable[..., dict[str, Any]], api: httpx.Client
) -> None:
    plan = upload()["id"]
    operator.open(f"/plans/{plan}/amend")
    new = PLAN.replace("Phase 3: Release", "Phase 3: Launch") + "\n## Phase 4: Party\n\nCake.\n"

    operator.send(f"/plans/{plan}/amend", text=new)
    assert "+ 4: Party" in operator.text
    assert "renamed" in operator.text
    operator.send(operator.path, do="publish")

    assert operator.path == f"/plans/{plan}"
    titles = [one["phase_data"]["title"] for one in api.get(f"/api/plans/{plan}").json()["phases"]]
    assert titles == ["Setup", "Pages", "Launch", "Party"]


def test_drafts_are_discarded_and_expire(operator: Reader, phasebot: Phasebot) -> None:
    draft = hand_in(operator)
    operator.send(draft, do="discard")
    operator.open(draft, 404)

    made = phasebot.clock.now() - KEPT_FOR
    old = StoredDraft(id="old", project=PROJECT, name="a.md", document=PLAN, created_by="ada", created_at=made)
    phasebot.store.drafts.add(old)
    operator.open("/drafts/old", 404)


def test_drafts_of_other_projects_are_not_there(operator: Reader, reader: Callable[..., Reader]) -> None:
    draft = hand_in(operator)
    other = reader(Role.OPERATOR, "acme/other")

    other.open(draft, 404)
    other.open("/new")
    other.send(draft, status=404, do="publish")
    other.send("/new", status=404, text=PLAN, project=PROJECT)


def test_a_viewer_sees_a_draft_and_changes_nothing(operator: Reader, reader: Callable[..., Reader]) -> None:
    draft = hand_in(operator)
    viewer = reader(Role.VIEWER)

    assert 'name="do"' not in viewer.open(draft)
    viewer.send(draft, status=403, do="publish")
    viewer.open("/new", 403)


def test_what_is_handed_in_stays_text(operator: Reader) -> None:
    nasty = "<script>alert(1)</script>"
    hand_in(operator, f"# {nasty}\n\n## Phase 1: {nasty}\n\nDepends on Phase 7. {nasty}\n\n- [ ] {nasty}\n")

    assert "alert(1)" in operator.text
    assert "<script>" not in operator.html


def test_the_sample_is_a_plan_without_findings(operator: Reader) -> None:
    operator.open("/new?sample=1")
    sample = operator.html.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]
    hand_in(operator, sample)

    assert "4 phases" in operator.text
    assert "Findings" not in operator.text


def test_what_waits_in_the_api_waits_here_too(operator: Reader, api: httpx.Client) -> None:
    words = api.post("/api/request", json={"text": "Mend the login.", "project": PROJECT}).json()["preview"]["id"]
    phase = {"number": 1, "title": "Mend", "content": "## It\n\nAll of it."}
    alone = api.post("/api/request", json={"phases": [phase], "project": PROJECT}).json()["preview"]["id"]

    operator.open("/drafts")
    assert "Mend the login." in operator.text
    operator.open(f"/drafts/{alone}")
    assert "Edit the text" not in operator.text  # it was not written as a document

    publish(operator, f"/drafts/{words}")
    publish(operator, f"/drafts/{alone}")

    assert "Mend is on its way" in operator.text
    assert [one["title"] for one in api.get("/api/plans").json()["plans"]] == ["Mend", "Mend the login."]
    assert api.post(f"/api/confirm/{words}").status_code == 409


def test_a_pasted_plan_may_be_as_large_as_a_file_and_no_larger(operator: Reader) -> None:
    large = PLAN + "x" * (5 * 1024 * 1024 - len(PLAN))
    hand_in(operator, large)
    assert "3 phases" in operator.text

    operator.open("/new")
    operator.send("/new", status=422, text=large + "x", project=PROJECT)
    assert "the text: the file has more than the 5,242,880 bytes that a plan may have" in operator.text
    operator.open("/new")
    operator.send("/new", status=422, files={"files": ("site.md", large + "x")}, project=PROJECT)
    assert "site.md: the file has more than the 5,242,880 bytes" in operator.text
