"""Receipts: what became of a mail of ours, as a server, a program or a person tells it; and our own MDN.

Three different things are told apart: delivered to a mailbox (DSN), shown to a person, processed by a program (MDN).
A failure is written in two grammars by the two texts of the ANS volet, and sometimes as an ordinary mail: all are read,
the newer one is written.

Source: RFC 3464 (DSN); RFC 8098 (MDN); ANS, LPS volet, struct-msg-mdn (older and newer text), error codes 900 to 906.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from gateway.model import MailAddress, MailMessageId
from gateway.mssante.format import subject as subjects
from gateway.mssante.format.mime import Part, parse_fields
from gateway.mssante.format.mime_words import check_text, header, raw_header
from gateway.mssante.format.mime_write import (
    boundary_of,
    checked_address,
    checked_message_id,
    message_part,
    multipart,
    text_part,
)


class ReportKind(StrEnum):
    DSN = "dsn"
    MDN = "mdn"
    KO = "ko"
    """An ordinary mail that says that a document could not be filed."""


class Outcome(StrEnum):
    """What a receipt says. Only `PROCESSED` means that a document is in a record."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    FAILED = "failed"
    DISPLAYED = "displayed"
    PROCESSED = "processed"
    PROCESSED_ERROR = "processed-error"
    OTHER = "other"
    """Relayed, expanded, deleted, dispatched, denied: a receipt that settles nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """One receipt. `code`: ANS error (900 to 906, or a transport code) or SMTP status (`5.1.1`)."""

    kind: ReportKind
    outcome: Outcome
    code: str | None
    original_message_id: MailMessageId | None
    final_recipient: str | None
    """May differ from the box that was written to: forwarded."""
    automatic: bool = True
    """False: a person's action sent it."""
    envelope_id: str | None = None
    """For a DSN: the ENVID that we gave."""


@dataclass(frozen=True, slots=True)
class MdnDraft:
    """What a receipt of ours says of a mail received. `error`: (ANS code, its label), or None once it is filed."""

    original: bytes
    original_message_id: MailMessageId
    original_subject: str
    sender: MailAddress
    recipient: MailAddress
    """The address of Disposition-Notification-To."""
    final_recipient: MailAddress
    message_id: MailMessageId
    date: datetime
    reporting_ua: str
    """`host; product`."""
    nil: str
    error: tuple[str, str] | None = None


_DSN: Final = "message/delivery-status"
_MDN: Final = "message/disposition-notification"
_ACTIONS: Final = {"delivered": Outcome.DELIVERED, "delayed": Outcome.DELAYED, "failed": Outcome.FAILED}
_WORST_FIRST: Final = (Outcome.FAILED, Outcome.DELAYED, Outcome.OTHER, Outcome.DELIVERED)
_DISPOSITIONS: Final = {"displayed": Outcome.DISPLAYED, "processed": Outcome.PROCESSED}
_DISPOSITION: Final = re.compile(
    r"\s*(?P<mode>[a-z-]+)\s*/\s*[a-z-]+\s*;\s*(?P<type>[a-z]+)\s*(?:/\s*(?P<modifier>.*))?", re.IGNORECASE | re.DOTALL
)
_ERROR_MODIFIER: Final = re.compile(r"\s*(?:error|failure|failed)\b\s*:?(?P<text>.*)", re.IGNORECASE | re.DOTALL)
_ANS_CODE: Final = re.compile(r"\s*([0-9]{1,3})\b")
_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,900}>")
_ANS_CODE_TYPE: Final = "applicationErrorCondition"
_CODE_TO_WRITE: Final = re.compile(r"[0-9]{1,3}")


def read_report(mail: Part) -> Report | None:
    """The receipt that a mail is, or None if it is none."""
    status = next((part for part in mail.walk() if part.media_type in (_DSN, _MDN)), None)
    if status is not None:
        return _read_dsn(mail, status) if status.media_type == _DSN else _read_mdn(mail, status)
    said = subjects.read(mail.header("Subject"))
    return _read_ko(mail, said.ko_code) if said and said.is_ko else None


def message_ids(text: str) -> tuple[MailMessageId, ...]:
    """Every Message-ID in a header value, in order."""
    return tuple(MailMessageId(found) for found in _MESSAGE_ID.findall(text))


def _read_dsn(mail: Part, status: Part) -> Report:
    blocks = status.inner()
    recipients = [block for block in blocks if block.header("Action")]
    outcome, block = min(
        ((_action(block), block) for block in recipients),
        key=lambda pair: _WORST_FIRST.index(pair[0]),
        default=(Outcome.OTHER, status),
    )
    found = _STATUS.search(block.header("Status"))
    return Report(
        kind=ReportKind.DSN,
        outcome=outcome,
        code=found[0] if found else None,
        original_message_id=_returned_id(mail) or _replied_id(mail),
        final_recipient=_typed_address(block.header("Final-Recipient")),
        envelope_id=next((e for e in (b.header("Original-Envelope-Id") for b in blocks) if e), None),
    )


def _action(block: Part) -> Outcome:
    return _ACTIONS.get(block.header("Action").strip().lower(), Outcome.OTHER)


