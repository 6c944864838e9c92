"""The contracts of the house: who may import whom, what is pure, what a file may hold.

The tables are the contract: a new import, library or exception is a line here, with its reason, that a reviewer sees.
"""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

from tests.source import ROOT, Function, Module, modules, within

# --- who may import whom -----------------------------------------------------------------------------------------

EVERYTHING = "*"
"""May know every room but the `adapters`."""
MAY_IMPORT = {
    "gateway": "",
    "gateway.model": "",
    "gateway.tables": "",
    "gateway.errors": "model",
    "gateway.error_catalogue": "model tables",
    "gateway.journal": "model",
    "gateway.ports": "journal model mssante.format",
    "gateway.clock": "model",
    "gateway.config": "errors model",
    "gateway.fhir.profiles": "",
    "gateway.fhir.format": "errors error_catalogue model tables",
    "gateway.fhir.adapters": "fhir.format errors error_catalogue journal model ports",
    "gateway.mssante.format": "errors error_catalogue model tables",
    "gateway.mssante.adapters": "mssante.format errors model ports",
    "gateway.mapping": "fhir.format mssante.format workflow journal errors model tables",
    "gateway.workflow": "journal model",
    "gateway.registry": "errors model ports tables",
    "gateway.flows": "fhir.format mssante.format mapping workflow errors error_catalogue journal model ports",
    "gateway.store": "errors journal model ports",
    "gateway.sandbox": "",
    "gateway.validation": "mssante.format errors model",
    "gateway.documentation": EVERYTHING,
    "gateway.commands": EVERYTHING,
    "gateway.cli": "commands",
    "gateway.app": EVERYTHING + " fhir.adapters mssante.adapters",
}
"""Room → the rooms (below `gateway`) that it may import beside itself. The sandbox knows nothing of ours, so that it
stays a partner whom we did not write ourselves."""

ALSO = {
    ("gateway.registry", "gateway.fhir.format.systems"): "identifiers are named by their FHIR systems (ADR 9)",
    ("gateway.fhir.adapters", "gateway.__version__"): "the CapabilityStatement says it",
    ("gateway.commands.convert", "gateway.mssante.adapters.pdf_renderer"): "renders a PDF without a gateway",
    ("gateway.documentation", "gateway.mssante.adapters.pdf_renderer"): "renders a PDF without a gateway",
}
"""(importing room or module, imported module) → why the table above does not say it."""


def test_every_module_is_in_a_room_of_the_table() -> None:
    homeless = [module.name for module in modules() if module.tree.body and _room(module) == "gateway"]
    assert homeless == ["gateway"]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_of_the_table_exists(room: str) -> None:
    assert any(within(module.name, [room]) for module in modules())


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    forbidden = [
        f"{module.name}: {name}"
        for module in modules()
        if _room(module) == room
        for name in module.imports
        if within(name, ["gateway"]) and not _may_import(module, name)
    ]
    assert forbidden == []


@pytest.mark.parametrize(("importing", "imported"), ALSO)
def test_every_exception_is_still_needed(importing: str, imported: str) -> None:
    assert any(within(name, [imported]) for m in modules() if within(m.name, [importing]) for name in m.imports)


def test_the_gateway_imports_neither_its_judges_nor_its_tests() -> None:
    judges = ["conformance", "reliability", "tests", "benchmarks", "tools"]
    assert [m.name for m in modules() for name in m.imports if within(name, judges)] == []


def test_the_conformance_suite_knows_nothing_of_the_gateway() -> None:
    suite = [Module(path) for path in (ROOT / "conformance").rglob("*.py")]
    assert [m.name for m in suite for name in m.imports if within(name, ["gateway", "tests", "reliability"])] == []


@pytest.mark.parametrize(
    ("file", "imported"),
    [
        ("fhir/format/dates.py", "gateway.mssante.format.times"),
        ("mssante/format/cda.py", "gateway.mapping.result"),
        ("mapping/task.py", "gateway.store.query"),
        ("flows/deliver.py", "gateway.mssante.adapters.smtp.SmtpSender"),
        ("commands/demo.py", "gateway.fhir.adapters.door"),
        ("registry/daily.py", "gateway.fhir.format.bundle"),
        ("sandbox/partners.py", "gateway.model"),
    ],
)
def test_an_import_against_the_table_is_seen(file: str, imported: str) -> None:
    assert not _may_import(Module(ROOT / "gateway" / file), imported)


def _room(module: Module) -> str:
    """The longest row of the table that holds the module."""
    return max((room for room in MAY_IMPORT if within(module.name, [room])), key=len)


def _may_import(module: Module, name: str) -> bool:
    room = _room(module)
    allowed = MAY_IMPORT[room].split()
    rooms = [room, *(f"gateway.{other}" for other in allowed if other != EVERYTHING)]
    rooms += [imported for (importing, imported) in ALSO if within(module.name, [importing])]
    return within(name, rooms if room != "gateway" else []) or (EVERYTHING in allowed and ".adapters" not in name)


# --- what is pure ------------------------------------------------------------------------------------------------

