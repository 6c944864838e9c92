"""METADATA.XML from a `Submission`: fixed order, numbered ids, so the same submission gives the same bytes.

Source: IHE ITI TF-3 §4.2.3.2 and §4.2.3.3; IHE ITI TF-2 §3.32 (XDM); OASIS ebRIM 3.0.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Final

from lxml import etree

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format import oids, xml
from gateway.mssante.format.clinical_document import Code
from gateway.mssante.format.submission import Author, DocumentEntry, Membership, Submission, SubmissionSet
from gateway.mssante.format.times import write_utc

_RIM: Final = f"{{{oids.EBXML_RIM}}}"
_NAMESPACES: Final = {"lcm": oids.EBXML_LCM, None: oids.EBXML_RIM}
_LANGUAGE: Final = "fr-FR"
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_AUTHOR_SLOTS: Final = ("authorPerson", "authorInstitution", "authorRole", "authorSpecialty")


def write(submission: Submission) -> bytes:
    """METADATA.XML of a submission. Raises InputError `xdm-value-refused` for a text that XML cannot hold."""
    root = etree.Element(f"{{{oids.EBXML_LCM}}}SubmitObjectsRequest", nsmap=_NAMESPACES)  # type: ignore[arg-type]
    writer = _Writer(_add(root, "RegistryObjectList"))
    try:
        for entry in submission.entries:
            writer.entry(entry)
        writer.submission_set(submission.submission_set)
        for membership in submission.memberships:
            writer.membership(membership)
    except ValueError:  # lxml, for a control character or a lone surrogate
        raise InputError(Finding("xdm-value-refused", "METADATA.XML")) from None
    return xml.serialise(root)


@dataclass(slots=True)
class _Writer:
    """Adds registry objects to a list, numbering classifications and identifiers through the whole file."""

    objects: etree._Element
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def entry(self, entry: DocumentEntry) -> None:
        element = _add(
            self.objects,
            "ExtrinsicObject",
            id=entry.entry_uuid,
            mimeType=entry.mime_type,
            objectType=oids.STABLE_DOCUMENT,
            status=oids.STATUS_APPROVED,
        )
        for name, values in _entry_slots(entry):
            _slot(element, name, values)
        _international(element, "Name", entry.title)
        _international(element, "Description", entry.comments)
        for author in entry.authors:
            self._author(element, oids.ENTRY_AUTHOR, author)
        for scheme, codes in _entry_codes(entry):
            for code in codes:
                self._code(element, scheme, code)
        self._identifier(element, oids.ENTRY_PATIENT_ID, entry.patient_id, "XDSDocumentEntry.patientId")
        self._identifier(element, oids.ENTRY_UNIQUE_ID, entry.unique_id, "XDSDocumentEntry.uniqueId")

    def submission_set(self, submission_set: SubmissionSet) -> None:
        element = _add(self.objects, "RegistryPackage", id=submission_set.set_uuid, status=oids.STATUS_APPROVED)
        _slot(element, "submissionTime", _time(submission_set.submission_time))
        _slot(element, "intendedRecipient", submission_set.intended_recipients)
        _international(element, "Name", submission_set.title)
        _international(element, "Description", submission_set.comments)
        _add(
            element,
            "Classification",
            id=self._id("cl"),
            classifiedObject=submission_set.set_uuid,
            classificationNode=oids.SUBMISSION_SET_NODE,
        )
        for author in submission_set.authors:
            self._author(element, oids.SET_AUTHOR, author)
        if submission_set.content_type:
            self._code(element, oids.SET_CONTENT_TYPE, submission_set.content_type)
        self._identifier(element, oids.SET_PATIENT_ID, submission_set.patient_id, "XDSSubmissionSet.patientId")
        self._identifier(element, oids.SET_SOURCE_ID, submission_set.source_id, "XDSSubmissionSet.sourceId")
        self._identifier(element, oids.SET_UNIQUE_ID, submission_set.unique_id, "XDSSubmissionSet.uniqueId")

    def membership(self, membership: Membership) -> None:
        element = _add(
            self.objects,
            "Association",
            id=membership.association_uuid,
            associationType=oids.HAS_MEMBER,
            sourceObject=membership.source,
            targetObject=membership.target,
        )
        _slot(element, "SubmissionSetStatus", ("Original",))

    def _classification(self, parent: etree._Element, scheme: str, node: str) -> etree._Element:
        return _add(
            parent,
            "Classification",
            id=self._id("cl"),
            classificationScheme=scheme,
            classifiedObject=parent.get("id", ""),
            nodeRepresentation=node,
        )

    def _code(self, parent: etree._Element, scheme: str, code: Code) -> None:
        element = self._classification(parent, scheme, code.code)
        _slot(element, "codingScheme", (code.system,))
        _international(element, "Name", code.display or code.code)

    def _author(self, parent: etree._Element, scheme: str, author: Author) -> None:
        element = self._classification(parent, scheme, "")
        values = ((author.person,), author.institutions, author.roles, author.specialties)
        for name, slot_values in zip(_AUTHOR_SLOTS, values, strict=True):
            _slot(element, name, slot_values)

    def _identifier(self, parent: etree._Element, scheme: str, value: str, name: str) -> None:
        element = _add(
            parent,
            "ExternalIdentifier",
            id=self._id("ei"),
            registryObject=parent.get("id", ""),
            identificationScheme=scheme,
            value=value,
        )
        _international(element, "Name", name)

    def _id(self, prefix: str) -> str:
        return f"{prefix}{next(self.numbers):02}"


def _entry_slots(entry: DocumentEntry) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("creationTime", _time(entry.creation_time)),
        ("hash", (entry.hash,)),
        ("languageCode", (entry.language,)),
        ("legalAuthenticator", (entry.legal_authenticator,)),
        ("serviceStartTime", _time(entry.service_start)),
        ("serviceStopTime", _time(entry.service_stop)),
        ("size", () if entry.size is None else (str(entry.size),)),
        ("sourcePatientId", (entry.source_patient_id,)),
        ("sourcePatientInfo", entry.source_patient_info),
        ("URI", (entry.uri,)),
        (oids.REFERENCE_ID_LIST, entry.reference_ids),
    )


def _entry_codes(entry: DocumentEntry) -> tuple[tuple[str, tuple[Code, ...]], ...]:
    singles = (
        (oids.ENTRY_CLASS_CODE, entry.class_code),
        (oids.ENTRY_TYPE_CODE, entry.type_code),
        (oids.ENTRY_FORMAT_CODE, entry.format_code),
        (oids.ENTRY_FACILITY_TYPE, entry.facility_type),
        (oids.ENTRY_PRACTICE_SETTING, entry.practice_setting),
    )
    return (
        *((scheme, (code,) if code else ()) for scheme, code in singles),
        (oids.ENTRY_CONFIDENTIALITY, entry.confidentiality),
        (oids.ENTRY_EVENT_CODE, entry.event_codes),
    )


def _add(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{_RIM}{tag}", attributes)


def _slot(parent: etree._Element, name: str, values: tuple[str, ...]) -> None:
    """A slot; none where there is no value."""
    if not any(values):
        return
    value_list = _add(_add(parent, "Slot", name=name), "ValueList")
    for value in values:
        _add(value_list, "Value").text = value


def _international(parent: etree._Element, name: str, value: str) -> None:
    if value:
        text = _add(_add(parent, name), "LocalizedString")
        text.attrib.update({_XML_LANG: _LANGUAGE, "charset": "UTF-8", "value": value})


def _time(moment: datetime | None) -> tuple[str, ...]:
    return (write_utc(moment),) if moment else ()
