"""A clinical mail, written: headers, a text for people, the archive for software, one PDF per document.

The same draft gives the same bytes. Nothing in a draft can add a header or a part.

Source: MSSanté, Référentiel socle clients, ECO.2.1.1 to ECO.2.4.3; RFC 5322.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from typing import Final

from gateway.model import MailAddress, MailMessageId
from gateway.mssante.format.mime_words import header, phrase, raw_header
from gateway.mssante.format.mime_write import (
    Attachment,
    attachment_part,
    boundary_of,
    checked_address,
    checked_message_id,
    multipart,
    text_part,
)
from gateway.mssante.format.subject import cut_label
from gateway.mssante.format.times import write_date
from gateway.mssante.format.xdm import ARCHIVE_NAME

_NOT_IN_FILE_NAMES: Final = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*_]+')
_NAME_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class MailDraft:
    """Everything that a mail says. One recipient: each has its own mail."""

    sender: MailAddress
    sender_label: str
    """Display name, e.g. `Dr_Karim_TAZEROUT_Cabinet du Rempart` (ECO.2.2.7)."""
    recipient: MailAddress
    subject: str
    message_id: MailMessageId
    date: datetime
    text: str
    nil: str
    """X-MSS-NIL: our product number, on every mail."""
    archive: bytes | None = None
    pdfs: tuple[Attachment, ...] = ()
    document_codes: tuple[str, ...] = ()
    """X-MSS-CODECDA: `ClinicalDocument/code` of each document; only with an archive."""
    qualified_ins: bool = False
    reply_to: MailAddress | None = None
    receipt_to: MailAddress | None = None
    """Disposition-Notification-To."""
    in_reply_to: MailMessageId | None = None
    references: tuple[MailMessageId, ...] = ()
    no_reply: bool = False
    """X-MSS-MES: FIN, to a patient who cannot answer."""


def compose(draft: MailDraft) -> bytes:
    """The bytes of the mail, lines ending in CRLF, in seven bits.

    Raises InputError: `mail-header-injection` (control character in a header), `mail-address-refused`,
    `mail-message-id-refused`.
    """
    parts = [text_part(draft.text)]
    if draft.archive is not None:
        parts.append(attachment_part(Attachment(ARCHIVE_NAME, draft.archive, "application/zip")))
    parts.extend(attachment_part(pdf) for pdf in draft.pdfs)
    return multipart(_headers(draft), "mixed", boundary_of(draft.message_id), parts)


def _headers(draft: MailDraft) -> bytes:
    label, sender = phrase(draft.sender_label, "From"), checked_address(draft.sender, "From")
    references = draft.references or ((draft.in_reply_to,) if draft.in_reply_to else ())
    with_archive = draft.archive is not None
    lines = (
        raw_header("From", f"{label} <{sender}>" if label else sender),
        raw_header("To", checked_address(draft.recipient, "To")),
        _address("Reply-To", draft.reply_to),
        header("Subject", draft.subject),
        raw_header("Message-ID", checked_message_id(draft.message_id, "Message-ID")),
        raw_header("Date", format_datetime(draft.date)),
        _ids("In-Reply-To", (draft.in_reply_to,) if draft.in_reply_to else ()),
        _ids("References", references),
        _address("Disposition-Notification-To", draft.receipt_to),
        header("X-MSS-CODECDA", ",".join(draft.document_codes)) if with_archive else b"",
        header("X-MSS-INS", "O" if draft.qualified_ins else "N") if with_archive else b"",
        header("X-MSS-NIL", draft.nil),
        header("X-MSS-MES", "FIN") if draft.no_reply else b"",
    )
    return b"".join(lines)


def _address(name: str, address: MailAddress | None) -> bytes:
    return raw_header(name, checked_address(address, name)) if address else b""


def _ids(name: str, message_ids: tuple[MailMessageId, ...]) -> bytes:
    return raw_header(name, " ".join(checked_message_id(i, name) for i in message_ids)) if message_ids else b""


def pdf_name(service_day: date, label: str, birth_name: str, first_name: str, record_number: str = "") -> str:
    """The name of the PDF beside the archive; `_` stands only between the fields. Source: MSSanté ECO.2.1.6.

    >>> pdf_name(date(2026, 11, 20), "Lettre d'adressage", "VALLORGE", "MARCELINE")
    "20261120_Lettre d'adressage_VALLORGE_MARCELINE.pdf"
    """
    fields = (cut_label(_field(label)), _field(birth_name), _field(first_name), _field(record_number))
    return "_".join((write_date(service_day), *(field for field in fields if field))) + ".pdf"


def _field(text: str) -> str:
    return " ".join(_NOT_IN_FILE_NAMES.sub(" ", text).split())[:_NAME_LENGTH].rstrip(" .")