PURE = [
    "gateway.model", "gateway.errors", "gateway.error_catalogue", "gateway.journal", "gateway.ports",
    "gateway.workflow", "gateway.fhir.format", "gateway.mssante.format", "gateway.mapping",
]  # fmt: skip
PURE_LIBRARIES = [
    "gateway", "base64", "binascii", "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "email",
    "enum", "fnmatch", "functools", "hashlib", "html", "io", "itertools", "json", "quopri", "re", "stat", "string",
    "struct", "typing", "unicodedata", "urllib.parse", "uuid", "warnings", "xml.parsers.expat", "zipfile", "zlib",
    "zoneinfo", "fhir", "lxml", "PIL", "pydantic", "pypdf",
]  # fmt: skip
"""None of them reaches a network, a clock, chance or the environment by what the next table leaves of it."""
IMPURE_NAMES = {
    "now", "today", "utcnow", "localtime", "formatdate", "uuid1", "uuid4", "make_msgid", "urandom", "environ", "getenv",
    "urlopen", "parse_file", "message_from_file", "is_zipfile",
}  # fmt: skip
"""Names by which these libraries reach outside after all."""


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_reaches_no_network_file_clock_chance_or_environment(room: str) -> None:
    outside = [
        f"{module.name}: {name}"
        for module in modules()
        if within(module.name, [room])
        for name in (*_impure_imports(module), *_impure_names(module))
    ]
    assert outside == []


@pytest.mark.parametrize(
    "line",
    [
        "import socket",
        "from os import environ",
        "import urllib.request",
        "from datetime import datetime; datetime.now()",
        "from uuid import uuid4",
        "import email.utils; email.utils.make_msgid()",
        "open('x')",
        "from pathlib import Path",
    ],
)
def test_a_way_outside_is_seen(tmp_path: Path, line: str) -> None:
    path = tmp_path / "module.py"
    path.write_text(line, "utf-8")
    module = Module(path)
    assert [*_impure_imports(module), *_impure_names(module)]


def _impure_imports(module: Module) -> list[str]:
    return [name for name in module.imports if not within(name, PURE_LIBRARIES)]


def _impure_names(module: Module) -> list[str]:
    nodes = list(ast.walk(module.tree))
    names = [node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr in IMPURE_NAMES]
    names += [name for name in module.imports if name.rpartition(".")[2] in IMPURE_NAMES]
    opened = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "open"]
    return [*names, *(f"open in line {call.lineno}" for call in opened)]


def test_every_library_of_the_pure_rooms_is_still_used() -> None:
    used = {name for module in modules() if within(module.name, PURE) for name in module.imports}
    assert {library for library in PURE_LIBRARIES if not any(within(name, [library]) for name in used)} == set()


ASYNC_ROOMS = [
    "gateway.flows", "gateway.fhir.adapters", "gateway.mssante.adapters", "gateway.sandbox", "gateway.app",
    "gateway.commands", "gateway.ports",
]  # fmt: skip
"""A pure function is never async. `ports` declares what an adapter does."""


def test_async_functions_live_where_something_is_waited_for() -> None:
    found = [
        module.at(node)
        for module in modules()
        if not within(module.name, ASYNC_ROOMS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await)
    ]
    assert found == []


# --- what a file may hold ----------------------------------------------------------------------------------------

MAX_LINES = 400
PRINTING_ROOMS = ["gateway.commands", "gateway.sandbox", "gateway.documentation"]
PRINTING_MODULES = {"gateway.validation.ans_kit": "run by hand with `python -m`"}


def test_no_module_is_too_long_to_read() -> None:
    assert [f"{module.name}: {module.lines}" for module in modules() if module.lines > MAX_LINES] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [m.name for m in modules() if m.tree.body and ast.get_docstring(m.tree) is None]
    assert silent == []


def test_only_commands_print() -> None:
    found = [
        module.at(node)
        for module in modules()
        if not within(module.name, [*PRINTING_ROOMS, *PRINTING_MODULES])
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]
    assert found == []


DOCUMENTED = ["gateway.fhir.format", "gateway.mssante.format", "gateway.mapping", "gateway.workflow", "gateway.journal"]


def test_public_names_of_the_pure_rooms_have_docstrings() -> None:
    """A property is a noun, and where one statement is the whole body the name and the signature say it."""
    public = [(m, node) for m in modules() if within(m.name, DOCUMENTED) for node in _public(m.tree.body)]
    silent = [m.at(node) for m, node in public if ast.get_docstring(node) is None and not _says_it_all(node)]
    print(f"{len(public)} public names, {len(public) - len(silent)} speak for themselves or are documented")
    assert silent == []


def _public(body: list[ast.stmt]) -> list[Function | ast.ClassDef]:
    found: list[Function | ast.ClassDef] = []
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            found.append(node)
            found += _public(node.body) if isinstance(node, ast.ClassDef) else []
    return found


def _says_it_all(node: Function | ast.ClassDef) -> bool:
    if isinstance(node, ast.ClassDef):
        return False
    return len(node.body) == 1 or any(ast.unparse(decorator) == "property" for decorator in node.decorator_list)


# --- what is installed -------------------------------------------------------------------------------------------

DISTRIBUTIONS = {"fhir": "fhir.resources", "PIL": "pillow", "imapclient": "IMAPClient", "sqlalchemy": "SQLAlchemy"}
"""Import name → distribution, where they differ by more than a dash."""
NOT_IMPORTED = {"tzdata": "zoneinfo reads it where the system has no time zones"}
OPTIONAL = {"saxonche": "extra ans-kit"}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    roots = {name.partition(".")[0] for module in modules() for name in module.imports}
    libraries = roots - set(sys.stdlib_module_names) - {"gateway"}
    imported = {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in libraries}
    assert imported - set(OPTIONAL) | set(NOT_IMPORTED) == set(_declared())


def _declared() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [name.partition("[")[0] for name in project["dependencies"]]
