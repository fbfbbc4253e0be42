"""Stands for opening a pull request."""

from pathlib import Path

Path("pull-request.md").write_text("Open a protocol\n")
