"""Say whether every file is short enough."""

import json
import os
from pathlib import Path

longest = 20 if os.environ["ANALYSIS_LEVEL"] == "strict" else 200
too_long = [name for name, lines in json.loads(Path("counts.json").read_text()).items() if lines > longest]
verdict = {"verdict": "failed" if too_long else "passed", "summary": ", ".join(too_long) or "all files are short"}
Path("verdict.json").write_text(json.dumps(verdict))
