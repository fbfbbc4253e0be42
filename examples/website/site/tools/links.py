"""Follow every link of every page. With --break-on-attempt N, break on that attempt, to show how a retry looks."""

import argparse
import os
import re
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--break-on-attempt", default="")
if parser.parse_args().break_on_attempt == os.environ.get("PHASEBOT_ATTEMPT"):
    sys.exit("the link checker broke, on purpose: this was its first attempt")

pages = {page.name: page.read_text() for page in Path("dist").glob("*.html")}
broken = []
links = [(name, target) for name, text in pages.items() for target in re.findall(r'<a href="([^"]+)"', text)]
for name, target in links:
    page, _, anchor = target.partition("#")
    if page not in pages or (anchor and f'id="{anchor}"' not in pages[page]):
        broken.append(f"{name}: {target}")
if broken:
    sys.exit("broken links:\n  " + "\n  ".join(broken))
print(f"{len(links)} links followed, none broken")
