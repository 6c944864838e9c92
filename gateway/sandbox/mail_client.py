"""A mail program for scripted partners: IMAPClient and smtplib with mutual TLS, as a colleague's software would do.

It shares nothing with the gateway's own adapters, so that the two ends do not agree by sharing a mistake.
"""

import logging
import smtplib
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from imapclient import IMAPClient

from gateway.sandbox.operator import Operator

TIMEOUT_SECONDS = 10.0
# IMAPClient logs whole conversations, mails included, at level DEBUG.
logging.getLogger("imapclient").setLevel(logging.WARNING)

AS_IT_CAME = policy.SMTP.clone(refold_source="none")
"""A returned original keeps its lines."""
DSN_OPTIONS = ("NOTIFY=NEVER",)
"""Partners ask for no receipt of their answers."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where a mailbox is and how to reach it."""

    address: str
    host: str
    smtp_port: int
    imap_port: int
    context: ssl.SSLContext

    @classmethod
    def at(cls, operator: Operator, address: str) -> "Account":
        """The account of a mailbox of the embedded operator, with a certificate of its own."""
        context = operator.authority.client_context(operator.certificate_for(address))
        return cls(address, operator.host, operator.smtp_port, operator.imap_port, context)


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """An unread mail: its bytes, and the same parsed."""

    uid: int
    content: bytes
    message: EmailMessage

    def header(self, name: str) -> str | None:
        """A header on one line, decoded; None where it is absent."""
        value = self.message[name]
        return " ".join(str(value).split()) if value is not None else None


class MailClient:
    """One mailbox, used by one thread. Connects when it is first needed and again after a failure."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._imap: IMAPClient | None = None

    def unread(self) -> Iterator[ReceivedMail]:
        """The mails that nobody has marked as seen, oldest first. Reading does not mark them."""
        imap = self._inbox()
        for uid in sorted(imap.search("UNSEEN")):
            content = imap.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
            yield ReceivedMail(uid, content, message_from_bytes(content, policy=policy.default))

    def mark_seen(self, uid: int) -> None:
        """Mark a mail as seen."""
        self._inbox().add_flags([uid], [b"\\Seen"], silent=True)

    def wait(self, timeout_seconds: float, stop: threading.Event) -> None:
        """Return when something is unread (IDLE), at the timeout, or soon after `stop` is set."""
        imap = self._inbox()
        if imap.search("UNSEEN"):
            return  # it came since we last looked, and was told of with another answer: IDLE would not say it again
        imap.idle()
        waited = 0.0
        while waited < timeout_seconds and not stop.is_set() and not imap.idle_check(0.2):
            waited += 0.2
        imap.idle_done()

    def send(self, message: Message, recipient: str, *, null_sender: bool = False) -> None:
        """Hand a mail to the operator; receipts go out with a null sender, so that nothing answers them."""
        account = self.account
        with smtplib.SMTP(account.host, account.smtp_port, timeout=TIMEOUT_SECONDS) as smtp:
            smtp.starttls(context=account.context)
            sender = "" if null_sender else account.address
            smtp.sendmail(sender, [recipient], message.as_bytes(policy=AS_IT_CAME), rcpt_options=DSN_OPTIONS)

    def close(self) -> None:
        """Leave the mailbox."""
        if self._imap:
            self._imap.logout()
            self._imap = None

    def drop(self) -> None:
        """Leave the mailbox without a word: after a failure there may be nobody to say it to."""
        if self._imap:
            with suppress(OSError):
                self._imap.shutdown()
            self._imap = None

    def _inbox(self) -> IMAPClient:
        if self._imap is None:
            account = self.account
            imap = IMAPClient(account.host, account.imap_port, ssl=False, timeout=TIMEOUT_SECONDS)
            imap.starttls(account.context)
            imap.sasl_login("EXTERNAL", lambda _challenge: account.address.encode())
            imap.select_folder("INBOX")
            self._imap = imap
        self._imap.noop()
        return self._imap
