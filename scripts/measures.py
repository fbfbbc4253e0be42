"""A report of the measures of the house style: lengths of functions and files, parameters, docstrings, tests to code.

It prints and never fails: the figures are to be argued with, not gamed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
CODE = ("services", "bot", "migrations", "scripts")
LONG_FUNCTION, LONG_FILE, MANY_PARAMETERS = 40, 300, 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file, read and parsed."""

    path: Path
    lines: int
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def place(self, node: Function) -> str:
        return f"{self.path.relative_to(ROOT)}:{node.lineno} {node.name}"


def read(folders: tuple[str, ...]) -> list[Source]:
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    texts = [(path, path.read_text(encoding="utf-8")) for path in paths]
    return [Source(path, len(text.splitlines()), ast.parse(text)) for path, text in texts]


def length(node: Function) -> int:
    """Lines from `def` to the end, the docstring left out."""
    doc = node.body[0] if ast.get_docstring(node) else None
    return (node.end_lineno or node.lineno) - node.lineno + 1 - ((doc.end_lineno or 0) - doc.lineno + 1 if doc else 0)


def parameters(node: Function) -> int:
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def report(code: list[Source], tests: list[Source]) -> Iterator[str]:
    functions = [(source, node) for source in code for node in source.functions()]
    lengths = [length(node) for _, node in functions]
    lines, test_lines = sum(source.lines for source in code), sum(source.lines for source in tests)
    yield f"code   {lines:6} lines in {len(code)} files, tests {test_lines} in {len(tests)}: {test_lines / lines:.2f} a line"
    yield f"functions  median {median(lengths):.0f}, p90 {quantiles(lengths, n=10)[-1]:.0f}, longest {max(lengths)} lines"
    yield f"files      median {median(source.lines for source in code):.0f}, longest {max(s.lines for s in code)} lines"
    yield from (f"  long function  {s.place(f)}: {length(f)}" for s, f in functions if length(f) > LONG_FUNCTION)
    yield from (f"  long file      {s.path.relative_to(ROOT)}: {s.lines}" for s in code if s.lines > LONG_FILE)
    yield from (
        f"  parameters     {s.place(f)}: {parameters(f)}" for s, f in functions if parameters(f) > MANY_PARAMETERS
    )
    yield from (
        f"  no docstring   {s.path.relative_to(ROOT)}" for s in code if s.lines and not ast.get_docstring(s.tree)
    )


if __name__ == "__main__":
    print("\n".join(report(read(CODE), read(("tests", "benchmarks")))))
