"""Every code that the gateway may say is a row of the catalogue or of the trace, and every row can be said.

A call of `Finding` or `NewEvent` is read for its code. Where the code is a name, whatever was assigned to the name in
its function or module counts; where it is a parameter, the callers within the module are read the same way.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.error_catalogue import CATALOGUE
from gateway.tables import read_table
from tests.source import PACKAGE, Function, Module, modules

TRACE = {row["code"] for row in read_table("gateway", "trace.tsv")}
UNUSED: dict[str, str] = {}
"""Row of the catalogue → why nothing says it yet."""


@dataclass(frozen=True)
class Sayer:
    """A callable that says a code: where the code stands among its arguments, and from which table it is."""

    name: str
    position: int
    known: frozenset[str]
    keyword: str = "code"


SAYERS = (Sayer("Finding", 0, frozenset(CATALOGUE)), Sayer("NewEvent", 2, frozenset(TRACE)))


@pytest.mark.parametrize("sayer", SAYERS, ids=lambda sayer: sayer.name)
def test_every_code_that_is_said_has_its_row(sayer: Sayer) -> None:
    said = [(f"{module.name}: {code}", code) for module in modules() for code in codes_said(module, sayer)]
    assert [place for place, code in said if code not in sayer.known] == []
    assert len(said) > 20


def test_every_row_of_the_catalogue_can_be_said_or_has_a_reason() -> None:
    assert set(CATALOGUE) - _words() == set(UNUSED)


def test_every_row_of_the_trace_can_be_said() -> None:
    assert set(TRACE) - _words() == set()


@pytest.mark.parametrize("table", [("gateway", "error_catalogue.tsv"), ("gateway", "trace.tsv")])
def test_no_code_has_two_rows(table: tuple[str, str]) -> None:
    codes = [row["code"] for row in read_table(*table)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('Finding("a")', {"a"}),
        ('Finding(code="a")', {"a"}),
        ('Finding("a" if f("x") == "y" else "b")', {"a", "b"}),
        ('CODES = {1: "a", "k": "b"}\nFinding(CODES[n])', {"a", "b"}),
        ('def f(n):\n    code = "a"\n    return Finding(code)', {"a"}),
        (
            'def no(path, code):\n    return Finding(code, path)\nno("p", "a")\nno("p", code="b")',
            {"a", "b"},
        ),
        ('def f(codes):\n    return [Finding(c) for c in ("a", "b")]', {"a", "b"}),
    ],
)
def test_the_reader_of_codes_sees_them(tmp_path: Path, source: str, said: set[str]) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, "utf-8")
    assert set(codes_said(Module(path), Sayer("Finding", 0, frozenset()))) == said


def _words() -> set[str]:
    """Every string of the code and every cell of its tables, but those of the catalogue and the trace."""
    said = {text for module in modules() for _, text in module.strings}
    tables = [p for p in PACKAGE.rglob("*.tsv") if p.name not in ("error_catalogue.tsv", "trace.tsv")]
    cells = (cell for path in tables for line in path.read_text("utf-8").splitlines() for cell in line.split("\t"))
    return said | set(cells)


# --- reading codes -----------------------------------------------------------------------------------------------


def codes_said(module: Module, sayer: Sayer) -> set[str]:
    """The codes that a module says by `sayer`, or by a function of its own that passes a parameter on to it."""
    said: set[str] = set()
    seen: set[Sayer] = set()
    todo = [sayer]
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        for call, function in _calls(module.tree, current.name):
            code = _argument(call, current)
            said |= set(_strings_behind(code, function, module.tree)) if code else set()
            todo += [_passing_on(function, code, sayer)] if code and _is_parameter(code, function) else []
    return said


def _calls(tree: ast.AST, name: str, function: Function | None = None) -> Iterator[tuple[ast.Call, Function | None]]:
    """Calls of `name` or `self.name`, each with the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("self.") == name:
            yield node, function
        yield from _calls(node, name, node if isinstance(node, Function) else function)


def _argument(call: ast.Call, sayer: Sayer) -> ast.expr | None:
    named = next((k.value for k in call.keywords if k.arg == sayer.keyword), None)
    plain = [a for a in call.args if not isinstance(a, ast.Starred)]
    return named or (plain[sayer.position] if len(plain) > sayer.position else None)


def _is_parameter(code: ast.expr, function: Function | None) -> bool:
    return function is not None and isinstance(code, ast.Name) and code.id in _parameters(function)


def _passing_on(function: Function | None, code: ast.expr, sayer: Sayer) -> Sayer:
    assert function and isinstance(code, ast.Name)
    return Sayer(function.name, _parameters(function).index(code.id), sayer.known, code.id)


def _parameters(function: Function) -> list[str]:
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in ("self", "cls")] + [
        a.arg for a in function.args.kwonlyargs
    ]


def _strings_behind(code: ast.expr, function: Function | None, tree: ast.Module) -> Iterator[str]:
    """The strings that an expression may be: itself, or what was assigned to the names in it."""
    if isinstance(code, ast.Constant) and isinstance(code.value, str):
        yield code.value
    elif isinstance(code, ast.IfExp):
        yield from (s for branch in (code.body, code.orelse) for s in _strings_behind(branch, function, tree))
    elif isinstance(code, ast.Dict):
        yield from (s for value in code.values for s in _strings_behind(value, function, tree))
    elif isinstance(code, ast.Tuple | ast.List | ast.Set):
        yield from (s for item in code.elts for s in _strings_behind(item, function, tree))
    elif isinstance(code, ast.Subscript | ast.Starred):
        yield from _strings_behind(code.value, function, tree)
    elif isinstance(code, ast.Name) and not _is_parameter(code, function):
        yield from (s for value in _assigned(code.id, function, tree) for s in _strings_behind(value, function, tree))


def _assigned(name: str, function: Function | None, tree: ast.Module) -> list[ast.expr]:
    """What is assigned to a name, or what it runs through, in the function; else at the top of the module."""
    inside = [value for node in ast.walk(function) for value in _given(name, node)] if function else []
    return inside or [value for node in tree.body for value in _given(name, node)]


def _given(name: str, node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            return [value]
        case ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name and value:
            return [value]
        case ast.comprehension(target=ast.Name(id=target), iter=value) if target == name:
            return [value]
    return []
