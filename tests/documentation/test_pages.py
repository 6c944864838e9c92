"""What lies in `docs/` is what the code makes of it, and says nothing that is not there."""

import re
from functools import cache
from pathlib import Path

import pytest

from gateway.documentation.pages import DOCS, names, page
from gateway.documentation.same_patient import forms
from gateway.error_catalogue import CATALOGUE
from gateway.tables import read_table
from tests.source import ROOT

made = cache(page)


@pytest.mark.parametrize("name", names())
def test_the_page_in_docs_is_up_to_date(name: str) -> None:
    """If this fails: make docs."""
    assert (DOCS / name).read_text("utf-8") == made(name)


def test_no_schema_lies_about_that_nobody_makes() -> None:
    schemas = {Path(name).name for name in names() if name.startswith("schemas/")}
    assert {path.name for path in (DOCS / "schemas").iterdir()} == schemas


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_error_is_told_in_both_languages(code: str) -> None:
    (row,) = [line for line in made("errors.md").splitlines() if line.startswith(f"| `{code}` |")]
    for sentence in (CATALOGUE[code].fr, CATALOGUE[code].fix_fr, CATALOGUE[code].en, CATALOGUE[code].fix_en):
        assert sentence.replace("|", "\\|") in row


def test_the_same_patient_is_found_in_each_form_where_the_table_says_so() -> None:
    """A place without a value would end a cell with a line break."""
    table = [line for line in made("same-patient.md").splitlines() if line.startswith("| ")][2:]
    assert len(table) == len(read_table("gateway.documentation", "same_patient.tsv"))
    assert [line for line in table if "<br> |" in line] == []


def test_the_same_patient_page_is_made_of_the_same_bytes_each_time() -> None:
    assert forms().mail_bytes == forms().mail_bytes


# --- what holds for every page -----------------------------------------------------------------------------------

WRITTEN = [path for folder in (ROOT, DOCS) for path in sorted(folder.glob("*.md" if folder is ROOT else "**/*.md"))]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)[^)]*\)")
PATH = re.compile(r"`((?:gateway|docs|fixtures|tests|tools|requirements|conformance)/[\w./-]*\w)`")
# A page speaks of the project alone: no absolute path of a machine, no registry host.
MACHINE = re.compile(
    r"(?<![\w.:/])/(?:work|root|home|opt|tmp)/|pypi\.org|files\.pythonhosted|registry\.npmjs|\.\./shared"
)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(path: Path) -> None:
    assert [link for link in LINK.findall(path.read_text("utf-8")) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_path_that_a_page_names_exists(path: Path) -> None:
    assert [name for name in PATH.findall(path.read_text("utf-8")) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_names_no_machine(path: Path) -> None:
    assert MACHINE.findall(path.read_text("utf-8")) == []
