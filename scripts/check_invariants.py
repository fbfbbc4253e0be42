"""The house rules that a machine can check, on the syntax trees of services/ and bot/. Prints each breach; exits 1 if any.

What the linter knows already is left to it. Exceptions to a rule are listed here, each with its reason.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
CODE = ("services", "bot")
TOOL_RUNNER = "services/execution/tool_runner.py"
NO_TOOLS = {
    "_db": "a database runs statements",
    "_session": "a database session, too",
    "server": "a web server runs until it is told to end",
}
CLOCKS = {
    "bot/clock.py": "the clock",
    "bot/localhub/clock.py": "the clock of the embedded tracker, which stands for another machine's",
}
STATE_SETTERS = {
    ("services/domain/phase.py", "on"): "asks the transition table",
    ("bot/store/plan_rows.py", "_phase"): "loads a stored phase as it was saved",
}
OTHER_TRACKERS = ("bot/localhub/",)  # its states are those of issues
CORE_IMPORTS = {"services", "pydantic", "pydantic_core", "pyromark", "ruamel"}
IMPURE = {"os", "random", "secrets", "shutil", "socket", "sqlite3", "subprocess", "tempfile", "uuid"}
ISLANDS = {"github", "store", "executors", "tools", "localhub"}
NOW = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
REASON = re.compile(r"except[^#]*:\s*#\s*(?:noqa: BLE001 - )?(?!noqa)\S.{9,}|suppress[^#]*#\s*(?!noqa)\S.{9,}")

Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a rule is broken."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Module:
    """One file, parsed. `path` is relative to the repository."""

    path: str
    lines: list[str]
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> Module:
        return cls(path, text.splitlines(), ast.parse(text, path))

    def breach(self, node: ast.expr | ast.stmt | ast.excepthandler, rule: str, message: str) -> Breach:
        return Breach(self.path, node.lineno, rule, message)

    def all(self, kind: type[Node]) -> Iterator[Node]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))

    def imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """Every module that is imported, anywhere in the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                name = "." * node.level + (node.module or "")
                yield from ((node, f"{name}.{alias.name}" if name == "bot" else name) for alias in node.names)


# ---------------------------------------------------------------- tools


def tools_run_in_one_place(module: Module) -> Iterator[Breach]:
    """Tools are run by ToolRunner alone."""
    if module.path == TOOL_RUNNER:
        return
    calls = {id(call.func): call for call in module.all(ast.Call)}
    for attribute in module.all(ast.Attribute):
        if attribute.attr == "run" and _may_be_a_tools(attribute.value, calls.get(id(attribute))):
            yield module.breach(attribute, "tool-run", "a tool is run by ToolRunner only")
    for call in module.all(ast.Call):
        if _called(call) == "getattr" and any(
            isinstance(one, ast.Constant) and one.value == "run" for one in call.args
        ):
            yield module.breach(call, "tool-run", "run is not to be reached by its name")


def _may_be_a_tools(receiver: ast.expr, call: ast.Call | None) -> bool:
    """By its name, or because it is given what tools are given: an input and a context."""
    name = _last_name(receiver).lower()
    if name.endswith("runner") or name == "self" or name in NO_TOOLS:
        return False
    if "tool" in name or not isinstance(receiver, ast.Name | ast.Attribute):
        return True
    if call is None:
        return True  # handed on, to be called out of sight
    named = {keyword.arg for keyword in call.keywords}
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    return len(call.args) > 1 or starred or bool(named & {"given", "context", None})


def runner_counts_in_finally(module: Module) -> Iterator[Breach]:
    """However a run ends, the registry's metrics are updated."""
    if module.path != TOOL_RUNNER:
        return
    runs = [
        one
        for owner in module.all(ast.ClassDef)
        if owner.name == "ToolRunner"
        for one in owner.body
        if isinstance(one, ast.FunctionDef) and one.name == "run"
    ]
    if not any(_is_counted(run) for run in runs):
        yield Breach(module.path, 1, "runner-finally", "ToolRunner.run has to record the run in a `finally`")
    tool_calls = [call for call in module.all(ast.Call) if _called(call) == "run"]
    guarded = {id(call) for run in runs for one in _tries(run) for call in _calls_in(one.body)}
    for call in tool_calls:
        if id(call) not in guarded:
            yield module.breach(call, "runner-finally", "this run is outside the `try` that counts it")


def _is_counted(run: ast.FunctionDef) -> bool:
    return any(_called(call) == "record" for one in _tries(run) for call in _calls_in(one.finalbody))


def _tries(run: ast.FunctionDef) -> Iterator[ast.Try]:
    return (node for node in ast.walk(run) if isinstance(node, ast.Try) and node.finalbody)


def _calls_in(body: list[ast.stmt]) -> Iterator[ast.Call]:
    return (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Call))


# ---------------------------------------------------------------- states


def states_change_by_the_table(module: Module) -> Iterator[Breach]:
    """A phase's state comes from the transition table: `Phase.on` is the only one to set it."""
    if module.path.startswith(OTHER_TRACKERS):
        return
    for function, node in _with_function(module.tree, ""):
        if (module.path, function) not in STATE_SETTERS and _sets_phase_state(node):
            assert isinstance(node, ast.expr | ast.stmt)
            yield module.breach(node, "phase-state", "use Phase.on: a state changes by the transition table")


