"""The documents a phase refers to: found in every spelling, and never outside the repository."""

from __future__ import annotations

import pytest

from services.planning.documents import Reference, external_docs, references, refused_docs


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("See [the spec](docs/spec.md#goals) and [more](<notes.md>).", ("docs/spec.md", "notes.md")),
        ("See `plan.md`, `docs/a/b.markdown`.", ("plan.md", "docs/a/b.markdown")),
        (
            "As told in research.md, data-model.md and contracts/api.md.",
            ("research.md", "data-model.md", "contracts/api.md"),
        ),
        ("twice: plan.md and ./plan.md", ("plan.md",)),
        ("[空](要件定義.md)", ("要件定義.md",)),
        ("[escaped](my%20plan.md)", ("my plan.md",)),
        ("https://example.org/readme.md and www.example.org", ()),
        ("src/main.py is no document; neither is .md", ()),
        ("", ()),
    ],
)
def test_documents_are_found_in_the_order_of_their_mention(content: str, found: tuple[str, ...]) -> None:
    assert external_docs(references(content)) == found


@pytest.mark.parametrize(
    "path", ["../secret.md", "/etc/secret.md", "~/secret.md", "docs/../../secret.md", "..\\secret.md", "C:/secret.md"]
)
def test_a_path_that_leaves_the_repository_is_refused(path: str) -> None:
    found = references(f"first line\nsee `{path}` and [it]({path})")

    assert external_docs(found) == ()
    assert refused_docs(found) == (Reference(2, 6, path),)
