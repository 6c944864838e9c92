"""The section "Copie du document": a level 3 document carries the very PDF that people read.

Source: ANS CI-SIS, section FR-Copie-du-document (1.2.250.1.213.1.1.2.243), entry FR-Document-attache
(1.2.250.1.213.1.1.3.18); the title is fixed.
"""

from base64 import b64encode
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from lxml import etree

from gateway.mssante.format.build import add
from gateway.mssante.format.clinical_document import elements, first
from gateway.mssante.format.oids import (
    LOINC,
    TEMPLATE_ATTACHED_DOCUMENT,
    TEMPLATE_ATTACHED_DOCUMENT_TYPE,
    TEMPLATE_IHE_SIMPLE_OBSERVATION,
    TEMPLATE_PDF_COPY_SECTION,
    TEMPLATE_SIMPLE_OBSERVATION,
)

TITLE: Final = "Copie du document"
_MEDIA_ID: Final = "copie"
_TYPE_ID: Final = "copie-type"


def put_pdf_copy(root: etree._Element, pdf: bytes) -> None:
    """Make `pdf` the copy of the document: its last section, put in the place of an earlier copy."""
    body = first(root, "component/structuredBody")
    assert body is not None, "the caller knows that the body is structured"
    for component in list(elements(body, "component")):
        if first(component, f"section/templateId[@root='{TEMPLATE_PDF_COPY_SECTION}']") is not None:
            body.remove(component)
    section = add(add(body, "component"), "section")
    add(section, "templateId", root=TEMPLATE_PDF_COPY_SECTION)
    add(section, "id", root=_id(root, "section"))
    _code(section, "55108-5", TITLE)
    add(section, "title", TITLE)
    text = add(section, "text")
    add(add(text, "paragraph"), "content", TITLE, ID=_TYPE_ID)
    add(text, "renderMultiMedia", referencedObject=_MEDIA_ID)
    _organizer(add(section, "entry"), root, pdf)


def _organizer(entry: etree._Element, root: etree._Element, pdf: bytes) -> None:
    organizer = add(entry, "organizer", classCode="CLUSTER", moodCode="EVN")
    add(organizer, "templateId", root=TEMPLATE_ATTACHED_DOCUMENT)
    add(organizer, "id", root=_id(root, "organizer"))
    _code(organizer, "55107-7", "Document attaché")
    add(organizer, "statusCode", code="completed")
    _type(add(organizer, "component"), root)
    media = add(add(organizer, "component"), "observationMedia", classCode="OBS", moodCode="EVN", ID=_MEDIA_ID)
    content = b64encode(pdf).decode("ascii")
    add(media, "value", content, mediaType="application/pdf", representation="B64")


def _type(component: etree._Element, root: etree._Element) -> None:
    observation = add(component, "observation", classCode="OBS", moodCode="EVN", negationInd="false")
    templates = (TEMPLATE_IHE_SIMPLE_OBSERVATION, TEMPLATE_SIMPLE_OBSERVATION, TEMPLATE_ATTACHED_DOCUMENT_TYPE)
    for template in templates:
        add(observation, "templateId", root=template)
    add(observation, "id", root=_id(root, "type"))
    _code(observation, "69764-9", "Type de document")
    add(add(observation, "text"), "reference", value=f"#{_TYPE_ID}")
    add(observation, "statusCode", code="completed")
    add(observation, "effectiveTime", nullFlavor="NA")
    _code(observation, "55108-5", TITLE, element="value", xsi_type="CD")


def _code(parent: etree._Element, code: str, display: str, element: str = "code", xsi_type: str | None = None) -> None:
    names = {"code": code, "displayName": display, "codeSystem": LOINC, "codeSystemName": "LOINC"}
    add(parent, element, xsi_type=xsi_type, **names)


def _id(root: etree._Element, part: str) -> str:
    """Derived from the document's own id, so that doing it twice gives the same bytes."""
    own = first(root, "id")
    return str(uuid5(NAMESPACE_OID, f"{own.get('root') if own is not None else ''}/copy/{part}")).upper()
