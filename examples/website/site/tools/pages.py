"""Turn each text into an HTML fragment: headings, lists, paragraphs, links."""

import html
import re
from pathlib import Path


def anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def inline(text: str) -> str:
    return re.sub(r"\[([^]]+)\]\(([^)]+)\)", r'<a href="\2">\1</a>', html.escape(text, quote=False))


def block(text: str) -> str:
    heading = re.match(r"(#+) (.+)", text)
    if heading:
        level = len(heading[1])
        return f'<h{level} id="{anchor(heading[2])}">{inline(heading[2])}</h{level}>'
    if text.startswith("- "):
        return "<ul>" + "".join(f"<li>{inline(line[2:])}</li>" for line in text.splitlines()) + "</ul>"
    return f"<p>{inline(text)}</p>"


for page in sorted(Path("content").glob("*.md")):
    blocks = [block(part) for part in page.read_text().strip().split("\n\n")]
    fragment = Path("build/pages", page.stem + ".html")
    fragment.write_text("\n".join(blocks) + "\n")
    print(f"{page} -> {fragment} ({len(blocks)} blocks)")
