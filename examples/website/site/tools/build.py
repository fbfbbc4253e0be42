"""Put fragments, styles and navigation together."""

import shutil
from pathlib import Path

PAGES = {"index": "Lantern", "guide": "Guide", "changes": "Changes"}
navigation = " · ".join(f'<a href="{name}.html">{title}</a>' for name, title in PAGES.items())

for name, title in PAGES.items():
    fragment = Path("build/pages", f"{name}.html").read_text()
    Path("dist", f"{name}.html").write_text(
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<link rel="stylesheet" href="site.css">\n<nav>{navigation}</nav>\n{fragment}</html>\n'
    )
shutil.copy("build/site.css", "dist/site.css")
Path("dist/sitemap.txt").write_text("".join(f"{name}.html\n" for name in PAGES))
print(f"{len(PAGES)} pages in dist/")
