"""Build one part; with a file `broken` that names it, break."""

import sys
from pathlib import Path

part = sys.argv[1]
if Path("broken").exists() and Path("broken").read_text().strip() == part:
    sys.exit(f"the {part} cannot be built")
Path(f"{part}.done").write_text("done\n")
