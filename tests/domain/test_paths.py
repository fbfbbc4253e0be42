"""When the paths of two phases mean the same file."""

from __future__ import annotations

import pytest

from services.domain.paths import shared_path


@pytest.mark.parametrize(
    ("ours", "theirs", "shared"),
    [
        ("a.py", "b.py", None),
        ("b.py a.py", "a.py", "a.py"),
        ("./a.py", "a.py", "./a.py"),
        ("src/", "src/a.py", "src/"),
        ("src/a.py", "src", "src/a.py"),
        ("src/a.py", "src/a.pyi", None),
        ("", "a.py", None),
    ],
)
def test_a_file_is_shared_by_name_or_by_folder(ours: str, theirs: str, shared: str | None) -> None:
    assert shared_path(ours.split(), theirs.split()) == shared
