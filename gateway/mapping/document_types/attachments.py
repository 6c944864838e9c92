"""PDF attachments of a message → further level 1 documents of the same archive.

A PDF cannot be bound into the letter without touching its bytes, so it travels as a document of its own, of the type
that its author gave it. Pictures and plain text are printed with the letter (`mapping.letter`).
Source: MSSanté ECO.2.1.1 (one PDF per CDA beside the archive); JDV_J07 for the type.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from dataclasses import replace

from gateway.errors import InputError
from gateway.fhir.format import systems
from gateway.mapping.context import Context
from gateway.mapping.document_types.written import Draft
from gateway.mapping.parts import coding, header
from gateway.mapping.parts.header import DocumentCode, HeaderSource
from gateway.mapping.parts.resolving import Resolver
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element
from gateway.mapping.terminology import display_of, oid_of
from gateway.model import Finding
from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.xds_from_cda import has_class

_PDF = "application/pdf"
_DEFAULT = DocumentCode("34120-6", "Bilan par professionnel de santé")
"""For an attachment without a type of its own."""


def attachments_to_cda(resolver: Resolver, source: HeaderSource, context: Context) -> tuple[Draft, ...]:
    """One draft per PDF, with the sender's bytes. Raises InputError where an attachment cannot be carried."""
    found = [(document, part) for document in resolver.all("DocumentReference") for part in document.each("content")]
    drafts: list[Draft] = []
    for document, content in found:
        attachment = content["attachment"]
        if attachment["contentType"].peek() == _PDF:
            drafts.append(_draft(resolver, document, attachment, len(drafts), source, context))
    return tuple(drafts)


def _draft(
    resolver: Resolver, document: Element, attachment: Element, index: int, source: HeaderSource, context: Context
) -> Draft:
    pdf = _content(resolver, attachment)
    code = _code(document)
    title = attachment["title"].structured("attachment-title") or document["description"].peek() or code.display
    attachment["contentType"].structured("attachment-type")
    own = replace(source, place=f"attachment[{index}]", code=code, title=title)
    return Draft(ClinicalDocument(header.to_cda(own, context)), pdf)


def _code(document: Element) -> DocumentCode:
    """The type of the attachment where it is a code of JDV_J07; else the general one, said so in the receipt."""
    given = coding.coding_in(document["type"], systems.LOINC)
    code = given["code"].peek() if given else None
    known = display_of("type_codes", code) if code else None
    if not given or not code or not known or not has_class(code):
        document.ledger.guess(f"{document.path}.type", "attachment-type-default")
        return _DEFAULT
    for name in ("system", "code"):
        given[name].structured("attachment-type")
    display = given["display"].structured("attachment-type") or known
    return DocumentCode(code, display, oid_of(systems.LOINC) or "")


def _content(resolver: Resolver, attachment: Element) -> bytes:
    holders = (attachment, *_binaries(resolver, attachment))
    data = next((h["data"] for h in holders if h["data"].exists), None)
    if data is None:
        raise InputError(Finding("attachment-missing", attachment.path))
    for holder in holders:
        if holder["contentType"].peek() == _PDF and holder is not attachment:
            holder["contentType"].structured("attachment-type")
    try:
        content = b64decode(data.take(Outcome.ATTACHED, "attachment-pdf") or "", validate=True)
    except (Error, ValueError) as cause:
        raise InputError(Finding("attachment-not-base64", data.path)) from cause
    if not content.startswith(b"%PDF-"):
        raise InputError(Finding("attachment-not-pdf", data.path))
    return content


def _binaries(resolver: Resolver, attachment: Element) -> Iterator[Element]:
    target = resolver.follow_url(attachment["url"])
    if target.exists:
        yield target
