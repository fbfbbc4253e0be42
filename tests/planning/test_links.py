"""A link leads to a file of a repository or to an attachment, or it is said that it leads nowhere."""

from __future__ import annotations

import pytest

from services.planning.links import Attachment, Link, LinkInvalid, RepositoryFile, link_in

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("acme/site:plan.md", RepositoryFile("acme/site", "plan.md")),
        ("acme/site:docs/my plan.md@v1.2", RepositoryFile("acme/site", "docs/my plan.md", "v1.2")),
        ("acme/site:plan.md@feature/x", RepositoryFile("acme/site", "plan.md", "feature/x")),
        (
            f"https://github.com/acme/site/blob/{SHA}/docs/a%20plan.md#L3",
            RepositoryFile("acme/site", "docs/a plan.md", SHA),
        ),
        ("https://github.com/acme/site/raw/main/plan.md", RepositoryFile("acme/site", "plan.md", "main")),
        (
            "https://raw.githubusercontent.com/acme/site/refs/heads/main/plan.md",
            RepositoryFile("acme/site", "plan.md", "main"),
        ),
        (
            " https://github.com/user-attachments/files/12/plan.md ",
            Attachment("https://github.com/user-attachments/files/12/plan.md"),
        ),
        ("https://github.com/acme/site/files/12/plan.md", Attachment("https://github.com/acme/site/files/12/plan.md")),
    ],
)
def test_a_link_is_known_for_what_it_leads_to(text: str, link: Link) -> None:
    assert link_in(text) == link


@pytest.mark.parametrize(
    "text", ["plan.md", "docs/plan.md", "./acme/site:plan.md", "C:\\plan.md", "-", "see https://x.y z"]
)
def test_a_path_or_a_sentence_is_no_link(text: str) -> None:
    assert link_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "http://github.com/acme/site/blob/main/plan.md",
        "https://evil.example/acme/site/blob/main/plan.md",
        "https://github.com@evil.example/acme/site/blob/main/plan.md",
        "https://github.com/acme/site/issues/7",
        "https://github.com/acme/site/blob/main/%2e%2e/%2e%2e/user",
        "acme/site:../other/plan.md",
        "acme/site:/etc/passwd",
        "file:///etc/passwd",
    ],
)
def test_what_leads_to_no_plan_is_said(text: str) -> None:
    with pytest.raises(LinkInvalid):
        link_in(text)


def test_another_server_has_its_own_pages() -> None:
    url = "https://git.example/acme/site/blob/main/plan.md"
    assert link_in(url, host="git.example") == RepositoryFile("acme/site", "plan.md", "main")
    with pytest.raises(LinkInvalid):
        link_in("https://github.com/acme/site/blob/main/plan.md", host="git.example")
