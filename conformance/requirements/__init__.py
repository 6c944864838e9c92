"""The obligations as data: one row each, with its source, its strength, and what tests it or why nothing does.

The .csv files of this folder are the contract; `tests/conformance/test_requirements.py` keeps them and the checks in
step.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILES = ("fhir", "mail", "archive", "document", "inward")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One obligation, in our own words."""

    id: str
    source: str
    text: str
    level: str
    """SHALL, SHOULD or MAY."""
    role: str
    tested_by: tuple[str, ...]
    """Names of checks."""
    not_tested_because: str


@cache
def requirements() -> tuple[Requirement, ...]:
    """All of them, in the order of the files."""
    return tuple(row for name in FILES for row in _read(Path(__file__).parent / f"{name}.csv"))


def of_check(name: str) -> tuple[Requirement, ...]:
    """What one check is about."""
    return tuple(row for row in requirements() if name in row.tested_by)


def is_essential(name: str) -> bool:
    """Whether a failure of the check breaks a SHALL."""
    return any(row.level == "SHALL" for row in of_check(name))


def _read(path: Path) -> list[Requirement]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    return [Requirement(**{**row, "tested_by": tuple(row["tested_by"].split())}) for row in rows]  # type: ignore[arg-type]
