"""The gateway's own source, parsed once: what the contracts of the house are checked on."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gateway"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of Python."""

    path: Path

    @property
    def name(self) -> str:
        """Dotted, e.g. `gateway.mapping.task`; a package is named without `__init__`."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def lines(self) -> int:
        return self.path.read_text("utf-8").count("\n")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text("utf-8"))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Everything imported, to the last known name: `from a import b` is `a.b`."""
        return tuple(name for node in ast.walk(self.tree) for name in _imported(node))

    @cached_property
    def strings(self) -> tuple[tuple[int, str], ...]:
        """Every string literal with its line; docstrings are not literals."""
        documented = {id(doc) for node in ast.walk(self.tree) for doc in _docstrings(node)}
        return tuple(
            (node.lineno, node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented
        )

    def at(self, node: ast.AST) -> str:
        """`gateway/mapping/task.py:12`, for a message that an editor can follow."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the gateway."""
    return tuple(Module(path) for path in sorted(PACKAGE.rglob("*.py")))


def within(module: str, rooms: Iterable[str]) -> bool:
    """Whether a dotted name is one of the rooms or lies in one."""
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.module and not node.level, "imports are absolute"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _docstrings(node: ast.AST) -> Iterator[ast.expr]:
    """The docstring of a module, class or function, and those that stand below a field."""
    if isinstance(node, ast.Module | ast.ClassDef | Function):
        yield from (line.value for line in node.body if isinstance(line, ast.Expr))
