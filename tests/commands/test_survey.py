"""`survey` counts what it must, and says so with its exit code."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.commands import survey as command
from gateway.commands.survey import as_json, lines, survey_of
from gateway.documentation.schemas import SCHEMAS
from gateway.mapping.catalog import document_to_fhir
from gateway.mapping.context import BENCH
from gateway.mapping.coverage import Share, coverage_of
from gateway.mapping.result import Item, LossReport, Mapped
from gateway.mapping.source import cda_leaves
from gateway.mssante.format import cda
from tests.mssante.format.examples import ROOT, example

COMMAND = str(Path(sys.executable).with_name("cpts-gateway"))


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, "survey", *map(str, arguments)], capture_output=True, check=False, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents, one deeper, and two files that are none."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "letter.xml").write_bytes(example("cda/referral-level3.xml"))
    (tmp_path / "inner" / "reply.XML").write_bytes(example("cda/consultation-reply-level1.xml"))
    (tmp_path / "other.xml").write_bytes(b"<html/>")
    (tmp_path / "notes.txt").write_bytes(b"not looked at")
    return tmp_path


def test_every_file_is_counted_and_the_output_fits_its_schema(folder: Path) -> None:
    done = run(folder, "--json")

    output: dict[str, Any] = json.loads(done.stdout)
    Draft202012Validator(SCHEMAS["survey"]).validate(output)
    rows = {row["file"]: row for row in output["files"]}
    assert done.returncode == 0
    assert set(rows) == {"letter.xml", "inner/reply.XML", "other.xml"}
    assert rows["other.xml"]["refused"] == "cda-not-a-clinical-document"
    assert (output["total"]["read"], output["total"]["refused"], output["total"]["exceptions"]) == (2, 1, 0)


def test_the_counts_are_those_of_a_second_counter(folder: Path) -> None:
    read = {row["file"]: row for row in as_json(survey_of(folder, folder.glob("*.xml")))["files"]}["letter.xml"]

    leaves = list(cda_leaves(cda.read(example("cda/referral-level3.xml")).root, "ClinicalDocument"))
    assert read["counts"]["leaves"] == len(leaves) == sum(read["counts"].values()) - len(leaves)


@pytest.mark.parametrize("breakage", [KeyError("DESTREMAU"), None])
def test_a_loss_or_a_foreign_exception_makes_the_exit_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, breakage: Exception | None
) -> None:
    """The exception is named by its class: its words may be a patient's."""

    def broken(document: cda.ClinicalDocument, *others: Any) -> Any:
        if breakage:
            raise breakage
        mapped = document_to_fhir(document, *others)
        return Mapped(mapped.value, with_a_loss(mapped.loss))

    monkeypatch.setattr(command, "document_to_fhir", broken)
    result = survey_of(folder, [folder / "letter.xml"])

    assert not result.holds
    assert result.failed == ({"letter.xml": "KeyError"} if breakage else {})
    assert result.lost == (0 if breakage else 1)
    assert "DESTREMAU" not in "\n".join(lines(result))


def with_a_loss(loss: LossReport) -> LossReport:
    unheard = Item("ClinicalDocument/@unheard", "lost", "unclaimed")
    return replace(loss, leaves=loss.leaves + 1, items=(unheard, *loss.items))


def test_an_empty_folder_is_wrong_use(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 2


@pytest.mark.parametrize("name", ["cda/referral-level3.xml", "cda/discharge-ldl-ses.xml"])
def test_the_structured_share_has_a_numerator_and_a_denominator(name: str) -> None:
    document = cda.read((ROOT / name).read_bytes())

    coverage = coverage_of(document, document_to_fhir(document, BENCH, "").loss)

    assert 0 < coverage.entries.part <= coverage.entries.whole
    assert all(0 < share.part <= share.whole for share in coverage.attributes.values())


def test_shares_add_up_and_read_as_a_fraction() -> None:
    assert Share(1, 2) + Share(2, 2) == Share(3, 4)
    assert (str(Share(3, 4)), str(Share())) == ("3/4 (75.0%)", "0/0")
