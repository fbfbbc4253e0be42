"""Write the stylesheet from the palette."""

import json
from pathlib import Path

palette = json.loads(Path("content/palette.json").read_text())


def variables(scheme: str) -> str:
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in palette[scheme].items()) + " }"


Path("build/site.css").write_text(
    f"""{variables("light")}
@media (prefers-color-scheme: dark) {{ {variables("dark")} }}
body {{ background: var(--page); color: var(--text); font: 1.1rem/1.6 Georgia, serif; max-width: 36rem; margin: 3rem auto }}
a {{ color: var(--link) }}
"""
)
print("build/site.css written, light and dark")
