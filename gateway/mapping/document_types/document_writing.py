"""A FHIR document Bundle → CDA: whatever its type, by its Composition. The way back of `any_document.to_fhir`.

The Composition says the type, the people and the order of the sections; words and entries are those of a letter. A
type that no metadata can announce (outside JDV_J07 or ASS_X04) is refused, never renamed.
Source: FHIR R4 Composition; ANS "Structuration minimale"; JDV_J07; ASS_X04.
"""

from dataclasses import replace

from gateway.errors import MappingError
from gateway.fhir.format import systems
from gateway.fhir.format.bundle import Message
from gateway.mapping.context import Context
from gateway.mapping.document_types.attachments import attachments_to_cda
from gateway.mapping.document_types.written import Draft, Written
from gateway.mapping.letter import write_letter
from gateway.mapping.parts import coding, dates, header
from gateway.mapping.parts.body import Body, Entries, write_entries
from gateway.mapping.parts.header import DocumentCode, HeaderSource
from gateway.mapping.parts.resolving import Resolver
from gateway.mapping.receipts import fhir_receipt
from gateway.mapping.result import Ledger, Mapped, Side
from gateway.mapping.source import Element
from gateway.mapping.terminology import display_of, oid_of
from gateway.model import Finding
from gateway.mssante.format import oids
from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.xds_from_cda import has_class

MAP, VERSION = "any-document", "1.0.0"
LEVEL_3 = (oids.TEMPLATE_MEDICAL_DOCUMENT,)
"""Reports and plans without a national model. Source: IHE PCC TF-2 (Medical Documents)."""


def to_cda(message: Message, context: Context, source_hash: str = "", form: str = "level-1") -> Mapped[Written]:
    """The document, its letter, and the receipt of loss. Raises MappingError `unsupported-document`."""
    ledger = Ledger()
    resolver = Resolver(message, ledger)
    source = _header_source(resolver)
    if form == "level-3":
        source = replace(source, templates=LEVEL_3)
    root = header.to_cda(source, context)
    attached = attachments_to_cda(resolver, replace(source, templates=header.LEVEL_1), context)
    entries = _entries(resolver, context, source) if form == "level-3" else None
    letter = write_letter(
        message, ledger, document_id=context.oid("letter/id"), written_at=context.at, how_to_answer=""
    )
    if entries:
        Body(context, entries).write(root, letter)
    receipt = fhir_receipt(MAP, VERSION, message, ledger, source_hash, Side("cda", source.code.code))
    return Mapped(Written(letter, (Draft(ClinicalDocument(root)), *attached)), receipt)


def _entries(resolver: Resolver, context: Context, source: HeaderSource) -> Entries:
    written_at = dates.to_cda(source.written_at.peek() or "") or ""
    return write_entries(resolver, resolver.nothing("ServiceRequest"), context, written_at)


def _header_source(resolver: Resolver) -> HeaderSource:
    composition = resolver.one("Composition")
    patient = resolver.follow(composition["subject"])
    author = resolver.professional(composition.first("author"))
    encounter = resolver.follow(composition["encounter"])
    facility = resolver.professional(encounter["serviceProvider"])
    doctor = resolver.professional(patient.first("generalPractitioner"))
    code = _code(composition)
    return HeaderSource(
        place="letter",
        code=code,
        title=composition["title"].structured("document-title") or code.display,
        written_at=composition["date"],
        patient=patient,
        author=author,
        recipients=(),
        orders=(),
        encounter=encounter,
        facility=facility if facility.organization.exists else author,
        treating_doctor=doctor if doctor.person_id else None,
        confidentiality=header.choose_confidentiality(composition["confidentiality"]),
    )


def _code(composition: Element) -> DocumentCode:
    given = coding.coding_in(composition["type"], systems.LOINC)
    code = given["code"].peek() if given else None
    known = display_of("type_codes", code) if code else None
    if not given or not code or not known or not has_class(code):
        raise MappingError(Finding("unsupported-document", f"{composition.path}.type"))
    for name in ("system", "code"):
        given[name].structured("document-type")
    return DocumentCode(code, given["display"].structured("document-type") or known, oid_of(systems.LOINC) or "")
