"""The mails that a scripted partner writes, and what it looks for in those it reads.

Source: RFC 8098 (MDN), RFC 3834 (automatic answers), RFC 5322; MSSanté ECO.2.1.1, ECO.2.3.2, ECO.2.4.1, ECO.2.4.2;
ANS volet LPS MSSanté (subjects, and both grammars of a failed MDN).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import parseaddr

from gateway.sandbox.mail_client import ReceivedMail
from gateway.sandbox.partner_writing import REPORT_CODE, Report


@dataclass(frozen=True, slots=True)
class Failure:
    """An application error that a software reports, and how it writes it."""

    code: str
    text: str
    older_grammar: bool = False
    """`Disposition: …; processed/Error: 902^…^…` instead of a field `Error:`."""


PATIENT_UNKNOWN = Failure("902", "Identifiant de patient inconnu")
INS_DIFFERS = Failure("904", "L'INS transmis ne correspond pas exactement")


def text_message(subject: str, text: str) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = subject
    message.set_content(text, cte="quoted-printable")
    return message


def document_message(report: Report, mail: ReceivedMail, address: str) -> EmailMessage:
    message = text_message(report.subject, "Bonjour,\n\nCi-joint le compte rendu de consultation.\n")
    message["Disposition-Notification-To"] = address
    message["X-MSS-CODECDA"] = REPORT_CODE
    message["X-MSS-INS"] = mail.header("X-MSS-INS") or "N"
    message.add_attachment(report.archive, maintype="application", subtype="zip", filename="IHE_XDM.zip")
    message.add_attachment(report.pdf, maintype="application", subtype="pdf", filename=report.pdf_name)
    return message


def displayed(mail: ReceivedMail, address: str) -> Message:
    fields = {"Disposition": "manual-action/MDN-sent-manually; displayed"}
    return _notification(mail, address, f"Lu : {subject_of(mail)}", "Le message a été affiché.", fields, original=False)


def processed(mail: ReceivedMail, address: str) -> Message:
    fields = {"Disposition": "automatic-action/MDN-sent-automatically; processed"}
    text = "Le document a été intégré dans le dossier du patient."
    return _notification(mail, address, subject_of(mail), text, fields, original=True)


def failed(mail: ReceivedMail, address: str, failure: Failure) -> Message:
    error, action = (
        f"{failure.code}^{failure.text}^applicationErrorCondition",
        "automatic-action/MDN-sent-automatically",
    )
    fields = (
        {"Disposition": f"{action}; processed/Error: {error}"}
        if failure.older_grammar
        else {"Disposition": f"{action}; processed/error", "Error": error}
    )
    text = f"Le document joint n'a pas pu être intégré.\nErreur {failure.code} : {failure.text}."
    subject = f"[KO Intégration système !][{failure.code}] {subject_of(mail)}"
    return _notification(mail, address, subject, text, fields, original=True)


def _notification(
    mail: ReceivedMail, address: str, subject: str, text: str, fields: dict[str, str], *, original: bool
) -> Message:
    report = MIMEMultipart("report", report_type="disposition-notification", policy=policy.SMTP)
    report["Subject"] = subject
    report.attach(MIMEText(text, "plain", "utf-8"))
    notice = MIMENonMultipart("message", "disposition-notification")
    about = Message()
    about["Reporting-UA"] = f"{address.rpartition('@')[2]}; Logiciel de cabinet fictif"
    about["Original-Recipient"] = f"rfc822;{address}"
    about["Final-Recipient"] = f"rfc822;{address}"
    about["Original-Message-ID"] = mail.header("Message-ID") or ""
    for name, value in fields.items():
        about[name] = value
    notice.set_payload([about])
    report.attach(notice)
    if original:
        report.attach(MIMEMessage(message_from_bytes(mail.content)))
    return report


def is_automatic(mail: ReceivedMail) -> bool:
    """Receipts and automatic answers: answering them would make a loop (RFC 3834 2)."""
    submitted = (mail.header("Auto-Submitted") or "no").lower()
    return mail.message.get_content_type() == "multipart/report" or submitted != "no" or _is_null_sender(mail)


def _is_null_sender(mail: ReceivedMail) -> bool:
    return (mail.header("Return-Path") or "").strip() == "<>"


def reply_address(mail: ReceivedMail) -> str:
    return bare(mail.header("Reply-To") or mail.header("From") or "")


def subject_of(mail: ReceivedMail) -> str:
    return mail.header("Subject") or ""


def bare(address: str) -> str:
    return parseaddr(address)[1]


def archives(message: EmailMessage) -> Sequence[bytes]:
    """Only the mail's own attachments: an archive inside a returned original is not for us."""
    found = []
    for part in message.iter_attachments():
        content = part.get_content() if (part.get_filename() or "").lower() == "ihe_xdm.zip" else None
        if isinstance(content, bytes):
            found.append(content)
    return found