def _read_mdn(mail: Part, status: Part) -> Report:
    fields = next(iter(status.inner()), status)
    outcome, code, automatic = _disposition(fields.header("Disposition"), fields.header("Error"))
    if outcome is Outcome.PROCESSED_ERROR and code is None:
        said = subjects.read(mail.header("Subject"))
        code = said.ko_code if said else None
    original = message_ids(fields.header("Original-Message-ID"))
    return Report(
        kind=ReportKind.MDN,
        outcome=outcome,
        code=code,
        original_message_id=original[0] if original else _returned_id(mail) or _replied_id(mail),
        final_recipient=_typed_address(fields.header("Final-Recipient")),
        automatic=automatic,
    )


def _disposition(disposition: str, error: str) -> tuple[Outcome, str | None, bool]:
    """Outcome, error code, automatic. Older text: `processed/Error: 902^…`; newer: `processed/error` and `Error: 902^…`."""
    match = _DISPOSITION.match(disposition)
    if match is None:
        return Outcome.OTHER, None, True
    automatic = match["mode"].lower() != "manual-action"
    modifier = _ERROR_MODIFIER.match(match["modifier"] or "")
    if modifier or error:
        found = _ANS_CODE.match(error) or _ANS_CODE.match(modifier["text"] if modifier else "")
        return Outcome.PROCESSED_ERROR, found[1] if found else None, automatic
    return _DISPOSITIONS.get(match["type"].lower(), Outcome.OTHER), None, automatic


def _read_ko(mail: Part, code: str | None) -> Report:
    return Report(
        kind=ReportKind.KO,
        outcome=Outcome.PROCESSED_ERROR,
        code=code,
        original_message_id=_returned_id(mail) or _replied_id(mail),
        final_recipient=None,
        automatic=mail.header("Auto-Submitted").lower() not in ("", "no"),
    )


def _returned_id(mail: Part) -> MailMessageId | None:
    """The Message-ID of the mail that the receipt gives back, whole or as headers. Nothing else of it is read."""
    for original in _returned(mail):
        found = message_ids(original.header("Message-ID"))
        if found:
            return found[0]
    return None


def _returned(mail: Part) -> Iterator[Part]:
    for part in mail.walk():
        if part.media_type == "text/rfc822-headers":
            yield parse_fields(part.content())
        elif part.media_type == "message/rfc822":
            yield from part.inner()


def _replied_id(mail: Part) -> MailMessageId | None:
    return next(iter(message_ids(mail.header("In-Reply-To"))), None)


def _typed_address(value: str) -> str | None:
    """The address of `rfc822; someone@somewhere`."""
    return value.rpartition(";")[2].strip().strip("<>") or None


def write_mdn(draft: MdnDraft) -> bytes:
    """A receipt that a program sends, in the newer grammar, with the original whole as third part.

    Raises InputError `mail-header-injection`, `mail-address-refused`, `mail-message-id-refused`.
    """
    boundary = boundary_of(draft.message_id)
    parts = (text_part(_explanation(draft.error)), _status_part(draft), message_part(draft.original))
    return multipart(_mdn_headers(draft), "report", boundary, parts, " report-type=disposition-notification;")


def _mdn_headers(draft: MdnDraft) -> bytes:
    subject = draft.original_subject
    if draft.error:
        subject = subjects.write_ko(subject, _checked_code(draft.error[0]))
    original = checked_message_id(draft.original_message_id, "In-Reply-To")
    return b"".join(
        (
            raw_header("From", checked_address(draft.sender, "From")),
            raw_header("To", checked_address(draft.recipient, "To")),
            header("Subject", subject),
            raw_header("Message-ID", checked_message_id(draft.message_id, "Message-ID")),
            raw_header("Date", format_datetime(draft.date)),
            raw_header("In-Reply-To", original),
            raw_header("References", original),
            raw_header("Auto-Submitted", "auto-replied"),
            header("X-MSS-NIL", draft.nil),
        )
    )


def _status_part(draft: MdnDraft) -> bytes:
    modifier = "processed/error" if draft.error else "processed"
    recipient = f"rfc822;{checked_address(draft.final_recipient, 'Final-Recipient')}"
    fields = [
        ("Reporting-UA", _ascii_field(draft.reporting_ua, "Reporting-UA")),
        ("Original-Recipient", recipient),
        ("Final-Recipient", recipient),
        ("Original-Message-ID", draft.original_message_id),
        ("Disposition", f"automatic-action/MDN-sent-automatically; {modifier}"),
    ]
    if draft.error:
        label = _ascii_field(draft.error[1], "Error").replace("^", " ")
        fields.append(("Error", f"{draft.error[0]}^{label}^{_ANS_CODE_TYPE}"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"Content-Type: {_MDN}\r\n\r\n{lines}".encode("ascii")


def _explanation(error: tuple[str, str] | None) -> str:
    if error is None:
        return "Le document a été intégré dans le dossier du patient.\r\n"
    return f"Le document joint n'a pas pu être intégré.\r\nErreur {error[0]} : {error[1]}.\r\n"


def _ascii_field(text: str, name: str) -> str:
    """Status fields are ASCII: accents go, the words stay (they are also in the first part, with their accents)."""
    return subjects.without_accents(check_text(text, name)).encode("ascii", "replace").decode("ascii")


def _checked_code(code: str) -> str:
    return code if _CODE_TO_WRITE.fullmatch(code) else "906"
