"""One defect per function: it replaces one function of the gateway, before the gateway is built."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from gateway.errors import InputError
from gateway.flows import prepare, receive_document
from gateway.flows.outgoing import fresh_message_id, outgoing
from gateway.flows.receive_document import ReceiveDocument
from gateway.flows.receive_mail import ReceiveMail
from gateway.flows.receive_report import ReceiveReport
from gateway.flows.refuse_mail import RefuseMail
from gateway.journal import Change, Claim, Delivery, Next, PayloadRole, StepResult
from gateway.mapping import packing
from gateway.mapping.packing import Finished
from gateway.model import Finding, MailAddress, MailMessageId, Party
from gateway.mssante.adapters import smtp
from gateway.mssante.format import mail_compose, xds_metadata, xds_rules
from gateway.mssante.format.mail import ReadMail
from gateway.mssante.format.mdn import MdnDraft, write_mdn
from gateway.mssante.format.mime_words import header
from gateway.mssante.format.reports import Report


def none() -> None:
    """A right gateway."""


def replace(owner: object, name: str, sabotaged: object) -> None:
    """What a name stands for from now on; one that does not exist would replace nothing."""
    getattr(owner, name)
    setattr(owner, name, sabotaged)


def _rewrite_metadata(pattern: bytes, change: Callable[[bytes], bytes]) -> None:
    """Change METADATA.XML after it was checked, where `pattern` finds a value in its last group."""
    write = xds_metadata.write

    def changed(submission: Any) -> bytes:
        return re.sub(pattern, lambda found: found[1] + change(found[2]), write(submission))

    replace(xds_metadata, "write", changed)


def wrong_hash() -> None:
    _rewrite_metadata(rb'(name="hash"><ValueList><Value>)([0-9a-f]{40})', lambda hash: hash[::-1])


def local_time() -> None:
    def one_hour_more(utc: bytes) -> bytes:
        return f"{datetime.strptime(utc.decode(), '%Y%m%d%H%M%S') + timedelta(hours=1):%Y%m%d%H%M%S}".encode()

    _rewrite_metadata(rb'(name="creationTime"><ValueList><Value>)(\d{14})', one_hour_more)


def other_pdf() -> None:
    finish = packing.finish

    def changed(drafts: Any) -> tuple[Finished, ...]:
        return tuple(
            dataclasses.replace(document, pdf=document.pdf + b"\n% rendered again\n") for document in finish(drafts)
        )

    replace(prepare, "finish", changed)


def always_ins() -> None:
    replace(mail_compose, "header", lambda name, text: header(name, "O" if name == "X-MSS-INS" else text))


def no_delivery_receipt() -> None:
    replace(smtp, "_recipient_options", lambda _client, _mail: ["NOTIFY=NEVER"])


def no_order() -> None:
    replace(receive_document, "document_keys", lambda _document: iter(()))


def no_thread() -> None:
    answered = ReceiveMail._answered
    replace(ReceiveMail, "_answered", lambda self, read: None if read.archives else answered(self, read))


def trusts_subject() -> None:
    """The patient of a mail is whom its subject names."""
    tell = ReceiveDocument.__call__

    def trusting(self: ReceiveDocument, claim: Claim, mail: ReadMail, delivery: Delivery | None) -> StepResult:
        families = [document.patient.birth_family or "" for _, document in self._unpack(mail)]
        if not all(family in mail.subject for family in families):
            raise InputError(Finding("thread-patient-differs", "Subject", (("ans_code", "904"),)))
        return tell(self, claim, mail, delivery)

    replace(ReceiveDocument, "__call__", trusting)


def trusts_metadata() -> None:
    """The patient of the CDA is never looked at."""
    check = xds_rules.check

    def blind(submission: Any, files: Any) -> tuple[Finding, ...]:
        return tuple(f for f in check(submission, files) if f.code != "xdm-patient-differs")

    replace(xds_metadata, "check", blind)


def trusts_thread() -> None:
    replace(ReceiveDocument, "_check_patient", lambda self, thread, documents: None)


def refuses_silently() -> None:
    replace(RefuseMail, "_may_write", lambda self, read: False)


def claims_integration() -> None:
    """Says that the document is filed as soon as it is stored."""
    tell = ReceiveMail._tell

    def boasting(self: ReceiveMail, claim: Claim, read: ReadMail) -> StepResult:
        result = tell(self, claim, read)
        if not (read.archives and read.receipt_to and read.message_id):
            return result
        ours, at = self.refuse.sender.mailbox, self.clock.now()
        message_id = fresh_message_id(self.refuse.ids, ours)
        draft = MdnDraft(
            b"", read.message_id, read.subject, ours, read.receipt_to, ours, message_id, at, "gateway; wrong", "DEV0"
        )
        sent = _mail(self, claim, write_mdn(draft), read.receipt_to, message_id)
        return dataclasses.replace(result, changes=(*result.changes, *sent))

    replace(ReceiveMail, "_tell", boasting)


def answers_absence() -> None:
    """Thanks for an out-of-office mail."""
    noted = ReceiveMail._automatic

    def polite(self: ReceiveMail, claim: Claim, delivery: Delivery | None) -> StepResult:
        result = noted(self, claim, delivery)
        if delivery is None:
            return result
        ours = self.refuse.sender.mailbox
        message_id = fresh_message_id(self.refuse.ids, ours)
        sent = _mail(self, claim, _thanks(ours, delivery.mailbox, message_id), delivery.mailbox, message_id)
        return dataclasses.replace(result, changes=(*result.changes, *sent))

    replace(ReceiveMail, "_automatic", polite)


def _mail(
    flow: ReceiveMail, claim: Claim, content: bytes, mailbox: MailAddress, message_id: MailMessageId
) -> tuple[Change, ...]:
    return outgoing(
        flow.refuse.ids,
        tenant=claim.tenant,
        kind="receipt-sent",
        content=content,
        recipient=Party(None, None, ""),
        mailbox=mailbox,
        message_id=message_id,
        thread=claim.message,
        at=flow.clock.now(),
    )


def _thanks(sender: MailAddress, recipient: MailAddress, message_id: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, "Merci de votre message"
    mail["Message-ID"] = message_id
    mail.set_content("Merci.")
    return mail.as_bytes()


def passes_absence_on() -> None:
    """Takes an out-of-office mail for the colleague's answer."""
    tell = ReceiveMail._tell

    def credulous(self: ReceiveMail, claim: Claim, read: ReadMail) -> StepResult:
        delivery = None if read.report else self._answered(read)
        if delivery and not read.archives:
            return self.reply(claim, read, delivery)
        return tell(self, claim, read)

    replace(ReceiveMail, "_tell", credulous)


def one_grammar() -> None:
    """A failed MDN without a field `Error` is not understood."""
    settle = ReceiveReport.__call__

    def newer_only(self: ReceiveReport, claim: Claim, report: Report) -> StepResult:
        content = self.journal.payload(claim.message, PayloadRole.SOURCE) or b""
        if b"processed/Error:" in content:
            return StepResult(Next.PARKED, code="receipt-unknown-original")
        return settle(self, claim, report)

    replace(ReceiveReport, "__call__", newer_only)


_ALL = (
    none, wrong_hash, local_time, other_pdf, always_ins, no_delivery_receipt, no_order, no_thread, trusts_subject,
    trusts_metadata, trusts_thread, refuses_silently, claims_integration, answers_absence, passes_absence_on,
    one_grammar,
)  # fmt: skip
DEFECTS: Mapping[str, Callable[[], None]] = {defect.__name__.replace("_", "-"): defect for defect in _ALL}
