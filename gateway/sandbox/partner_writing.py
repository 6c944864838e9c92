"""The software of a scripted partner, writing: a consultation report that answers a letter it has integrated.

Written apart from the gateway's formats and mappings. OIDs and codes stand in the templates, which come from the
project's worked examples.
Source: CDA R2 (`inFulfillmentOf`), CI-SIS level 1, IHE ITI XDM; MSSanté ECO.2.1.1 (PDF/A), ECO.2.1.3 (subject),
ECO.2.1.6 (file name).
"""

import hashlib
import io
import re
import unicodedata
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from string import Template
from uuid import NAMESPACE_DNS, uuid4, uuid5
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import typst
from lxml import etree

from gateway.sandbox.partner_reading import Received, elements

_TEMPLATES = files("gateway.sandbox") / "templates"
_PARIS = ZoneInfo("Europe/Paris")
_SUBSET = "IHE_XDM/SUBSET01/"
_DECLARED = re.compile(r' xmlns(?:="urn:hl7-org:v3"|="urn:oasis[^"]*:rim:3.0"|:xsi="[^"]*"|:lcm="[^"]*")')
_ARCHIVE_TIME = (1980, 1, 1, 0, 0, 0)

REPORT_CODE = "11488-4"
REPORT_LABEL = "CR ou fiche de consultation ou de visite"
"""Display name of the code, cut to 40 characters, as it stands in subjects and file names."""


@dataclass(frozen=True, slots=True)
class Professional:
    """The colleague who writes, with the structure where he or she works."""

    family: str
    given: str
    professional_id: str
    """idNat_PS: 8 and the RPPS."""
    speciality_code: str
    speciality_name: str
    structure_id: str
    structure_name: str
    facility_code: str
    facility_name: str
    house_number: str
    street: str
    postal_code: str
    city: str
    phone: str


KARIM_TAZEROUT = Professional(
    family="TAZEROUT",
    given="Karim",
    professional_id="899700002126",
    speciality_code="G15_10/SM41",
    speciality_name="Médecin - Pneumologie (SM)",
    structure_id="1990003188",
    structure_name="Cabinet de pneumologie du Rempart",
    facility_code="SA07",
    facility_name="Cabinet individuel",
    house_number="4",
    street="Rue du Rempart",
    postal_code="51100",
    city="REIMS",
    phone="0353010202",
)


@dataclass(frozen=True, slots=True)
class Report:
    """A consultation report as it is sent."""

    document: bytes
    archive: bytes
    pdf: bytes
    pdf_name: str
    subject: str


def write_report(received: Received, author: Professional, text: str, at: datetime) -> Report:
    """The report that answers a received letter: same patient, `inFulfillmentOf` the letter, PDF/A as its body."""
    pdf = _render(received, author, text, at)
    values = _values(received, author, at) | {"pdf": b64encode(pdf).decode()}
    document = _filled("consultation-report.xml", values)
    values |= {
        "hash": hashlib.sha1(document, usedforsecurity=False).hexdigest(),
        "size": str(len(document)),
    }
    values |= _metadata_values(received, author, at)
    archive = _pack(document, _filled("METADATA.XML", values), author)
    family, given, born = _traits(received)
    pdf_name = f"{at.astimezone(_PARIS):%Y%m%d}_{REPORT_LABEL}_{family}_{given}.pdf"
    subject = f"XDM/1.0/DDM+{REPORT_LABEL} {family} {given} {born}".rstrip()
    return Report(document, archive, pdf, pdf_name, subject)


def _render(received: Received, author: Professional, text: str, at: datetime) -> bytes:
    family, given, born = _traits(received)
    inputs = {
        "title": f"Compte rendu : {author.speciality_name.removeprefix('Médecin - ').removesuffix(' (SM)')}",
        "author": f"Dr {author.given} {author.family}",
        "structure": author.structure_name,
        "city": author.city.capitalize(),
        "date": f"{at.astimezone(_PARIS):%d/%m/%Y}",
        "patient": f"{family} {given}, né(e) le {born}",
        "text": text,
    }
    page = (_TEMPLATES / "consultation-report.typ").read_bytes()
    rendered = typst.compile(page, format="pdf", sys_inputs=inputs, pdf_standards=["a-1b"], timestamp=at)
    assert isinstance(rendered, bytes)
    return rendered


