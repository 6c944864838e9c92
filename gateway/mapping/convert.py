"""One content into another kind, by the same maps as the flows. Pure: the PDF renderer is given as a function.

Outward forms are all made from a FHIR message (documents, archive, mail); inward ones all lead to the CDA inside and
from there to FHIR. Source of the kinds: `docs/convert.md`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from gateway.errors import InputError
from gateway.fhir.format.bundle import index_message, read_message
from gateway.fhir.format.reading import parse_json, write_json
from gateway.mapping.catalog import type_of_document, type_of_message
from gateway.mapping.context import Context
from gateway.mapping.document_types import any_document, document_writing
from gateway.mapping.document_types.written import Written
from gateway.mapping.kinds import Kind, kind_of
from gateway.mapping.packing import Finished, archive, finish_written, mail_of
from gateway.mapping.result import LossReport, Mapped
from gateway.model import Finding, MailAddress, MailMessageId, Oid, Sender
from gateway.mssante.format import cda, mail, xdm
from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.letter import Letter

Render = Callable[[Letter, datetime], bytes]

SUFFIXES = {
    Kind.FHIR_MESSAGE: ".json",
    Kind.FHIR_DOCUMENT: ".json",
    Kind.FHIR_RESOURCE: ".json",
    Kind.CDA: ".xml",
    Kind.METADATA: ".METADATA.XML",
    Kind.XDM: ".zip",
    Kind.MAIL: ".eml",
    Kind.PDF: ".pdf",
}
_FHIR = frozenset({Kind.FHIR_MESSAGE, Kind.FHIR_DOCUMENT})
_INSIDE = _FHIR | {Kind.CDA, Kind.PDF}
_INWARD = {
    Kind.CDA: _INSIDE,
    Kind.XDM: _INSIDE | {Kind.METADATA},
    Kind.MAIL: _INSIDE | {Kind.METADATA, Kind.XDM},
}
"""What comes in → what can be taken out of it."""
_BENCH = Sender(
    "convert",
    "Conversion",
    MailAddress("conversion@gateway.example"),
    Oid("2.25.28496316493055205705562730824357052089"),
    "DEV000000",
)
_READER = MailAddress("destinataire@lecteur.example")


@dataclass(frozen=True, slots=True)
class Conversion:
    """What came out: one content per document, and the receipts of loss of the maps that ran."""

    contents: tuple[bytes, ...]
    losses: tuple[LossReport, ...]


def convert(content: bytes, target: Kind, context: Context, render: Render, form: str = "level-1") -> Conversion:
    """`content` as `target`; `form`: the level of the CDA that is written.

    Raises InputError (`unsupported-conversion`, or what is wrong with the content).
    """
    source = kind_of(content)
    if source in _FHIR and target not in _FHIR:
        return _outward(content, target, context, render, form)
    if target in _INWARD.get(source, ()):
        return _inward(content, source, target, context)
    raise _meaningless(source, target)


def _meaningless(source: Kind, target: Kind) -> InputError:
    return InputError(Finding("unsupported-conversion", facts=(("source", source.value), ("target", target.value))))


# --- outward -----------------------------------------------------------------------------------------------------


def _outward(content: bytes, target: Kind, context: Context, render: Render, form: str) -> Conversion:
    mapped = _to_cda(content, context, form)
    documents = finish_written(mapped.value, render(mapped.value.letter, context.at))
    loss = mapped.loss.with_target_hash(sha256(documents[0].content).hexdigest())
    return Conversion(_forms(documents, target, context), (loss,))


def _to_cda(content: bytes, context: Context, form: str) -> Mapped[Written]:
    """By the type of the message, or by the Composition of a document."""
    digest = sha256(content).hexdigest()
    if kind_of(content) is Kind.FHIR_DOCUMENT:
        return document_writing.to_cda(index_message(parse_json(content)), context, digest, form)
    message = read_message(content)
    return type_of_message(message.event[1]).to_cda(message, context, digest, form)


def _forms(documents: tuple[Finished, ...], target: Kind, context: Context) -> tuple[bytes, ...]:
    if target is Kind.CDA:
        return tuple(document.content for document in documents)
    if target is Kind.PDF:
        return tuple(document.pdf for document in documents)
    zipped = archive(documents, context, _BENCH, _READER)
    if target is Kind.XDM:
        return (zipped,)
    if target is Kind.METADATA:
        return (xdm.unpack(zipped).metadata_xml,)
    if target is Kind.MAIL:
        message_id = MailMessageId(f"<{context.uuid('mail').hex}@gateway.example>")
        return (mail_of(documents, zipped, context.at, _BENCH, _READER, message_id),)
    raise _meaningless(Kind.FHIR_MESSAGE, target)


# --- inward ------------------------------------------------------------------------------------------------------


def _inward(content: bytes, source: Kind, target: Kind, context: Context) -> Conversion:
    if source is Kind.MAIL:
        archives = mail.read(content).archives
        if len(archives) != 1:
            raise InputError(Finding("mail-archive-count", facts=(("found", str(len(archives))),)))
        return Conversion((archives[0],), ()) if target is Kind.XDM else _inward(archives[0], Kind.XDM, target, context)
    if source is Kind.XDM:
        unpacked = xdm.unpack(content)
        if target is Kind.METADATA:
            return Conversion((unpacked.metadata_xml,), ())
        return _documents([document for _, document in unpacked.documents], target, context)
    return _documents([content], target, context)


def _documents(contents: list[bytes], target: Kind, context: Context) -> Conversion:
    documents = [cda.read(content) for content in contents]
    if target is Kind.CDA:
        return Conversion(tuple(contents), ())
    if target is Kind.PDF:
        return Conversion(_pdfs(documents), ())
    known = type_of_document(documents[0].code.code if documents[0].code else None)
    if target is Kind.FHIR_MESSAGE:
        if known is None:
            raise _meaningless(Kind.CDA, target)
        made = [known.to_fhir(documents, context, sha256(contents[0]).hexdigest())]
    else:
        pairs = zip(documents, contents, strict=True)
        made = [any_document.to_fhir(document, context, sha256(content).hexdigest()) for document, content in pairs]
    return Conversion(tuple(write_json(m.value) for m in made), tuple(m.loss for m in made))


def _pdfs(documents: Sequence[ClinicalDocument]) -> tuple[bytes, ...]:
    found = tuple(pdf for document in documents if (pdf := cda.embedded_pdf(document)))
    if not found:
        raise _meaningless(Kind.CDA, Kind.PDF)
    return found
