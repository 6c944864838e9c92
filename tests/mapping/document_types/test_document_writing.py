"""Any document: CDA → FHIR document → CDA, at both levels; nothing lost on the way, nothing invented in the header."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.error_catalogue import severity_of
from gateway.errors import MappingError
from gateway.fhir.format.reading import parse_json, write_json
from gateway.mapping.context import Context
from gateway.mapping.convert import Conversion, convert
from gateway.mapping.kinds import Kind
from gateway.model import Severity
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from gateway.mssante.format import cda
from tests.source import ROOT

AT = datetime(2026, 11, 20, 8, 31, tzinfo=UTC)
EXAMPLES = sorted(path for path in (ROOT / "fixtures/mssante/cda").glob("*.xml") if path.stem != "lab-report-level1")
FORMS = ("level-1", "level-3")
every_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
both_levels = pytest.mark.parametrize("form", FORMS)


def _convert(content: bytes, target: Kind, form: str = "level-1") -> Conversion:
    return convert(content, target, Context(AT, f"test/{target}"), TypstRenderer().render, form)


@every_example
@both_levels
def test_a_document_goes_to_fhir_and_back_without_loss(path: Path, form: str) -> None:
    there = _convert(path.read_bytes(), Kind.FHIR_DOCUMENT)
    back = _convert(there.contents[0], Kind.CDA, form)

    assert [item.path for loss in (*there.losses, *back.losses) for item in loss.lost] == []


@every_example
@both_levels
def test_what_is_written_keeps_our_own_rules(path: Path, form: str) -> None:
    there = _convert(path.read_bytes(), Kind.FHIR_DOCUMENT)
    for content in _convert(there.contents[0], Kind.CDA, form).contents:
        findings = cda.check(cda.read(content))
        assert [f for f in findings if severity_of(f) in (Severity.ERROR, Severity.FATAL)] == []


@every_example
def test_the_header_says_the_same_again(path: Path) -> None:
    before = cda.read(path.read_bytes())
    there = _convert(path.read_bytes(), Kind.FHIR_DOCUMENT)
    after = cda.read(_convert(there.contents[0], Kind.CDA).contents[0])

    for name in ("code", "title", "effective_time", "facility_type", "practice_setting"):
        assert getattr(after, name) == getattr(before, name), name
    assert set(after.patient.ids) == set(before.patient.ids)
    assert after.patient.birth_family == before.patient.birth_family
    assert after.authors[0].id == before.authors[0].id


def test_a_type_that_no_metadata_can_announce_is_refused() -> None:
    content = (ROOT / "fixtures/mssante/cda/lab-report-level1.xml").read_bytes()
    document = _convert(content, Kind.FHIR_DOCUMENT).contents[0]

    with pytest.raises(MappingError) as refusal:
        _convert(document, Kind.CDA)

    assert refusal.value.code == "unsupported-document"
    assert refusal.value.findings[0].path.endswith(".type")


def test_a_composition_without_type_is_refused() -> None:
    path = ROOT / "fixtures/mssante/cda/consultation-reply-level1.xml"
    bundle = parse_json(_convert(path.read_bytes(), Kind.FHIR_DOCUMENT).contents[0])
    composition = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Composition")
    del composition["type"]

    with pytest.raises(MappingError) as refusal:
        _convert(write_json(bundle), Kind.CDA)

    assert refusal.value.code == "unsupported-document"


@pytest.mark.parametrize(("given", "written"), [("L", "N"), ("M", "N"), ("U", "N"), ("R", "R"), ("V", "V")])
def test_a_confidentiality_below_normal_is_written_as_normal(given: str, written: str) -> None:
    path = ROOT / "fixtures/mssante/cda/consultation-reply-level1.xml"
    bundle = parse_json(_convert(path.read_bytes(), Kind.FHIR_DOCUMENT).contents[0])
    composition = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Composition")
    composition["confidentiality"] = given

    back = _convert(write_json(bundle), Kind.CDA)

    assert f'<confidentialityCode code="{written}"'.encode() in back.contents[0]
    assert [item.path for loss in back.losses for item in loss.lost] == []
