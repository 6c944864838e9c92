"""The pages and the code name each other rightly: functions, pages, decisions."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source import PACKAGE, ROOT

DOCS = ROOT / "docs"
PLACE = re.compile(r"`((?:gateway|tests)/[\w/]+\.py):([\w.]+)`")
PLACES = sorted({found for page in DOCS.rglob("*.md") for found in PLACE.findall(page.read_text("utf-8"))})
SOURCES = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".tsv")]
# `<event>` in a name stands for any.
PAGE = re.compile(r"\bdocs/[\w<>./-]+[\w>]")
DECISION = re.compile(r"\bADR (\d+)\b")


@pytest.mark.parametrize(("file", "name"), PLACES)
def test_a_function_that_a_page_names_exists(file: str, name: str) -> None:
    assert name in set(_names(ast.parse((ROOT / file).read_text("utf-8"))))


def test_the_walk_names_every_flow() -> None:
    walk = (DOCS / "walk.md").read_text("utf-8")
    flows = [path for path in (PACKAGE / "flows").glob("*.py") if "__call__" in path.read_text("utf-8")]
    assert [path.name for path in flows if f"gateway/flows/{path.name}:" not in walk] == []


def test_every_page_that_the_code_names_exists() -> None:
    named = {(path.name, page) for path in SOURCES for page in PAGE.findall(path.read_text("utf-8"))}
    assert [found for found in sorted(named) if not list(ROOT.glob(re.sub(r"<\w+>", "*", found[1])))] == []


def test_every_decision_that_is_named_is_recorded() -> None:
    texts = [*SOURCES, *DOCS.rglob("*.md"), *(ROOT / "tests").rglob("*.py")]
    named = {int(number) for path in texts for number in DECISION.findall(path.read_text("utf-8"))}
    recorded = [int(path.name[:4]) for path in (DOCS / "adr").glob("*.md")]
    assert named <= set(recorded)
    assert len(recorded) == len(set(recorded))


@pytest.mark.parametrize("path", sorted((DOCS / "adr").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_number_and_its_status(path: Path) -> None:
    title, _, status = path.read_text("utf-8").split("\n")[:3]
    assert title.startswith(f"# ADR {int(path.name[:4])}: ")
    assert status.startswith("Status: ")


def _names(tree: ast.AST, above: str = "") -> Iterator[str]:
    """Functions, classes, methods (`Class.method`) and constants of a module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"{above}{node.name}"
            yield from _names(node, f"{above}{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (f"{above}{target.id}" for target in targets if isinstance(target, ast.Name))
