import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.error_catalogue import CATALOGUE, severity_of
from gateway.model import Severity
from gateway.mssante.format import cda, cda_rules
from tests.mssante.format.examples import example, names

LEVEL_1 = example("cda/level1-referral.xml")


def codes(content: bytes) -> list[str]:
    return [finding.code for finding in cda.check(cda.read(content))]


def changed(old: str, new: str) -> bytes:
    assert old in LEVEL_1.decode()
    return LEVEL_1.decode().replace(old, new).encode()


@pytest.mark.parametrize("name", names("cda/*.xml"))
def test_a_valid_document_breaks_no_rule(name: str) -> None:
    assert codes(example(name)) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cda-no-birth-time", ["cda-element-count", "cda-ins-incomplete"]),
        ("cda-no-given-br", ["cda-ins-incomplete"]),
        ("cda-family-qualifier-sp", ["cda-family-qualifier"]),
        ("cda-no-set-id", ["cda-element-count"]),
        ("cda-level1-four-template-ids", ["cda-template-ids"]),
        ("cda-level3-two-template-ids", ["cda-template-ids"]),
        ("cda-duplicate-narrative-id", ["cda-duplicate-id"]),
        ("cda-pdf-copy-title", ["cda-pdf-copy-title"]),
        ("cda-ins-wrong-key", ["cda-ins-key"]),
        ("cda-ins-sex-contradiction", ["cda-ins-sex"]),
        ("cda-ins-birth-place-contradiction", ["cda-ins-birth-place"]),
    ],
)
def test_each_invalid_document_yields_its_code_and_no_other(name: str, expected: list[str]) -> None:
    assert codes(example(f"invalid/{name}.xml")) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('<realmCode code="FR"/>', '<realmCode code="UK"/>', ["cda-attribute"]),
        ('<languageCode code="fr-FR"/>', '<languageCode code="french"/>', ["cda-attribute"]),
        ('<versionNumber value="1"/>', '<versionNumber value="0"/>', ["cda-attribute"]),
        ('<effectiveTime value="20261120093000+0100"/>', '<effectiveTime value="20261120093000"/>',
         ["cda-time-without-offset"]),
        ('<signatureCode code="S"/>', "", ["cda-element-count"]),
        ("<standardIndustryClassCode ", "<ignored ", ["cda-element-count"]),
        ('<signatureCode code="S"/>', '<signatureCode code="X"/>', ["cda-attribute"]),
        ('<low value="20261120090000+0100"/></effectiveTime><performer',
         '<low nullFlavor="UNK"/></effectiveTime><performer', ["cda-time-without-offset"]),
        ('<low value="20261120090000+0100"/></effectiveTime><performer',
         '<low value="20261120090000+0100"/><high nullFlavor="UNK"/></effectiveTime><performer', []),
        ('<county>51454</county>', "", ["cda-ins-incomplete"]),
        ('<given>MARCELINE ODETTE</given>', "", ["cda-ins-incomplete"]),
        ('<low value="20261120090000+0100"/></effectiveTime><performer',
         '<low value="20261120090000+0100"/><high value="20261119090000+0100"/></effectiveTime><performer',
         ["cda-interval-backwards"]),
        ('<representedCustodianOrganization><id root="1.2.250.1.71.4.2.2"',
         '<representedCustodianOrganization><id root="1.2.3"', ["cda-custodian-root"]),
        ('1.3.6.1.4.1.19376.1.2.20', '1.3.6.1.4.1.19376.1.2.21', ["cda-template-ids"]),
        (">JVBERi0xLjQK", ">AAAAAAAAAAAA", ["cda-body-not-pdf"]),
    ],
)  # fmt: skip
def test_one_defect_yields_one_code(old: str, new: str, expected: list[str]) -> None:
    assert codes(changed(old, new)) == expected


def test_a_wrong_rpps_or_finess_key_is_a_warning() -> None:
    findings = cda.check(cda.read(changed("899700001011", "899700001012")))
    assert {finding.code for finding in findings} == {"cda-rpps-key"}
    assert {severity_of(finding) for finding in findings} == {Severity.WARNING}

    assert set(codes(changed("1990002172", "1990002173"))) == {"cda-finess-key"}


def test_a_document_with_a_local_id_only_needs_no_ins_trait() -> None:
    content = changed('<id root="1.2.250.1.213.1.4.10" extension="252035145404215"/>', "").replace(
        b"<county>51454</county>", b""
    )

    assert codes(content) == []


def test_a_finding_says_where_and_names_the_ans_code_but_no_value_of_the_patient() -> None:
    (finding,) = cda.check(cda.read(example("invalid/cda-no-given-br.xml")))

    assert finding.path == "ClinicalDocument/recordTarget/patientRole/patient/name/given[@qualifier='BR']"
    assert dict(finding.facts)["ans_code"] == "905"
    assert not re.search("VALLORGE|MARCELINE|25203", repr(finding))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_taken_out_of_the_header_no_patient_value_leaks_and_every_code_is_known(
    data: st.DataObject,
) -> None:
    header = LEVEL_1.decode().partition("<component>")[0]
    elements = re.findall(r"<[A-Za-z]+(?: [^>]*)?/>", header)
    gone = data.draw(st.lists(st.sampled_from(elements), min_size=1, max_size=8))
    content = LEVEL_1.decode()
    for element in gone:
        content = content.replace(element, "")

    findings = cda.check(cda.read(content.encode()))

    assert all(finding.code in CATALOGUE for finding in findings)
    assert not re.search("VALLORGE|DESTREMAU|MARCELINE|104417|25203", repr(findings))


def test_findings_are_bounded_whatever_the_document() -> None:
    many = b"<section>" + b'<text ID="x"/>' * 1000 + b"</section>"
    content = b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + many + b"</ClinicalDocument>"

    assert len(cda.check(cda.read(content))) == cda_rules.MAX_FINDINGS
