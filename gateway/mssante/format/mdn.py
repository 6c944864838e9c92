"""The receipt that we send once a document is filed, or refused: an MDN in the newer grammar.

Source: RFC 8098; ANS, LPS volet, struct-msg-mdn (newer text: `processed/error` with a field `Error`).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from gateway.model import MailAddress, MailMessageId
from gateway.mssante.format import subject as subjects
from gateway.mssante.format.mime_words import check_text, header, raw_header
from gateway.mssante.format.mime_write import (
    boundary_of,
    checked_address,
    checked_message_id,
    message_part,
    multipart,
    text_part,
)

_STATUS_TYPE: Final = "message/disposition-notification"
_ERROR_TYPE: Final = "applicationErrorCondition"
_CODE: Final = re.compile(r"[0-9]{1,3}")
_OTHER_ERROR: Final = "906"


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
        fields.append(("Error", f"{_checked_code(draft.error[0])}^{label}^{_ERROR_TYPE}"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"Content-Type: {_STATUS_TYPE}\r\n\r\n{lines}".encode("ascii")


def _explanation(error: tuple[str, str] | None) -> str:
    if error is None:
        return "Le document a été intégré dans le dossier du patient.\r\n"
    return f"Le document joint n'a pas pu être intégré.\r\nErreur {error[0]} : {error[1]}.\r\n"


def _ascii_field(text: str, name: str) -> str:
    """Status fields are ASCII: accents go, the words stay (they are also in the first part, with their accents)."""
    return subjects.without_accents(check_text(text, name)).encode("ascii", "replace").decode("ascii")


def _checked_code(code: str) -> str:
    return code if _CODE.fullmatch(code) else _OTHER_ERROR
