"""What a CDA carries: a PDF (level 1) or sections with a copy of the PDF (level 3).

Source: IHE ITI TF-3 §5.2 (XDS-SD); ANS, Structuration minimale (nonXMLBody); ANS, section "Copie du document".
"""

import base64
import binascii
from copy import deepcopy
from enum import StrEnum
from typing import Final

from lxml import etree

from gateway.errors import InputError
from gateway.model import Finding
from gateway.mssante.format.clinical_document import ClinicalDocument, elements, first
from gateway.mssante.format.oids import TEMPLATE_PDF_COPY_SECTION
from gateway.mssante.format.pdf_copy import put_pdf_copy

PDF: Final = "application/pdf"
_TEXT: Final = "component/nonXMLBody/text"
_SECTIONS: Final = "component/structuredBody/component/section"
_MEDIA: Final = "entry/organizer/component/observationMedia/value"


class BodyKind(StrEnum):
    """What the body is, by its own shape, whatever metadata say of it."""

    PDF = "pdf"
    OTHER = "other"
    """A body that is not XML and not a PDF."""
    STRUCTURED = "structured"
    NONE = "none"


def media_type(document: ClinicalDocument) -> str | None:
    """The media type of a body that is not XML."""
    text = first(document.root, _TEXT)
    return None if text is None else (text.get("mediaType") or "text/plain").lower()


def body_kind(document: ClinicalDocument) -> BodyKind:
    """Level 1 with a PDF, level 1 with something else, structured, or no body at all."""
    if first(document.root, "component/structuredBody") is not None:
        return BodyKind.STRUCTURED
    kind = media_type(document)
    if kind is None:
        return BodyKind.NONE
    return BodyKind.PDF if kind == PDF else BodyKind.OTHER


def pdf_element(document: ClinicalDocument) -> etree._Element | None:
    """The element whose text is the PDF in base64: the body of level 1, the copy of level 3."""
    if body_kind(document) is BodyKind.PDF:
        return first(document.root, _TEXT)
    section = pdf_copy_section(document)
    media = () if section is None else elements(section, _MEDIA)
    return next((value for value in media if value.get("mediaType") == PDF), None)


def pdf_copy_section(document: ClinicalDocument) -> etree._Element | None:
    """The section "Copie du document" of a level 3 document."""
    for section in elements(document.root, _SECTIONS):
        if first(section, f"templateId[@root='{TEMPLATE_PDF_COPY_SECTION}']") is not None:
            return section
    return None


def embedded_pdf(document: ClinicalDocument) -> bytes | None:
    """The PDF that the document carries; None where there is none or its base64 is broken."""
    element = pdf_element(document)
    if element is None or element.get("representation") != "B64":
        return None
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def with_pdf(document: ClinicalDocument, pdf: bytes) -> ClinicalDocument:
    """The same document carrying `pdf`: as its body (level 1), or as its section "Copie du document" (level 3).

    Raises InputError `cda-no-body` where the document has no body to fill.
    """
    kind = body_kind(document)
    if kind is BodyKind.NONE:
        raise InputError(Finding("cda-no-body", "ClinicalDocument/component"))
    copy = ClinicalDocument(deepcopy(document.root.getroottree()).getroot())
    if kind is not BodyKind.STRUCTURED:
        return _fill_text(copy, pdf)
    put_pdf_copy(copy.root, pdf)
    return copy


def _fill_text(document: ClinicalDocument, pdf: bytes) -> ClinicalDocument:
    text = next(elements(document.root, _TEXT))
    del text[:]
    text.attrib.clear()
    text.set("mediaType", PDF)
    text.set("representation", "B64")
    text.text = base64.b64encode(pdf).decode("ascii")
    return document
