"""Count the lines of every file."""

import json
from pathlib import Path

counts = {path.name: len(path.read_text().splitlines()) for path in sorted(Path("src").glob("*.py"))}
Path("counts.json").write_text(json.dumps(counts))
print(counts)
