"""The mails that a colleague sends back: a report, words, an absence notice, receipts in both grammars, a KO mail.

Source: RFC 5322 3.6.4 (threads), RFC 3834 (automatic answers), RFC 8098 (MDN); MSSanté ECO.2.2.2, ECO.2.4.1 to 2.4.3;
ANS volet LPS, error notifications.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid

from conformance.peers.report import CODE, LABEL, Report
from conformance.readers.mail import Mail

PRODUCT = "DEV000002"
"""X-MSS-NIL of a product that does not exist."""
AUTOMATIC, BY_HAND = "automatic-action/MDN-sent-automatically", "manual-action/MDN-sent-manually"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail to send, and the Message-ID by which its effects are found."""

    content: bytes
    message_id: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Whoever answers one letter."""

    address: str
    letter: Mail

    def report(
        self, report: Report, *, threaded: bool = True, asks_receipt: bool = True, subject: str | None = None
    ) -> Outgoing:
        """A mail with a structured report. `subject`: the words after the marker, where they shall mislead."""
        message = EmailMessage(policy=policy.SMTP)
        message["Subject"] = f"XDM/1.0/DDM+{subject or f'{LABEL} {self._patient}'}"
        message["X-MSS-CODECDA"] = CODE
        message["X-MSS-INS"] = self.letter.header("X-MSS-INS") or "N"
        if asks_receipt:
            message["Disposition-Notification-To"] = self.address
        message.set_content("Bonjour,\n\nCi-joint le compte rendu.\n", cte="quoted-printable")
        message.add_attachment(report.archive, maintype="application", subtype="zip", filename="IHE_XDM.zip")
        message.add_attachment(report.pdf, maintype="application", subtype="pdf", filename="compte-rendu.pdf")
        return self._sent(message, threaded=threaded)

    def words(self, text: str) -> Outgoing:
        """A free text."""
        message = EmailMessage(policy=policy.SMTP)
        message["Subject"] = f"Re: {self.letter.header('Subject')}"
        message.set_content(text, cte="quoted-printable")
        return self._sent(message)

    def absence(self, text: str) -> Outgoing:
        """An out-of-office notice, marked as RFC 3834 wants."""
        message = EmailMessage(policy=policy.SMTP)
        message["Subject"] = f"Réponse automatique : {self.letter.header('Subject')}"
        message["Auto-Submitted"] = "auto-replied"
        message["Precedence"] = "bulk"
        message.set_content(text, cte="quoted-printable")
        return self._sent(message)

    def displayed(self) -> Outgoing:
        """A person has opened the mail."""
        return self._receipt(f"{BY_HAND}; displayed", "Le message a été affiché.", prefix="Lu : ")

    def processed(self) -> Outgoing:
        """Software has integrated the document."""
        return self._receipt(f"{AUTOMATIC}; processed", "Le document a été intégré.")

    def refused(self, code: str, label: str, *, older_grammar: bool) -> Outgoing:
        """Software has refused it. The older grammar writes the error inside `Disposition`."""
        error = f"{code}^{label}^applicationErrorCondition"
        text, prefix = f"Erreur {code} : {label}.", f"[KO Intégration système !][{code}] "
        if older_grammar:
            return self._receipt(f"{AUTOMATIC}; processed/Error: {error}", text, prefix=prefix)
        return self._receipt(f"{AUTOMATIC}; processed/error", text, prefix=prefix, error=error)

    def ordinary_ko(self, code: str, label: str) -> Outgoing:
        """The same, as an ordinary mail that returns the original."""
        message = MIMEMultipart("mixed", policy=policy.SMTP)
        message["Subject"] = f"[KO Intégration système !][{code}] {self.letter.header('Subject')}"
        message.attach(MIMEText(f"Erreur {code} : {label}.", "plain", "utf-8"))
        message.attach(MIMEMessage(message_from_bytes(self.letter.content)))
        return self._sent(message, threaded=False)

    @property
    def _patient(self) -> str:
        """The words after the label of the letter's subject; only for people."""
        return " ".join((self.letter.header("Subject") or "").split()[-3:])

    def _receipt(self, disposition: str, text: str, *, prefix: str = "", error: str | None = None) -> Outgoing:
        report = MIMEMultipart("report", report_type="disposition-notification", policy=policy.SMTP)
        report["Subject"] = f"{prefix}{self.letter.header('Subject')}"
        report.attach(MIMEText(text, "plain", "utf-8"))
        about = Message()
        about["Reporting-UA"] = "conformance; colleague"
        about["Original-Recipient"] = about["Final-Recipient"] = f"rfc822;{self.address}"
        about["Original-Message-ID"] = self.letter.message_id
        about["Disposition"] = disposition
        if error:
            about["Error"] = error
        notice = MIMENonMultipart("message", "disposition-notification")
        notice.set_payload([about])
        report.attach(notice)
        report.attach(MIMEMessage(message_from_bytes(self.letter.content)))
        return self._sent(report)

    def _sent(self, message: Message, *, threaded: bool = True) -> Outgoing:
        message_id = make_msgid(domain=self.address.rpartition("@")[2])
        message["From"] = self.address
        message["To"] = self.letter.address("Reply-To") or self.letter.address("From")
        message["Message-ID"] = message_id
        message["Date"] = format_datetime(datetime.now(UTC))
        message["X-MSS-NIL"] = PRODUCT
        if threaded:
            message["In-Reply-To"] = message["References"] = self.letter.message_id
        return Outgoing(message.as_bytes(policy=policy.SMTP.clone(refold_source="none")), message_id)
