"""`docs/dependencies.md` and `requirements/` against what `pyproject.toml` declares."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
DECLARED = [re.sub(r"\[.*\]", "", name) for names in (PROJECT["dependencies"], *EXTRAS.values()) for name in names]
ROWS = {
    cells[0]: cells[1:]
    for line in (ROOT / "docs" / "dependencies.md").read_text("utf-8").splitlines()
    if len(cells := [cell.strip() for cell in line.strip("|").split(" | ")]) == 5
}
PINNED = sorted((ROOT / "requirements").glob("*.txt"))


def pins(path: Path) -> dict[str, str]:
    """Normalised name → version."""
    found = re.findall(r"(?m)^([\w.-]+)==([\w.]+)", path.read_text("utf-8"))
    return {normal(name): version for name, version in found}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_told_and_none_that_is_not() -> None:
    assert sorted(ROWS, key=normal) == sorted(["package", *DECLARED], key=normal)


@pytest.mark.parametrize("name", DECLARED)
def test_the_version_that_is_told_is_the_one_that_is_pinned(name: str) -> None:
    versions = {pins(path)[normal(name)] for path in PINNED if normal(name) in pins(path)}
    assert {ROWS[name][0]} == versions


@pytest.mark.parametrize("name", DECLARED)
def test_a_dependency_has_its_day_its_licence_and_its_reason(name: str) -> None:
    _, released, licence, why = ROWS[name]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", released)
    assert licence
    assert why


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.stem)
def test_requirements_are_pinned_with_hashes_and_name_no_index(path: Path) -> None:
    text = path.read_text("utf-8")
    pinned = re.findall(r"(?m)^[\w.-]+==\S+.*\\\n +--hash=sha256:", text)
    assert len(pinned) == len(pins(path)) > 0
    assert "://" not in text
    assert not re.search(r"(?m)^\s*-{1,2}(i|f|index-url|extra-index-url|find-links|trusted-host)\b", text)


def test_what_the_tests_pin_is_what_runs() -> None:
    run, test = pins(ROOT / "requirements" / "run.txt"), pins(ROOT / "requirements" / "test.txt")
    assert run.items() <= test.items()
