"""Scripted colleagues at the other end of the mail: one with only a mailbox, one whose software reads and answers.

They are real mail clients of the embedded operator and share no code with the gateway. Each remembers nothing but what
its mailbox says: an unread mail is work to do.
Source: RFC 8098 2.1 (when a receipt may go out), RFC 3834 2 (automatic answers), RFC 5322 3.6.4 (threading); MSSanté
ECO.2.2.2, ECO.2.2.6, ECO.2.4.3.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime, formataddr, make_msgid
from enum import StrEnum

from imapclient.exceptions import IMAPClientError

from gateway.sandbox.mail_client import MailClient, ReceivedMail
from gateway.sandbox.partner_mails import (
    Failure,
    archives,
    bare,
    displayed,
    document_message,
    failed,
    is_automatic,
    processed,
    reply_address,
    subject_of,
    text_message,
)
from gateway.sandbox.partner_reading import Received, Unacceptable, open_archive
from gateway.sandbox.partner_writing import KARIM_TAZEROUT, Professional, write_report

PRODUCT_NUMBER = "DEV000001"
"""X-MSS-NIL of a product that does not exist."""
WAIT_SECONDS = 10.0
RETRY_SECONDS = 0.5

REPORT_TEXT = """Cher confrère, chère consœur,

Merci de m'avoir adressé votre patient. L'examen et la spirométrie sont faits ce jour.
Je propose de poursuivre le traitement actuel et de contrôler dans trois mois.

