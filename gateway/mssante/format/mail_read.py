"""A mail from outside, read: what kind it is, whom it answers, and what it carries.

A receipt, an automatic answer or a refusal never yields an archive, even where it gives one back: what we once sent
must not come in again as a new document.

Source: MSSanté, Référentiel socle clients, ECO.2; RFC 5322; RFC 3834 (automatic answers); ANS, LPS volet.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from lxml import etree

from gateway.errors import InputError
from gateway.model import Finding, MailAddress, MailMessageId, Severity
from gateway.mssante.format.mime import DEFAULT_LIMITS, Limits, Part, parse
from gateway.mssante.format.mime_write import Attachment, is_plain_address
from gateway.mssante.format.reports import Report, ReportKind, message_ids, read_report
from gateway.mssante.format.xdm import ARCHIVE_NAME

_ZIP_TYPES: Final = ("application/zip", "application/x-zip-compressed")
_PDF: Final = "application/pdf"
# One that is never closed ends with the line: otherwise each quote would be searched for its twin to the end.
_QUOTED: Final = re.compile(r'(?s)"(?:[^"\\]|\\.)*+\\?(?:"|$)|\([^()]*\)')
_ANGLE: Final = re.compile(r"<([^<>\s]*)>")
_BARE: Final = re.compile(r"[^\s,;:<>()\"]+@[^\s,;:<>()\"]+")
_NULL: Final = "<>"
_LOOK_AT_BYTES: Final = 64_000
_MESSAGE_ID: Final = re.compile(rb"(?im)^message-id[ \t]*:\s*(<[!-;=?-~]{1,900}>)")
_ONCE: Final = ("From", "Message-ID", "Subject", "Date", "Reply-To")


class MailKind(StrEnum):
    """What a mail is, told before anything in it is trusted."""

    DOCUMENT = "document"
    REPORT = "report"
    KO = "ko"
    AUTO_REPLY = "auto-reply"
    FREE_REPLY = "free-reply"
    """A person writes, without a document for software."""


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as far as it can be understood. Nothing in it is trusted for identity but the archive's own content."""

    kind: MailKind
    message_id: MailMessageId | None
    in_reply_to: MailMessageId | None
    references: tuple[MailMessageId, ...]
    from_address: MailAddress | None
    reply_to: MailAddress | None
    return_path: str | None
    """None: no such header; `<>`: the null path of automatic mail."""
    to: tuple[MailAddress, ...]
    subject: str
    date: datetime | None
    text: str
    archives: tuple[bytes, ...]
    pdfs: tuple[Attachment, ...]
    others: tuple[Attachment, ...]
    receipt_to: MailAddress | None
    """Disposition-Notification-To."""
    auto_submitted: str
    document_codes: tuple[str, ...]
    """X-MSS-CODECDA as announced."""
    announces_ins: bool | None
    """X-MSS-INS."""
    report: Report | None
    findings: tuple[Finding, ...]

    @property
    def may_be_answered_by_mdn(self) -> bool:
        """A receipt is asked for by whoever the mail would come back to; otherwise it may loop.

        Source: RFC 8098 §2.1.
        """
        origin = self.from_address if self.return_path is None else self.return_path.strip("<>")
        return bool(self.receipt_to and origin and self.receipt_to.casefold() == origin.casefold())


def read(content: bytes, limits: Limits = DEFAULT_LIMITS) -> ReadMail:
    """What a mail is.

    Raises InputError: the codes of `mime.parse`; `mail-bad-base64` and `mail-encoding-unknown` for what the mail is
    about (the archive of a document, the text of a person). Anywhere else these are findings.
    """
    mail = parse(content, limits)
    report = read_report(mail)
    kind = _kind(mail, report)
    is_document = kind is MailKind.DOCUMENT
    findings = list(_header_findings(mail))
    text = _text(mail, findings, must_be_readable=kind is MailKind.FREE_REPLY)
    codes = (code.strip() for code in mail.header("X-MSS-CODECDA").split(","))
    return ReadMail(
        kind=kind,
        message_id=_one_id(mail, "Message-ID"),
        in_reply_to=_one_id(mail, "In-Reply-To"),
        references=message_ids(" ".join(mail.headers("References"))),
        from_address=_one_address(mail, "From"),
        reply_to=_one_address(mail, "Reply-To"),
        return_path=next(iter(mail.headers("Return-Path")), None),
        to=tuple(address for value in mail.headers("To") for address in addresses(value)),
        subject=mail.header("Subject"),
        date=_date(mail),
        text=text,
        archives=tuple(part.content() for part in _archive_parts(mail)) if is_document else (),
        pdfs=_attachments(mail, _is_pdf, findings) if is_document else (),
        others=_attachments(mail, _other_in(kind), findings),
        receipt_to=_one_address(mail, "Disposition-Notification-To"),
        auto_submitted=mail.header("Auto-Submitted").lower(),
        document_codes=tuple(code for code in codes if code),
        announces_ins={"O": True, "N": False}.get(mail.header("X-MSS-INS").upper()),
        report=report,
        findings=tuple(findings),
    )


def message_id_of(content: bytes) -> str:
    """The Message-ID of any bytes, without parsing them; empty where there is none. For the journal: never fails."""
    head = re.split(rb"\r?\n\r?\n", content[:_LOOK_AT_BYTES], maxsplit=1)[0]
    found = _MESSAGE_ID.search(head)
    return found[1].decode("ascii") if found else ""


