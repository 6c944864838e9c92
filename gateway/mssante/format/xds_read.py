"""METADATA.XML to a `Submission`.

Tolerant of order, extra slots and extra objects. Where two values would name two patients or two documents it refuses,
because taking either would be a guess.

Source: IHE ITI TF-3 §4.2.3.2 and §4.2.3.3; OASIS ebRIM 3.0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from lxml import etree

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format import oids, xml
from gateway.mssante.format.clinical_document import Code
from gateway.mssante.format.submission import Author, DocumentEntry, Membership, Submission, SubmissionSet
from gateway.mssante.format.times import read_utc

T = TypeVar("T")

MAX_ENTRIES: Final = 200
_RIM: Final = f"{{{oids.EBXML_RIM}}}"


def read(content: bytes) -> Submission:
    """A submission from METADATA.XML.

    Raises InputError: a code of `xml.parse` then `xdm-metadata-unreadable`; `xdm-set-count` without exactly one
    submission set; `xdm-too-many-entries`; `xdm-attribute-repeated` where what must be unique is given twice.
    """
    root = xml.parse(content, "xdm-metadata-unreadable")
    sets = [package for package in root.iter(f"{_RIM}RegistryPackage") if not _is_folder(package)]
    if len(sets) != 1:
        raise InputError(Finding("xdm-set-count", "RegistryPackage", (("found", str(len(sets))),)))
    described = list(root.iter(f"{_RIM}ExtrinsicObject"))
    if len(described) > MAX_ENTRIES:
        raise InputError(Finding("xdm-too-many-entries", "ExtrinsicObject", (("limit", str(MAX_ENTRIES)),)))
    return Submission(
        submission_set=_read_set(_Registered(sets[0], "SubmissionSet")),
        entries=tuple(
            _read_entry(_Registered(element, f"DocumentEntry[{number}]")) for number, element in enumerate(described, 1)
        ),
        memberships=tuple(_read_memberships(root)),
    )


@dataclass(frozen=True, slots=True)
class _Registered:
    """A registry object, asked for its slots, codes and identifiers by name."""

    element: etree._Element
    path: str

    def attribute(self, name: str) -> str:
        return self.element.get(name, "")

    def slot(self, name: str) -> tuple[str, ...]:
        return _slot(self.element, name)

    def value(self, name: str) -> str:
        """The only value of a slot, or nothing."""
        return self._single(name, self.slot(name)) or ""

    def time(self, name: str) -> datetime | None:
        return read_utc(self.value(name))

    def text(self, name: str) -> str:
        found = self.element.find(f"{_RIM}{name}/{_RIM}LocalizedString")
        return "" if found is None else found.get("value", "")

    def identifier(self, scheme: str) -> str:
        found = self.element.iterfind(f"{_RIM}ExternalIdentifier[@identificationScheme='{scheme}']")
        return self._single(scheme, tuple(e.get("value", "").strip() for e in found)) or ""

    def codes(self, scheme: str) -> tuple[Code, ...]:
        return tuple(_code(element) for element in self._classifications(scheme))

    def code(self, scheme: str) -> Code | None:
        return self._single(scheme, self.codes(scheme))

    def authors(self, scheme: str) -> tuple[Author, ...]:
        return tuple(_author(element) for element in self._classifications(scheme))

    def _classifications(self, scheme: str) -> Iterator[etree._Element]:
        return self.element.iterfind(f"{_RIM}Classification[@classificationScheme='{scheme}']")

    def _single(self, name: str, values: tuple[T, ...]) -> T | None:
        if len(values) > 1:
            raise InputError(Finding("xdm-attribute-repeated", f"{self.path}/{name}", (("attribute", name),)))
        return values[0] if values else None


def _read_entry(entry: _Registered) -> DocumentEntry:
    size = entry.value("size")
    return DocumentEntry(
        entry_uuid=entry.attribute("id"),
        uri=entry.value("URI"),
        unique_id=entry.identifier(oids.ENTRY_UNIQUE_ID),
        patient_id=entry.identifier(oids.ENTRY_PATIENT_ID),
        hash=entry.value("hash").lower(),
        size=int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
        mime_type=entry.attribute("mimeType"),
        title=entry.text("Name"),
        language=entry.value("languageCode"),
        creation_time=entry.time("creationTime"),
        service_start=entry.time("serviceStartTime"),
        service_stop=entry.time("serviceStopTime"),
        legal_authenticator=entry.value("legalAuthenticator"),
        source_patient_id=entry.value("sourcePatientId"),
        source_patient_info=entry.slot("sourcePatientInfo"),
        authors=entry.authors(oids.ENTRY_AUTHOR),
        class_code=entry.code(oids.ENTRY_CLASS_CODE),
        type_code=entry.code(oids.ENTRY_TYPE_CODE),
        format_code=entry.code(oids.ENTRY_FORMAT_CODE),
        facility_type=entry.code(oids.ENTRY_FACILITY_TYPE),
        practice_setting=entry.code(oids.ENTRY_PRACTICE_SETTING),
        confidentiality=entry.codes(oids.ENTRY_CONFIDENTIALITY),
        event_codes=entry.codes(oids.ENTRY_EVENT_CODE),
        reference_ids=entry.slot(oids.REFERENCE_ID_LIST),
        comments=entry.text("Description"),
    )


def _read_set(registered: _Registered) -> SubmissionSet:
    return SubmissionSet(
        set_uuid=registered.attribute("id"),
        unique_id=registered.identifier(oids.SET_UNIQUE_ID),
        source_id=registered.identifier(oids.SET_SOURCE_ID),
        patient_id=registered.identifier(oids.SET_PATIENT_ID),
        submission_time=registered.time("submissionTime"),
        authors=registered.authors(oids.SET_AUTHOR),
        content_type=registered.code(oids.SET_CONTENT_TYPE),
        intended_recipients=registered.slot("intendedRecipient"),
        title=registered.text("Name"),
        comments=registered.text("Description"),
    )


def _read_memberships(root: etree._Element) -> Iterator[Membership]:
    for association in root.iter(f"{_RIM}Association"):
        # XDS.b writes the URN; older software wrote the last word alone.
        if association.get("associationType", "").rpartition(":")[2] == oids.HAS_MEMBER.rpartition(":")[2]:
            ends = association.get("sourceObject", ""), association.get("targetObject", "")
            yield Membership(association.get("id", ""), *ends)


def _is_folder(package: etree._Element) -> bool:
    return package.find(f"{_RIM}Classification[@classificationNode='{oids.FOLDER_NODE}']") is not None


def _slot(element: etree._Element, name: str) -> tuple[str, ...]:
    found = element.iterfind(f"{_RIM}Slot[@name='{name}']/{_RIM}ValueList/{_RIM}Value")
    return tuple((value.text or "").strip() for value in found)


def _code(element: etree._Element) -> Code:
    name = element.find(f"{_RIM}Name/{_RIM}LocalizedString")
    display = "" if name is None else name.get("value", "")
    return Code(element.get("nodeRepresentation", ""), display, "".join(_slot(element, "codingScheme")[:1]))


def _author(element: etree._Element) -> Author:
    return Author(
        person="".join(_slot(element, "authorPerson")[:1]),
        institutions=_slot(element, "authorInstitution"),
        roles=_slot(element, "authorRole"),
        specialties=_slot(element, "authorSpecialty"),
    )
