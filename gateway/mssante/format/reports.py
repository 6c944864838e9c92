"""Receipts: what became of a mail of ours, as a server, a program or a person tells it; and our own MDN.

Three different things are told apart: delivered to a mailbox (DSN), shown to a person, processed by a program (MDN).
A failure is written in two grammars by the two texts of the ANS volet, and sometimes as an ordinary mail: all are read,
the newer one is written (`mdn`).

Source: RFC 3464 (DSN); RFC 8098 (MDN); ANS, LPS volet, struct-msg-mdn (older and newer text), error codes 900 to 906.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.model import MailMessageId
from gateway.mssante.format import subject as subjects
from gateway.mssante.format.mdn import MdnDraft, write_mdn
from gateway.mssante.format.mime import Part, parse_fields

__all__ = ["MdnDraft", "Outcome", "Report", "ReportKind", "message_ids", "read_report", "write_mdn"]


class ReportKind(StrEnum):
    """Who reports: an operator (DSN), or the recipient or its software (MDN, KO)."""

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
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,900}>")


def read_report(mail: Part) -> Report | None:
    """The receipt that a mail is, or None if it is none."""
    is_report = mail.media_type in ("multipart/report", _DSN, _MDN)
    status = next((part for part in mail.walk() if part.media_type in (_DSN, _MDN)), None)
    if is_report and status is not None:
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
    """Outcome, error code, automatic.

    Older text: `processed/Error: 902^…`. Newer text: `processed/error`, and a field `Error: 902^…`.
    """
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