def _values(received: Received, author: Professional, at: datetime) -> dict[str, str]:
    """What the CDA template wants. XML fragments are copied from the letter, words are escaped."""
    words = {name: getattr(author, name) for name in Professional.__slots__}
    words |= {
        "title": "Compte rendu de consultation",
        "document_number": str(uuid4().int),
        "set_number": str(uuid4().int),
        "written_at": _local(at),
        "seen_from": _local(at - timedelta(minutes=40)),
        "seen_until": _local(at - timedelta(minutes=10)),
    }
    return _escaped(words) | {
        "record_target": _copy(elements(received.document, "/*/c:recordTarget")[0]),
        "order_id": _copy(elements(received.document, "/*/c:id")[0]),
        "information_recipient": _information_recipient(received.document),
    }


def _metadata_values(received: Received, author: Professional, at: datetime) -> dict[str, str]:
    """What the metadata template wants more, or otherwise: the same instants in UTC."""
    entry = received.metadata_entry
    slots = elements(entry, "r:Slot[@name='sourcePatientId' or @name='sourcePatientInfo']")
    words = {
        "written_at": _utc(at),
        "seen_from": _utc(at - timedelta(minutes=40)),
        "seen_until": _utc(at - timedelta(minutes=10)),
        "submitted_at": _utc(at),
        "patient_id": received.patient_id,
        "intended_recipient": _intended_recipient(received),
        "submission_number": str(uuid4().int),
        "source_number": str(uuid5(NAMESPACE_DNS, author.structure_id).int),
        "entry": str(uuid4()),
        "submission": str(uuid4()),
        "membership": str(uuid4()),
    }
    return _escaped(words) | {"source_patient": "".join(map(_copy, slots))}


def _information_recipient(document: etree._Element) -> str:
    """The author of the letter becomes the recipient of the report."""
    author = elements(document, "/*/c:author/c:assignedAuthor")[0]
    identifier, name = elements(author, "c:id")[0], elements(author, "c:assignedPerson/c:name")[0]
    structure = elements(author, "c:representedOrganization")
    received = "".join(map(_copy, structure)).replace("representedOrganization", "receivedOrganization")
    person = f"<informationRecipient>{_copy(name)}</informationRecipient>"
    inner = f"{_copy(identifier)}{person}{received}"
    return f"<informationRecipient><intendedRecipient>{inner}</intendedRecipient></informationRecipient>"


def _intended_recipient(received: Received) -> str:
    """XON|XCN of the letter's author. Source: IHE ITI TF-3, intendedRecipient."""
    at = "/*/c:author/c:assignedAuthor/"
    structure, person = at + "c:representedOrganization/", at + "c:assignedPerson/c:name/"
    organisation = (
        f"{received.value(structure + 'c:name/text()')}^^^^^&{received.value(structure + 'c:id/@root')}"
        f"&ISO^IDNST^^^{received.value(structure + 'c:id/@extension')}"
    )
    return (
        f"{organisation}|{received.value(at + 'c:id/@extension')}^{received.value(person + 'c:family/text()')}"
        f"^{received.value(person + 'c:given/text()')}^^^^^^&{received.value(at + 'c:id/@root')}&ISO^D^^^IDNPS"
    )


def _pack(document: bytes, metadata: bytes, author: Professional) -> bytes:
    parts = {
        "INDEX.HTM": b'<html><body><a href="IHE_XDM/SUBSET01/DOC00001.XML">DOC00001.XML</a></body></html>',
        "README.TXT": f"Emetteur : {_plain(author.structure_name)}\r\nOuvrir INDEX.HTM.\r\n".encode(),
        _SUBSET + "METADATA.XML": metadata,
        _SUBSET + "DOC00001.XML": document,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _ARCHIVE_TIME), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _traits(received: Received) -> tuple[str, str, str]:
    """Birth name, first given name, birth date, as subjects and file names want them."""
    patient = "/*/c:recordTarget/c:patientRole/c:patient/"
    family = received.value(patient + "c:name/c:family[@qualifier='BR']/text()")
    given = received.value(patient + "c:name/c:given[@qualifier='BR']/text()")
    born = received.value(patient + "c:birthTime/@value")
    day = f"{born[6:8]}/{born[4:6]}/{born[:4]}" if len(born) >= 8 else ""
    return _plain(family).upper(), _plain(given).upper(), day


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _local(at: datetime) -> str:
    return f"{at.astimezone(_PARIS):%Y%m%d%H%M%S%z}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}"


def _filled(template: str, values: Mapping[str, str]) -> bytes:
    return Template((_TEMPLATES / template).read_text("utf-8")).substitute(values).encode()


def _escaped(words: Mapping[str, str]) -> dict[str, str]:
    return {name: escape(word, {'"': "&quot;"}) for name, word in words.items()}


def _copy(element: etree._Element) -> str:
    """The element as text, without the namespaces that the templates declare already."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    return _DECLARED.sub("", text)