Confraternellement."""


class Deed(StrEnum):
    """What a colleague did about a mail."""

    READ = "read"
    REPLIED = "replied"
    CONFIRMED_READING = "confirmed-reading"
    SAID_AWAY = "said-away"
    REPORTED_PROCESSED = "reported-processed"
    REPORTED_FAILURE = "reported-failure"
    ANSWERED_WITH_DOCUMENT = "answered-with-document"


@dataclass(frozen=True, slots=True)
class Done:
    """One deed about one mail, by its Message-ID. `sent` is the Message-ID of the mail that went out, if any."""

    deed: Deed
    message_id: str
    sent: str | None = None


class Partner(ABC):
    """A colleague who works through a mailbox."""

    def __init__(self, client: MailClient, name: str) -> None:
        self._client, self._name = client, name
        self.address = client.account.address

    @abstractmethod
    def _handle(self, mail: ReceivedMail) -> list[Done]:
        """What the colleague does about one mail."""

    def work(self) -> list[Done]:
        """Handle every unread mail once, and mark it as seen. Automatic mails are read and never answered."""
        done: list[Done] = []
        for mail in self._client.unread():
            done.append(Done(Deed.READ, mail.header("Message-ID") or ""))
            if not is_automatic(mail):
                done += self._handle(mail)
            self._client.mark_seen(mail.uid)
        return done

    def run(self, stop: threading.Event, tell: Callable[[Done], None] = lambda _done: None) -> None:
        """Work whenever mail comes in, until `stop` is set: the body of a thread. A lost connection is made again."""
        while not stop.is_set():
            try:
                for done in self.work():
                    tell(done)
                self._client.wait(WAIT_SECONDS, stop)
            except (OSError, IMAPClientError):  # an SMTPException is an OSError
                self._client.drop()
                stop.wait(RETRY_SECONDS)
        self._client.drop()

    def close(self) -> None:
        """Leave the mailbox."""
        self._client.close()

    def _send(self, deed: Deed, mail: ReceivedMail, answer: Message, recipient: str, *, automatic: bool) -> Done:
        del answer["From"], answer["To"]
        answer["From"], answer["To"] = formataddr((self._name, self.address)), recipient
        answer["Message-ID"] = sent = make_msgid(domain=self.address.rpartition("@")[2])
        answer["Date"] = format_datetime(datetime.now(UTC))
        answer["X-MSS-NIL"] = PRODUCT_NUMBER
        if original := mail.header("Message-ID"):
            answer["In-Reply-To"] = original
            answer["References"] = " ".join(filter(None, [mail.header("References"), original]))
        if automatic:
            answer["Auto-Submitted"] = "auto-replied"
        self._client.send(answer, recipient, null_sender=automatic)
        return Done(deed, mail.header("Message-ID") or "", sent)


class MailboxColleague(Partner):
    """A doctor with a mailbox and nothing else: reads the PDF, and answers in plain words."""

    def __init__(
        self,
        client: MailClient,
        name: str,
        *,
        answer: str | None = "Bien reçu, je vois votre patient la semaine prochaine.",
        confirms_reading: bool = False,
        away: str | None = None,
    ) -> None:
        """`answer` None: never answers. `away`: the sentence that is sent back while nobody reads."""
        super().__init__(client, name)
        self._answer, self._confirms_reading, self._away = answer, confirms_reading, away

    def _handle(self, mail: ReceivedMail) -> list[Done]:
        if self._away is not None:
            text = text_message(f"Réponse automatique : {subject_of(mail)}", self._away)
            return [self._send(Deed.SAID_AWAY, mail, text, reply_address(mail), automatic=True)]
        done = []
        asked = mail.header("Disposition-Notification-To")
        if self._confirms_reading and asked:
            receipt = displayed(mail, self.address)
            done.append(self._send(Deed.CONFIRMED_READING, mail, receipt, bare(asked), automatic=False))
        if self._answer is not None:
            text = text_message(f"Re: {subject_of(mail)}", self._answer)
            done.append(self._send(Deed.REPLIED, mail, text, reply_address(mail), automatic=False))
        return done


class SoftwareColleague(Partner):
    """A doctor whose software integrates the document, says so by MDN, and sends a consultation report back."""

    def __init__(
        self,
        client: MailClient,
        author: Professional = KARIM_TAZEROUT,
        *,
        fails_with: Failure | None = None,
        report: str | None = REPORT_TEXT,
    ) -> None:
        """`fails_with`: the software refuses every document so. `report` None: integrates and does not answer."""
        super().__init__(client, f"Dr_{author.given}_{author.family}_{author.structure_name}")
        self._author, self._fails_with, self._report = author, fails_with, report

    def _handle(self, mail: ReceivedMail) -> list[Done]:
        attached = archives(mail.message)
        if not attached:
            return []
        try:
            received = open_archive(attached[0])
        except Unacceptable as refusal:
            return self._refuse(mail, Failure(refusal.code, refusal.text))
        return self._refuse(mail, self._fails_with) if self._fails_with else self._integrate(mail, received)

    def _refuse(self, mail: ReceivedMail, failure: Failure) -> list[Done]:
        return self._notify(Deed.REPORTED_FAILURE, mail, failed(mail, self.address, failure))

    def _integrate(self, mail: ReceivedMail, received: Received) -> list[Done]:
        done = self._notify(Deed.REPORTED_PROCESSED, mail, processed(mail, self.address))
        if self._report is not None:
            report = write_report(received, self._author, self._report, datetime.now(UTC).replace(microsecond=0))
            answer = document_message(report, mail, self.address)
            done.append(self._send(Deed.ANSWERED_WITH_DOCUMENT, mail, answer, reply_address(mail), automatic=False))
        return done

    def _notify(self, deed: Deed, mail: ReceivedMail, receipt: Message) -> list[Done]:
        """Only where a receipt was asked for, by the one who really sent the mail (RFC 8098 2.1)."""
        asked, sender = mail.header("Disposition-Notification-To"), mail.header("Return-Path")
        if not asked or bare(asked).lower() != bare(sender or "").lower():
            return []
        return [self._send(deed, mail, receipt, bare(asked), automatic=True)]


def start(partner: Partner, tell: Callable[[Done], None] = lambda _done: None) -> Callable[[], None]:
    """Have the partner work in a thread of its own. Returns what stops it, and waits until it has."""
    stop = threading.Event()
    thread = threading.Thread(target=partner.run, args=(stop, tell), name=f"partner-{partner.address}", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join()

    return end
