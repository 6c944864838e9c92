"""The consultation report by which a colleague answers a letter: a CDA of level 1 in an IHE XDM archive.

`Twist` makes one thing wrong on purpose, so that a check sees what the gateway does about it.
Source: CI-SIS Structuration minimale; IHE ITI XDM; samples of this folder's own.
"""

import io
import zipfile
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from string import Template
from uuid import uuid4
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from lxml import etree

from conformance.readers.cda import INS_ROOTS, PROFESSIONALS, STRUCTURES, Cda
from conformance.readers.xml import elements, value
from conformance.target import SAMPLES

CODE, LABEL = "11488-4", "CR ou fiche de consultation ou de visite"
_PARIS = ZoneInfo("Europe/Paris")
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Twist:
    """What the report does otherwise than it should."""

    names_order: bool = True
    """inFulfillmentOf the referral."""
    other_patient_in_metadata: bool = False
    other_patient: bool = False
    """In CDA and metadata alike: a wrong thread."""
    wrong_hash: bool = False


STRAIGHT = Twist()


@dataclass(frozen=True, slots=True)
class Report:
    """What the colleague attaches."""

    document_id: str
    archive: bytes
    pdf: bytes
    document: bytes


def write_report(letter: Cda, at: datetime, twist: Twist = STRAIGHT) -> Report:
    """The report that answers a letter."""
    pdf = (SAMPLES / "report.pdf").read_bytes()
    other = etree.fromstring((SAMPLES / "other-patient.xml").read_bytes())
    theirs = elements(letter.root, "c:recordTarget")[0]
    words = _words(letter, at)
    patient = other if twist.other_patient else theirs
    markup = {"record_target": _markup(patient), "order": _orders(letter) if twist.names_order else ""}
    document = _filled("report.xml", words, markup | {"pdf": b64encode(pdf).decode()})
    filed = other if twist.other_patient or twist.other_patient_in_metadata else theirs
    about = b"another document" if twist.wrong_hash else document
    words |= _patient(filed) | {"hash": sha1(about, usedforsecurity=False).hexdigest(), "size": str(len(document))}
    return Report(words["document_id"], _zip(document, _filled("METADATA.XML", words, {})), pdf, document)


def _words(letter: Cda, at: datetime) -> dict[str, str]:
    """The colleague is the one whom the letter was written to."""
    recipient = "c:informationRecipient/c:intendedRecipient/"
    person, structure = recipient + "c:informationRecipient/c:name/", recipient + "c:receivedOrganization/"
    words = {
        "professional_id": letter.value(recipient + f"c:id[@root='{PROFESSIONALS}']/@extension"),
        "family": letter.value(person + "c:family/text()"),
        "given": letter.value(person + "c:given/text()"),
        "structure_id": letter.value(structure + f"c:id[@root='{STRUCTURES}']/@extension"),
        "structure_name": letter.value(structure + "c:name/text()"),
        "speciality_code": "G15_10/SM04",
        "speciality_name": "Médecin - Cardiologie et maladies vasculaires (SM)",
        "local_time": f"{at.astimezone(_PARIS):%Y%m%d%H%M%S%z}",
        "utc_time": f"{at.astimezone(UTC):%Y%m%d%H%M%S}",
    }
    words |= {name: f"2.25.{uuid4().int}" for name in ("document_id", "set_id", "submission_id")}
    words |= {name: str(uuid4()) for name in ("entry", "submission", "association")}
    words["author"] = (
        f"{words['professional_id']}^{words['family']}^{words['given']}^^^^^^&{PROFESSIONALS}&ISO^D^^^IDNPS"
    )
    words["institution"] = f"{words['structure_name']}^^^^^&{STRUCTURES}&ISO^IDNST^^^{words['structure_id']}"
    return words


def _patient(record_target: etree._Element) -> dict[str, str]:
    """What the metadata say of a patient: the INS where there is one, else the local id."""
    ids = [(i.get("root", ""), i.get("extension", "")) for i in elements(record_target, "c:patientRole/c:id")]
    root, extension = next((i for i in ids if i[0] in INS_ROOTS), ids[0])
    at = "c:patientRole/c:patient/"
    return {
        "patient_id": f"{extension}^^^&{root}&ISO^{'NH' if root in INS_ROOTS else 'PI'}",
        "patient_family": value(record_target, at + "c:name/c:family[@qualifier='BR']/text()"),
        "patient_given": value(record_target, at + "c:name/c:given[@qualifier='BR']/text()"),
        "patient_birth": value(record_target, at + "c:birthTime/@value"),
        "patient_gender": value(record_target, at + "c:administrativeGenderCode/@code"),
    }


def _orders(letter: Cda) -> str:
    """The orders of the letter; where it names none, the letter itself."""
    ids = elements(letter.root, "c:inFulfillmentOf/c:order/c:id") or elements(letter.root, "c:id")
    return "".join(f"<inFulfillmentOf><order>{_markup(id)}</order></inFulfillmentOf>" for id in ids)


def _markup(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)


def _filled(template: str, words: dict[str, str], markup: dict[str, str]) -> bytes:
    escaped = {name: escape(word, {'"': "&quot;"}) for name, word in words.items()}
    return Template((SAMPLES / template).read_text("utf-8")).substitute(escaped | markup).encode()


def _zip(document: bytes, metadata: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("INDEX.HTM", b"<html><body>IHE_XDM/SUBSET01/DOC00001.XML</body></html>"),
            ("README.TXT", b"Archive IHE XDM.\r\n"),
            ("IHE_XDM/SUBSET01/METADATA.XML", metadata),
            ("IHE_XDM/SUBSET01/DOC00001.XML", document),
        ):
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
