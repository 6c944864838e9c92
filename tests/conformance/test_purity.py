"""The suite trusts nothing of ours: no code of the gateway, and as little as possible of anybody's."""

import sys

import pytest

from tests.source import ROOT, Module

ALLOWED = {*sys.stdlib_module_names, "conformance", "lxml"}
MODULES = [Module(path) for path in sorted((ROOT / "conformance").rglob("*.py"))]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_imports_the_standard_library_lxml_and_the_suite_alone(module: Module) -> None:
    assert {name.partition(".")[0] for name in module.imports} <= ALLOWED


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_is_short_enough_to_read(module: Module) -> None:
    assert module.lines < 260
