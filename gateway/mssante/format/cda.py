"""CDA, from bytes and to bytes: the door of this room for whoever handles a document.

The values are in `clinical_document`, the body in `cda_body`, the rules that we check ourselves in `cda_rules`.

Source: HL7 CDA R2; ANS, Structuration minimale des documents de santé.
"""

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format import xml
from gateway.mssante.format.cda_body import BodyKind, body_kind, embedded_pdf, media_type, with_pdf
from gateway.mssante.format.cda_rules import check
from gateway.mssante.format.clinical_document import ClinicalDocument, Code, Id, Organization, Patient, Person
from gateway.mssante.format.oids import HL7_V3

__all__ = [
    "BodyKind", "ClinicalDocument", "Code", "Id", "Organization", "Patient", "Person",
    "body_kind", "check", "embedded_pdf", "media_type", "read", "with_pdf", "write",
]  # fmt: skip


def read(content: bytes) -> ClinicalDocument:
    """A document from its bytes. Raises InputError: a code of `xml.parse`, then `cda-unreadable`.

    Reads any ClinicalDocument; `check` says which header rules it breaks.
    """
    root = xml.parse(content, "cda-unreadable")
    if root.tag != f"{{{HL7_V3}}}ClinicalDocument":
        raise InputError([Finding("cda-not-a-clinical-document"), Finding("cda-unreadable")])
    return ClinicalDocument(root)


def write(document: ClinicalDocument) -> bytes:
    """The bytes of a document. The same document gives the same bytes, and `write(read(b)) == b` for what we wrote."""
    return xml.serialise(document.root)
