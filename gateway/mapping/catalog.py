"""Our table of document types: which message becomes which document, and back. No default is chosen in silence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.errors import MappingError
from gateway.fhir.format.bundle import Message
from gateway.mapping.context import Context
from gateway.mapping.document_types import any_document, referral
from gateway.mapping.document_types.written import Written
from gateway.mapping.parts.people import Resource
from gateway.mapping.result import Mapped
from gateway.model import Finding
from gateway.mssante.format.cda import ClinicalDocument


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One row of the catalog."""

    name: str
    version: str
    event: str
    """The FHIR message that it maps."""
    code: str
    """ClinicalDocument/code."""
    label: str
    """What it is called, in French."""
    to_cda: Callable[[Message, Context, str, str], Mapped[Written]]
    """(message, context, hash of the source, form: `level-1` or `level-3`)."""
    to_fhir: Callable[[Sequence[ClinicalDocument], Context, str], Mapped[Resource]]
    """Of the documents of one submission, the first being of this type."""


DOCUMENT_TYPES: tuple[DocumentType, ...] = (
    DocumentType(
        referral.MAP,
        referral.VERSION,
        referral.EVENT,
        referral.CODE.code,
        "Lettre d'adressage",
        referral.to_cda,
        referral.to_fhir,
    ),
)


def type_of_message(event: str) -> DocumentType:
    """The document type of a message event. Raises MappingError `unsupported-document`."""
    found = next((row for row in DOCUMENT_TYPES if row.event == event), None)
    if found is None:
        raise MappingError(Finding("unsupported-document", "Bundle.entry[0].resource.eventCoding.code"))
    return found


def type_of_document(code: str | None) -> DocumentType | None:
    """The document type of a CDA code, or None: then `document_to_fhir` carries it whole."""
    return next((row for row in DOCUMENT_TYPES if row.code == code), None)


def document_to_fhir(document: ClinicalDocument, context: Context, source_hash: str) -> Mapped[Resource]:
    """A message Bundle where the document has a message, else a document Bundle."""
    known = type_of_document(document.code.code if document.code else None)
    if known is None:
        return any_document.to_fhir(document, context, source_hash)
    return known.to_fhir([document], context, source_hash)