def _with_function(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node, with the name of the innermost function around it."""
    for child in ast.iter_child_nodes(node):
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield inner, child
        yield from _with_function(child, inner)


def _sets_phase_state(node: ast.AST) -> bool:
    match node:
        case ast.Call():
            return any(keyword.arg == "state" and _is_phases(node, keyword.value) for keyword in node.keywords) or (
                _called(node) in {"setattr", "__setattr__"}
                and any(isinstance(one, ast.Constant) and one.value == "state" for one in node.args)
            )
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target, value=ast.expr()):
            return isinstance(target, ast.Attribute) and target.attr == "state"
        case ast.Dict(keys=keys, values=values):
            return any(
                isinstance(key, ast.Constant) and key.value == "state" and "PhaseState" in _names(value)
                for key, value in zip(keys, values, strict=True)
            )
    return False


def _is_phases(call: ast.Call, value: ast.expr) -> bool:
    """Plans, attempts and pull requests have states too: a `replace` has to show by its names that it is about one of those."""
    if _called(call) == "Phase" or _names(value) & {"PhaseState", "next_state"}:
        return True
    if _called(call) != "replace" or not call.args:
        return False
    subject = _last_name(call.args[0])
    return subject not in {"plan", "attempt", "pull"} and not _names(value) & {"PlanState", "AttemptState", "outcome"}


# ---------------------------------------------------------------- time, imports, exceptions


def time_comes_from_the_clock(module: Module) -> Iterator[Breach]:
    """Nobody else asks the machine what time it is. Monotonic seconds are no time of day."""
    if module.path in CLOCKS:
        return
    for attribute in module.all(ast.Attribute):
        if (_last_name(attribute.value), attribute.attr) in NOW:
            yield module.breach(attribute, "clock", f"take the {attribute.attr} from a Clock")
    for node in module.all(ast.ImportFrom):
        if node.module == "time" and any(alias.name == "time" for alias in node.names):
            yield module.breach(node, "clock", "take the time from a Clock")


def imports_go_one_way(module: Module) -> Iterator[Breach]:
    """The core imports nothing of the shell; the islands of the shell know nothing of each other."""
    island = module.path.split("/")[1].removesuffix(".py") if module.path.startswith("bot/") else ""
    for node, name in module.imports():
        top, *rest = name.split(".")
        if module.path.startswith("services/"):
            yield from _core_breaches(module, node, top)
        elif top == "bot" and rest and island in ISLANDS and rest[0] in ISLANDS - {island}:
            yield module.breach(node, "imports", f"bot.{island} must not know bot.{rest[0]}")
        if not top:
            yield module.breach(node, "imports", "name the package in full")


def _core_breaches(module: Module, node: ast.stmt, top: str) -> Iterator[Breach]:
    if top in IMPURE:
        yield module.breach(node, "imports", f"the core is pure: no {top}")
    elif top and top not in CORE_IMPORTS and top not in sys.stdlib_module_names:
        yield module.breach(node, "imports", f"the core must not know {top}")


def exceptions_are_not_swallowed(module: Module) -> Iterator[Breach]:
    """Whoever catches everything raises again, or says on that line why going on is right."""
    for handler in module.all(ast.ExceptHandler):
        if _catches_all(handler.type) and not _raises(handler) and not _has_reason(module, handler.lineno):
            yield module.breach(handler, "swallowed", "raise again, or say on this line why not")
    for call in module.all(ast.Call):
        if _called(call) == "suppress" and any(map(_catches_all, call.args)) and not _has_reason(module, call.lineno):
            yield module.breach(call, "swallowed", "raise again, or say on this line why not")


def _catches_all(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_catches_all, caught.elts))
    return caught is None or _last_name(caught) in {"Exception", "BaseException"}


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for statement in handler.body for node in ast.walk(statement))


def _has_reason(module: Module, line: int) -> bool:
    return bool(REASON.search(module.lines[line - 1]))


# ---------------------------------------------------------------- reading code


def _called(call: ast.Call) -> str:
    return _last_name(call.func)


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _names(node: ast.expr) -> set[str]:
    return {_last_name(one) for one in ast.walk(node) if isinstance(one, ast.Name | ast.Attribute)}


Rule = Callable[[Module], Iterator[Breach]]
RULES: tuple[Rule, ...] = (
    tools_run_in_one_place,
    runner_counts_in_finally,
    states_change_by_the_table,
    time_comes_from_the_clock,
    imports_go_one_way,
    exceptions_are_not_swallowed,
)


def check(module: Module) -> list[Breach]:
    """Every breach in one file."""
    return sorted((breach for rule in RULES for breach in rule(module)), key=lambda one: one.line)


def check_file(name: str, path: Path) -> list[Breach]:
    """Every breach in the file; that it is no Python is one."""
    try:
        return check(Module.of(name, path.read_text(encoding="utf-8")))
    except SyntaxError as error:
        return [Breach(name, error.lineno or 1, "syntax", error.msg)]


def check_tree(root: Path) -> list[Breach]:
    """Every breach below `root`. A missing ToolRunner is one: without it, its rule would hold in silence."""
    paths = [path for top in CODE for path in sorted((root / top).rglob("*.py"))]
    breaches = [breach for path in paths for breach in check_file(path.relative_to(root).as_posix(), path)]
    if root / TOOL_RUNNER not in paths:
        breaches.append(Breach(TOOL_RUNNER, 1, "runner-finally", "there is no ToolRunner"))
    return breaches


def main() -> int:
    breaches = check_tree(ROOT)
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
