"""Make the folders, and refuse texts without a title."""

import sys
from pathlib import Path

for folder in ("build/pages", "dist"):
    Path(folder).mkdir(parents=True, exist_ok=True)

untitled = [page.name for page in Path("content").glob("*.md") if not page.read_text().startswith("# ")]
if untitled:
    sys.exit(f"no title in: {', '.join(untitled)}")
print("folders made, every page has a title")
