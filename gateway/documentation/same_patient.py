"""`docs/same-patient.md`: one referral as FHIR, CDA, METADATA.XML and mail, and where each thing stands in each.

Made by the same functions as the flow, with a fixed time and seed, so that the same bytes come out each time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

from lxml import etree
from pypdf import PdfReader

from gateway.documentation.markdown import block, code, folded, table
from gateway.documentation.places import in_document, in_mail, in_message, in_metadata
from gateway.fhir.format.bundle import Message, read_message
from gateway.mapping.catalog import type_of_message
from gateway.mapping.context import Context
from gateway.mapping.document_types.referral import LEVEL_3
from gateway.mapping.packing import archive, finish_written, mail_of
from gateway.model import MailAddress, MailMessageId, Oid, Sender
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from gateway.mssante.format import mail, xdm
from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.mail import ReadMail
from gateway.tables import read_table

SOURCE = Path(__file__).parents[2] / "fixtures" / "referral-request" / "01-plain" / "input.json"
CONTEXT = Context(datetime(2026, 11, 20, 8, 31, tzinfo=UTC), "same-patient")
SENDER = Sender(
    tenant="cpts-vesle",
    name="CPTS Vesle et Suippe",
    mailbox=MailAddress("passerelle@cpts-vesle.mssante.example"),
    oid=Oid("2.25.28496316493055205705562730824357052089"),
    nil="DEV000000",
)
MAILBOX = MailAddress("karim.tazerout@medecin.mssante.example")

_HEAD = """# The same patient in every form

One referral, of made-up people: the message that the practice software posts, the CDA made of it, the metadata of the
archive, and the mail that leaves. First where each thing stands in each form, then the four forms whole. The CDA is of
level 3, for a reader that takes it; the letter is a PDF/A within the CDA and beside the archive.

The input is `fixtures/referral-request/01-plain/input.json`. Made by `make docs`; nothing here is written by hand.

## Element by element

"""
_BASE64 = re.compile(r"(?m)^[A-Za-z0-9+/]{60,}\r?\n(?:[A-Za-z0-9+/]+={0,2}\r?\n)+")
_BODY = re.compile(r"(>[A-Za-z0-9+/]{60})[A-Za-z0-9+/]+={0,2}<")


@dataclass(frozen=True, slots=True)
class Forms:
    """The referral in its four forms, and its letter."""

    message: Message
    document: ClinicalDocument
    archive: xdm.Archive
    mail: ReadMail
    mail_bytes: bytes
    letter: bytes


def forms() -> Forms:
    """Map, pack and compose, as `flows.send_document` and `flows.prepare` do; then read it all back."""
    message = read_message(SOURCE.read_bytes())
    written = type_of_message(message.event[1]).to_cda(message, CONTEXT, "", LEVEL_3).value
    documents = finish_written(written, TypstRenderer().render(written.letter, CONTEXT.at))
    zipped = archive(documents, CONTEXT, SENDER, MAILBOX)
    message_id = MailMessageId(f"<{CONTEXT.uuid('mail').hex}@cpts-vesle.mssante.example>")
    sent = mail_of(documents, zipped, CONTEXT.at, SENDER, MAILBOX, message_id)
    return Forms(message, documents[0].document, xdm.unpack(zipped), mail.read(sent), sent, documents[0].pdf)


def same_patient_page() -> str:
    """The whole page, in Markdown."""
    made = forms()
    return "\n".join(
        (
            _HEAD + table(("", "FHIR", "CDA", "METADATA.XML", "mail"), _rows(made)),
            "`–`: the form has no place for it. Times are in UTC in the metadata, with their offset elsewhere.\n",
            "## The letter, as a person reads it\n",
            block(_words(made.letter), "text"),
            "## The four forms\n\nXML is indented and base64 shortened here.\n",
            folded("FHIR message", block(SOURCE.read_text("utf-8"), "json")),
            folded("CDA", block(_indented(made.archive.documents[0][1]), "xml")),
            folded("METADATA.XML", block(_indented(made.archive.metadata_xml), "xml")),
            folded("Mail", block(_shortened(made.mail_bytes), "text")),
        )
    )


def _rows(made: Forms) -> list[tuple[str, ...]]:
    return [_row(made, row) for row in read_table("gateway.documentation", "same_patient.tsv")]


def _row(made: Forms, row: dict[str, str]) -> tuple[str, ...]:
    return (
        row["what"],
        _cell(row["fhir"], partial(in_message, made.message)),
        _cell(row["cda"], partial(in_document, made.document)),
        _cell(row["metadata"], partial(in_metadata, made.archive.submission)),
        _cell(row["mail"], partial(in_mail, made.mail)),
    )


def _cell(place: str, read: Callable[[str], str]) -> str:
    return f"{code(place)}\n{read(place)}" if place else "–"


def _words(pdf: bytes) -> str:
    lines = "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _indented(content: bytes) -> str:
    root = etree.fromstring(content)
    etree.indent(root)
    return _BODY.sub(r"\1…<", etree.tostring(root, encoding="unicode"))


def _shortened(content: bytes) -> str:
    """Each block of base64 by its first line."""

    def first_line(found: re.Match[str]) -> str:
        lines = found[0].splitlines()
        return f"{lines[0]}\n… ({len(lines)} lines)\n"

    return _BASE64.sub(first_line, content.decode("ascii")).replace("\r\n", "\n")
