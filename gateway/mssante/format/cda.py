"""CDA, from bytes and to bytes: the door of this room for whoever handles a document.

The values are in `clinical_document`, the body in `cda_body`, the rules that we check ourselves in `cda_rules`.

Source: HL7 CDA R2; ANS, Structuration minimale des documents de santé, and its self-displaying example documents.
"""

from typing import Final

from lxml import etree

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format import xml
from gateway.mssante.format.cda_body import BodyKind, body_kind, embedded_pdf, media_type, with_pdf
from gateway.mssante.format.cda_rules import check
from gateway.mssante.format.clinical_document import ClinicalDocument, Code, Id, Organization, Patient, Person
from gateway.mssante.format.oids import HL7_V3, XSLT

__all__ = [
    "BodyKind", "ClinicalDocument", "Code", "Id", "Organization", "Patient", "Person",
    "body_kind", "check", "embedded_pdf", "media_type", "read", "with_pdf", "write",
]  # fmt: skip


_DOCUMENT: Final = f"{{{HL7_V3}}}ClinicalDocument"
_STYLESHEETS: Final = frozenset({f"{{{XSLT}}}stylesheet", f"{{{XSLT}}}transform"})


def read(content: bytes) -> ClinicalDocument:
    """A document from its bytes. Raises InputError: a code of `xml.parse`, then `cda-unreadable`.

    Reads any ClinicalDocument; `check` says which header rules it breaks. Of a stylesheet that displays the one
    document inside it, that document is read; the stylesheet itself is never run.
    """
    root = xml.parse(content, "cda-unreadable")
    if root.tag == _DOCUMENT:
        return ClinicalDocument(root)
    inside = list(root.iter(_DOCUMENT)) if root.tag in _STYLESHEETS else []
    if len(inside) != 1:
        raise InputError([Finding("cda-not-a-clinical-document"), Finding("cda-unreadable")])
    return ClinicalDocument(_alone(inside[0]), came_in_stylesheet=True)


def _alone(element: etree._Element) -> etree._Element:
    """The element as the root of its own tree, with the namespaces that its values (`xsi:type`) may name."""
    return xml.parse(etree.tostring(element, encoding="UTF-8", with_tail=False), "cda-unreadable")


def write(document: ClinicalDocument) -> bytes:
    """The bytes of a document. The same document gives the same bytes, and `write(read(b)) == b` for what we wrote."""
    return xml.serialise(document.root)
