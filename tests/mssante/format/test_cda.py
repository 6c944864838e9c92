import base64
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from lxml import etree

from gateway.mssante.format import cda
from gateway.mssante.format.cda import BodyKind, Code, Id
from gateway.mssante.format.oids import INS_NIR_TEST, LOINC, TEMPLATE_PDF_COPY_SECTION
from tests.mssante.format.examples import example, names, refusal

PARIS_IN_WINTER = timezone(timedelta(hours=1))


def level_1() -> cda.ClinicalDocument:
    return cda.read(example("cda/level1-referral.xml"))


def changed(old: bytes, new: bytes) -> cda.ClinicalDocument:
    content = example("cda/level1-referral.xml")
    assert old in content
    return cda.read(content.replace(old, new))


def test_the_header_of_a_referral_is_read() -> None:
    document = level_1()

    assert document.id == Id("2.25.176933567018571739388206245486920842780")
    assert document.set_id == Id("2.25.112728629721737620520665710861569527575")
    assert document.version_number == 1
    assert document.code == Code("96349-6", "Lettre d'adressage", LOINC)
    assert document.title == "Lettre d'adressage vers pneumologie"
    assert document.effective_time == datetime(2026, 11, 20, 9, 30, tzinfo=PARIS_IN_WINTER)
    assert document.service_start == datetime(2026, 11, 20, 9, tzinfo=PARIS_IN_WINTER)
    assert document.service_stop is None
    assert document.language == "fr-FR"
    assert document.confidentiality is not None
    assert document.confidentiality.code == "N"
    assert document.practice_setting is not None
    assert document.practice_setting.code == "AMBULATOIRE"
    assert document.facility_type is not None
    assert document.facility_type.code == "SA52"
    assert document.encounter_code is not None
    assert document.encounter_code.code == "AMB"


def test_the_patient_of_a_referral_is_read() -> None:
    document = level_1()

    assert document.patient.ins == Id(INS_NIR_TEST, "252035145404215")
    assert document.patient.local_id is not None
    assert document.patient.local_id.extension == "V-104417"
    assert (document.patient.birth_family, document.patient.used_family) == ("VALLORGE", "DESTREMAU")
    assert (document.patient.first_given, document.patient.gender) == ("MARCELINE", "F")
    assert (document.patient.birth_date, document.patient.birth_place) == (date(1952, 3, 14), "51454")
    assert document.has_qualified_ins


def test_people_are_read_with_profession_and_structure() -> None:
    document = cda.read(example("cda/referral-level3.xml"))

    author, recipient = document.authors[0], document.recipients[0]
    assert (author.family, author.given) == ("BRASSENNE", "Odile")
    assert author.profession is not None
    assert author.profession.code == "G15_10/SM54"
    assert author.function is not None
    assert author.function.display == "Médecin traitant"
    assert author.organization is not None
    assert author.organization.name == "Maison de santé des Trois Biefs"
    assert recipient.id is not None
    assert recipient.id.extension == "899700002126"
    assert recipient.organization is not None
    assert recipient.organization.name == "Cabinet de pneumologie du Rempart"
    assert document.legal_authenticator is not None
    assert document.legal_authenticator.family == "BRASSENNE"
    assert document.custodian is not None
    assert document.custodian.name == "Maison de santé des Trois Biefs"


def test_a_reply_names_the_order_that_it_answers() -> None:
    reply = cda.read(example("cda/consultation-reply-level1.xml"))

    assert reply.order_ids == (Id("2.25.333315771953838407682353551676292572565"),)


@pytest.mark.parametrize(
    ("trait", "without"),
    [
        (b'<given qualifier="BR">MARCELINE</given>', b""),
        (b'<birthTime value="19520314"/>', b'<birthTime nullFlavor="UNK"/>'),
        (b'<family qualifier="BR">VALLORGE</family>', b""),
        (b'root="1.2.250.1.213.1.4.10"', b'root="1.2.250.1.213.1.4.2"'),
    ],
)
def test_an_ins_without_its_traits_is_not_qualified(trait: bytes, without: bytes) -> None:
    assert not changed(trait, without).has_qualified_ins


