"""Metadata derived from the documents themselves, so that the two can never disagree.

Source: ANS, Volet Transmission d'un document CDA, mapping of the CDA header to XDS metadata; ASS_X04; ASS_A11.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import NAMESPACE_OID, uuid5

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format import cda, xds_strings
from gateway.mssante.format.cda import BodyKind, ClinicalDocument, Code
from gateway.mssante.format.oids import REFERENCE_ID_ORDER, TRE_A03_CLASS_CODE, TRE_R209_CONTENT_TYPE
from gateway.mssante.format.submission import (
    DocumentEntry,
    Membership,
    Submission,
    SubmissionContext,
    SubmissionSet,
)
from gateway.tables import read_table

T = TypeVar("T")

_HERE: Final = "gateway.mssante.format"
_CLASS_OF: Final = {row["type_code"]: row["class_code"] for row in read_table(_HERE, "class_codes.tsv")}
_CLASS_NAMES: Final = {row["code"]: row["display"] for row in read_table(_HERE, "class_names.tsv")}
_FORMATS: Final = {
    row["key"]: Code(row["code"], row["display"], row["system"]) for row in read_table(_HERE, "format_codes.tsv")
}
_CONTENT_TYPES: Final = {
    row["encounter"]: Code(row["code"], row["display"], TRE_R209_CONTENT_TYPE)
    for row in read_table(_HERE, "content_types.tsv")
}
_ANY: Final = "*"
CDA_MIME_TYPE: Final = "text/xml"


def from_documents(documents: Sequence[tuple[str, bytes]], context: SubmissionContext) -> Submission:
    """The metadata of these documents, given as (file name in the archive, final bytes), in their order.

    Raises InputError: a document that is no CDA, or lacks what metadata cannot do without (`xds-header-incomplete`),
    a type without a class (`xds-class-unknown`), documents of two patients (`xdm-two-patients`).
    """
    read = [(name, content, cda.read(content)) for name, content in documents]
    entries = tuple(
        entry_of(document, name, content, _uuid(context, f"entry-{number}"), context.masks)
        for number, (name, content, document) in enumerate(read, 1)
    )
    if len({entry.patient_id for entry in entries}) != 1:
        raise InputError(Finding("xdm-two-patients", "SubmissionSet/patientId"))
    submission_set = _set_of([document for _, _, document in read], entries[0].patient_id, context)
    memberships = (
        Membership(_uuid(context, f"member-{number}"), submission_set.set_uuid, entry.entry_uuid)
        for number, entry in enumerate(entries, 1)
    )
    return Submission(submission_set, entries, tuple(memberships))


def entry_of(
    document: ClinicalDocument, uri: str, content: bytes, entry_uuid: str, masks: tuple[Code, ...] = ()
) -> DocumentEntry:
    """The entry of one document whose final bytes are `content`."""
    _check_header(document)
    patient = document.patient
    patient_id = _required(patient.ins or patient.local_id)
    confidentiality = (_required(document.confidentiality), *masks)
    return DocumentEntry(
        entry_uuid=entry_uuid,
        uri=uri,
        unique_id=str(_required(document.id)),
        patient_id=xds_strings.cx(patient_id),
        hash=sha1(content),
        size=len(content),
        mime_type=CDA_MIME_TYPE,
        title=document.title,
        language=document.language or "",
        creation_time=_utc(document.effective_time),
        service_start=_utc(document.service_start),
        service_stop=_utc(document.service_stop),
        legal_authenticator=xds_strings.xcn(document.legal_authenticator) if document.legal_authenticator else "",
        source_patient_id=xds_strings.cx(patient.local_id or patient_id),
        source_patient_info=xds_strings.patient_info(patient),
        authors=tuple(xds_strings.author(person) for person in document.authors),
        class_code=_required(class_of(document)),
        type_code=document.code,
        format_code=format_of(document),
        facility_type=document.facility_type,
        practice_setting=document.practice_setting,
        confidentiality=confidentiality,
        event_codes=document.service_codes,
        reference_ids=tuple(_order_reference(order) for order in document.order_ids),
    )


def class_of(document: ClinicalDocument) -> Code | None:
    """The class that table ASS_X04 gives the document's type, or None where the table does not know the type."""
    code = _CLASS_OF.get(document.code.code) if document.code else None
    return Code(code, _CLASS_NAMES[code], TRE_A03_CLASS_CODE) if code else None


def has_class(type_code: str) -> bool:
    """Whether table ASS_X04 knows the type: a document of another type cannot be announced."""
    return type_code in _CLASS_OF


def format_of(document: ClinicalDocument) -> Code:
    """The format of the body that is really there: by media type, by model, or "not referenced"."""
    structured = cda.body_kind(document) is BodyKind.STRUCTURED
    keys: Iterable[str] = (i.root for i in document.template_ids) if structured else [cda.media_type(document) or ""]
    return next((_FORMATS[key] for key in keys if key in _FORMATS), _FORMATS[_ANY])


def sha1(content: bytes) -> str:
    """The hash that XDS asks for. It finds accidents, not attacks."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


_NEEDED: Final = (
    "id", "code", "effective_time", "language", "confidentiality", "legal_authenticator", "service_start",
    "facility_type", "practice_setting", "authors", "patient_ids",
)  # fmt: skip


def _check_header(document: ClinicalDocument) -> None:
    missing = [name for name in _NEEDED if not getattr(document, name)]
    if not document.patient.ins and not document.patient.local_id:
        missing.append("patient_ids")
    if missing:
        facts = (("missing", ", ".join(dict.fromkeys(missing))),)
        raise InputError(Finding("xds-header-incomplete", "ClinicalDocument", facts))
    if class_of(document) is None:
        raise InputError(Finding("xds-class-unknown", "ClinicalDocument/code"))


def _set_of(documents: Sequence[ClinicalDocument], patient_id: str, context: SubmissionContext) -> SubmissionSet:
    encounter = documents[0].encounter_code
    return SubmissionSet(
        set_uuid=_uuid(context, "set"),
        unique_id=context.unique_id,
        source_id=context.source_id,
        patient_id=patient_id,
        submission_time=_utc(context.submission_time),
        authors=(context.sender,),
        content_type=context.content_type
        or _CONTENT_TYPES.get(encounter.code if encounter else _ANY, _CONTENT_TYPES[_ANY]),
        intended_recipients=context.intended_recipients,
        title=context.title or label_of([d.code.display for d in documents if d.code]),
    )


def label_of(type_names: Sequence[str]) -> str:
    """What a sending is called: the type of its document, or how many there are. Source: MSSanté ECO.2.1.3."""
    return type_names[0] if len(type_names) == 1 else f"{len(type_names)} documents"


def _order_reference(order: cda.Id) -> str:
    """CXi of an order id. Source: IHE ITI TF-3 §4.2.3.2.28."""
    extension = order.extension or order.root
    authority = f"&{order.root}&ISO" if order.extension else ""
    return f"{xds_strings.escape(extension)}^^^{authority}^{REFERENCE_ID_ORDER}"


def _uuid(context: SubmissionContext, part: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_OID, f'{context.unique_id}#{part}')}"


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(microsecond=0) if moment else None


def _required(value: T | None) -> T:
    assert value is not None, "_check_header has seen to it"
    return value
