"""Plays a coding agent: reads a prompt, writes a plan and its verdict, and says what it used. `large` is overloaded today."""

import json
import sys
from pathlib import Path

prompt, model = sys.stdin.read(), sys.argv[1]
if model == "large":
    print(json.dumps({"is_error": True, "result": "the model is overloaded", "usage": {"input_tokens": 12}}))
    sys.exit(1)
Path("what-to-do.md").write_text(f"# What to do\n\n{prompt}\n")
Path("plan.json").write_text(json.dumps({"verdict": "passed", "summary": "the plan covers the step"}))
usage = {"input_tokens": 40, "output_tokens": 160}
print(json.dumps({"result": "planned", "usage": usage, "total_cost_usd": 0.01, "modified": True}))