def test_an_empty_document_gives_nothing_rather_than_an_error() -> None:
    document = cda.read(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>')

    read = {
        name: getattr(document, name)
        for name in dir(type(document))
        if isinstance(getattr(type(document), name), property)
    }
    patient = read.pop("patient")
    assert not any(read.values())
    assert patient.ins is None
    assert patient.birth_date is None
    assert cda.body_kind(document) is BodyKind.NONE
    assert cda.embedded_pdf(document) is None
    assert cda.check(document)


def test_a_root_that_is_no_clinical_document_is_refused() -> None:
    assert refusal(lambda: cda.read(b"<ClinicalDocument/>")) == "cda-not-a-clinical-document"


# --- a stylesheet that displays the document inside it


def self_displaying(*documents: bytes, name: bytes = b"stylesheet", other: bytes = b"") -> bytes:
    head = b'<xsl:%s xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0" ' % name
    spaces = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:a="urn:asip-sante:ci-sis">'
    return head + spaces + other + b"<a:Contenu>%s</a:Contenu></xsl:%s>" % (b"".join(documents), name)


def inside(name: str = "cda/referral-level3.xml") -> bytes:
    """A fixture as it would stand inside other XML: without its declaration."""
    content = example(name)
    return content[content.index(b"<ClinicalDocument") :]


@pytest.mark.parametrize("name", [b"stylesheet", b"transform"])
def test_a_document_is_taken_out_of_the_stylesheet_that_displays_it(name: bytes) -> None:
    document = cda.read(self_displaying(inside(), name=name))

    plain = cda.read(example("cda/referral-level3.xml"))
    assert canonical(document) == canonical(plain)
    assert [finding.code for finding in cda.check(document)] == ["cda-self-displaying"]
    assert cda.check(plain) == ()


def canonical(document: cda.ClinicalDocument) -> bytes:
    return etree.tostring(document.root, method="c14n", exclusive=True)


def test_a_document_taken_out_keeps_the_prefixes_that_its_types_name() -> None:
    bare = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><value xsi:type="a:TYPE"/></ClinicalDocument>'

    (value,) = cda.read(self_displaying(bare)).root

    assert value.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "a:TYPE"
    assert value.nsmap["a"] == "urn:asip-sante:ci-sis"


def test_a_stylesheet_is_not_run(tmp_path: Path) -> None:
    target = tmp_path / "out.xml"
    other = (
        b'<xsl:import href="file:///etc/hostname"/><xsl:variable name="v" select="document(\'file:///etc/hostname\')"/>'
        b'<xsl:template match="/"><xsl:document href="%s"/></xsl:template>' % target.as_uri().encode()
    )

    document = cda.read(self_displaying(inside(), other=other))

    assert canonical(document) == canonical(cda.read(example("cda/referral-level3.xml")))
    assert not target.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (self_displaying(), "cda-not-a-clinical-document"),
        (self_displaying(inside(), inside()), "cda-not-a-clinical-document"),
        (self_displaying(inside(), name=b"other"), "cda-not-a-clinical-document"),
        (b"<html>" + inside() + b"</html>", "cda-not-a-clinical-document"),
        (b"<!DOCTYPE r [<!ENTITY a 'x'>]>" + self_displaying(inside()), "xml-dtd-refused"),
        (self_displaying(inside(), other=b"<a>" * 200 + b"</a>" * 200), "xml-too-deep"),
    ],
)
def test_a_stylesheet_is_held_to_the_same_limits(content: bytes, code: str) -> None:
    assert refusal(lambda: cda.read(content)) == code


@pytest.mark.parametrize("name", names("cda/*.xml"))
def test_what_we_wrote_is_read_and_written_the_same(name: str) -> None:
    written = cda.write(cda.read(example(name)))

    assert cda.write(cda.read(written)) == written


# --- the body


@pytest.mark.parametrize(
    ("name", "kind"),
    [("cda/level1-referral.xml", BodyKind.PDF), ("cda/referral-level3.xml", BodyKind.STRUCTURED)],
)
def test_both_levels_carry_their_pdf(name: str, kind: BodyKind) -> None:
    document = cda.read(example(name))

    pdf = cda.embedded_pdf(document)

    assert cda.body_kind(document) is kind
    assert pdf is not None
    assert pdf.startswith(b"%PDF-1.")


def test_a_level_1_document_is_given_its_pdf_and_the_first_one_stays_as_it_was() -> None:
    shell = level_1()
    before = cda.write(shell)

    filled = cda.with_pdf(shell, b"%PDF-1.7 new")

    assert cda.embedded_pdf(filled) == b"%PDF-1.7 new"
    assert cda.write(shell) == before
    assert cda.write(cda.with_pdf(shell, b"%PDF-1.7 new")) == cda.write(filled)


def test_an_empty_body_is_filled() -> None:
    content = example("cda/level1-referral.xml")
    start = content.index(b"<nonXMLBody>")
    shell = cda.read(content[:start] + b"<nonXMLBody><text/></nonXMLBody></component></ClinicalDocument>")

    filled = cda.with_pdf(shell, b"%PDF-1.7")

    assert cda.body_kind(filled) is BodyKind.PDF
    assert base64.b64encode(b"%PDF-1.7") in cda.write(filled)
    assert cda.check(filled) == ()


def test_a_document_without_body_cannot_be_given_a_pdf() -> None:
    document = cda.read(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>')

    assert refusal(lambda: cda.with_pdf(document, b"%PDF-1.7")) == "cda-no-body"


def test_a_structured_document_keeps_its_other_sections_and_stays_valid() -> None:
    document = cda.read(example("cda/referral-level3.xml"))

    filled = cda.with_pdf(document, b"%PDF-1.7")

    before, after = (cda.write(d).partition(TEMPLATE_PDF_COPY_SECTION.encode())[0] for d in (document, filled))
    assert after == before
    assert cda.check(filled) == ()


def test_broken_base64_is_no_pdf() -> None:
    document = changed(b">JVBERi0xLjQK", b">!VBERi0xLjQK")

    assert cda.embedded_pdf(document) is None
    assert [finding.code for finding in cda.check(document)] == ["cda-body-not-base64"]
    assert cda.check(document, with_body=False) == ()