def check(mail: ReadMail, codes: Sequence[str]) -> tuple[Finding, ...]:
    """What a mail says against the documents it carries (their `code`, in order). The documents are right."""
    findings = []
    if mail.document_codes and sorted(mail.document_codes) != sorted(codes):
        findings.append(Finding("mail-code-differs", "X-MSS-CODECDA"))
    if len(mail.pdfs) < len(codes):
        findings.append(Finding("mail-no-pdf", "", (("found", str(len(mail.pdfs))), ("expected", str(len(codes))))))
    return tuple(findings)


def addresses(value: str) -> tuple[MailAddress, ...]:
    """The plain addresses of a header value. Display names and comments go first: they may hold an @ of their own."""
    plain = _QUOTED.sub(" ", value)
    found = (_ANGLE.findall(item) or _BARE.findall(item) for item in plain.split(","))
    return tuple(MailAddress(item[-1]) for item in found if item and is_plain_address(item[-1]))


def _kind(mail: Part, report: Report | None) -> MailKind:
    if report:
        return MailKind.KO if report.kind is ReportKind.KO else MailKind.REPORT
    if _is_automatic(mail):
        return MailKind.AUTO_REPLY
    return MailKind.DOCUMENT if _archive_parts(mail) else MailKind.FREE_REPLY


def _is_automatic(mail: Part) -> bool:
    """An answer that nobody wrote. `auto-generated` is not one: software that sends documents may call itself so."""
    said = mail.header("Auto-Submitted").lower().partition(";")[0].strip()
    return said in ("auto-replied", "auto-notified") or next(iter(mail.headers("Return-Path")), "") == _NULL


def _archive_parts(mail: Part) -> list[Part]:
    """The parts called IHE_XDM.zip; where none is, those that are zip files."""
    leaves = _leaves(mail)
    named = [part for part in leaves if part.filename.casefold() == ARCHIVE_NAME.casefold()]
    return named or [part for part in leaves if part.media_type in _ZIP_TYPES]


def _leaves(mail: Part) -> list[Part]:
    return [part for part in mail.walk() if not part.children]


def _is_pdf(part: Part) -> bool:
    return part.media_type == _PDF or part.filename.casefold().endswith(".pdf")


def _other_in(kind: MailKind) -> Callable[[Part], bool]:
    """Which attachments are worth keeping: beside a document all but its PDFs, with a person's words all of them."""
    if kind is MailKind.DOCUMENT:
        return lambda part: part.is_attachment and not _is_pdf(part)
    return lambda part: part.is_attachment and kind is MailKind.FREE_REPLY


def _attachments(mail: Part, wanted: Callable[[Part], bool], findings: list[Finding]) -> tuple[Attachment, ...]:
    """Attachments that can be decoded; one that cannot is reported, because the mail does not hang on it."""
    archives, found = _archive_parts(mail), []
    for part in (part for part in _leaves(mail) if wanted(part) and part not in archives):
        try:
            found.append(Attachment(part.filename, _bytes(part), part.media_type))
        except InputError as error:
            findings.extend(_as_warnings(error))
    return tuple(found)


def _bytes(part: Part) -> bytes:
    """A mail inside the mail is named, never opened."""
    return b"" if part.media_type.startswith("message/") else part.content()


def _text(mail: Part, findings: list[Finding], *, must_be_readable: bool) -> str:
    """What a person wrote: the first plain text, else the first HTML without its tags."""
    leaves = [part for part in _leaves(mail) if not part.is_attachment]
    for media_type in ("text/plain", "text/html"):
        part = next((leaf for leaf in leaves if leaf.media_type == media_type), None)
        if part is not None:
            return _text_of(part, findings, must_be_readable)
    return ""


def _text_of(part: Part, findings: list[Finding], must_be_readable: bool) -> str:
    try:
        text, is_sure = part.text()
    except InputError as error:
        if must_be_readable:
            raise
        findings.extend(_as_warnings(error))
        return ""
    if not is_sure:
        findings.append(Finding("mail-charset-unknown", part.media_type))
    return _without_tags(text) if part.media_type == "text/html" else text


def _as_warnings(error: InputError) -> Iterator[Finding]:
    return (replace(finding, severity=Severity.WARNING) for finding in error.findings)


def _without_tags(text: str) -> str:
    try:
        root = etree.fromstring(text.encode("utf-8"), etree.HTMLParser(no_network=True, encoding="utf-8"))
    except (etree.XMLSyntaxError, etree.ParserError, ValueError):
        return ""
    if root is None:
        return ""
    etree.strip_elements(root, "script", "style", with_tail=False)
    lines = (" ".join(str(text).split()) for text in root.itertext("*"))
    return "\n".join(line for line in lines if line)


def _one_id(mail: Part, name: str) -> MailMessageId | None:
    return next(iter(message_ids(" ".join(mail.headers(name)[:1]))), None)


def _one_address(mail: Part, name: str) -> MailAddress | None:
    return next(iter(addresses(" ".join(mail.headers(name)[:1]))), None)


def _date(mail: Part) -> datetime | None:
    try:
        found = parsedate_to_datetime(mail.header("Date"))
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _header_findings(mail: Part) -> tuple[Finding, ...]:
    repeated = tuple(Finding("mail-header-repeated", name) for name in _ONCE if len(mail.headers(name)) > 1)
    truncated = any(part.is_truncated for part in mail.walk())
    return (*repeated, *((Finding("mail-truncated"),) if truncated else ()))
