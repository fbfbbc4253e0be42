"""A stand-in for an image toolbox: photos are text files, and a thumbnail is their first line."""

import sys
from pathlib import Path

order, *paths = sys.argv[1:]
if order == "index":
    names = sorted(path.stem for path in Path("thumbnails").glob("*.txt"))
    Path("index.md").write_text("\n".join(["# Thumbnails", "", *(f"- {name}" for name in names), ""]))
    sys.exit()
photo = Path(paths[0]).read_text()
if "corrupt" in photo:
    sys.exit(f"{paths[0]} is corrupt")
if order == "thumbnail":
    target = Path(paths[1])
    target.parent.mkdir(exist_ok=True)
    target.write_text(photo.splitlines()[0] + "\n")
