"""Write the release note."""

import argparse
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--title", required=True)
title = parser.parse_args().title
pages = Path("dist/sitemap.txt").read_text().split()
checksum = Path("dist/site.zip.sha256").read_text().split()[0]
Path("dist/RELEASE.md").write_text(
    f"# {title}\n\nPages: {', '.join(pages)}\n\nVerify the archive: `sha256sum -c site.zip.sha256` ({checksum[:12]}…)\n"
)
print("dist/RELEASE.md written")
