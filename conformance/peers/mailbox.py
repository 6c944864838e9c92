"""A colleague's mailbox at the operator, by IMAP and SMTP with mutual TLS.

It changes nothing in the mailbox: mails are neither marked nor deleted, and those from before the run are not read.
Source: MSSanté ECO.1.0.1, ECO.1.0.2 (STARTTLS), mutual TLS of application mailboxes; RFC 3501, RFC 4422 (EXTERNAL).
"""

import imaplib
import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

from conformance.readers.mail import Mail
from conformance.target import Partner
from conformance.trace import Trace
from conformance.verdicts import Broken, Failed

TIMEOUT_SECONDS, POLL_SECONDS = 20.0, 0.15


class Mailbox:
    """What has come in since the run began, and what the colleague sends."""

    def __init__(self, account: Partner, trace: Trace, patience_seconds: float) -> None:
        self.account, self.trace, self.patience_seconds = account, trace, patience_seconds
        self.mails: list[Mail] = []
        try:
            self._context = _tls(account)
            self._imap = self._open()
            self._next_uid = self._first_new_uid()
        except (OSError, imaplib.IMAP4.error) as error:
            raise Broken(f"mailbox {account.address}: {error}") from None

    def wait_for(self, wanted: Callable[[Mail], bool], words: str) -> Mail:
        """The first mail of the run that is wanted, waiting for it. Raises Failed at the end of the patience."""
        deadline = time.monotonic() + self.patience_seconds
        while True:
            self.look()
            if found := next((mail for mail in self.mails if wanted(mail)), None):
                self.trace.received(f"mail {found.message_id}", found.content, "eml")
                return found
            if time.monotonic() > deadline:
                raise Failed(f"mailbox after {self.patience_seconds:g} s", words, f"{len(self.mails)} other mails")
            time.sleep(POLL_SECONDS)

    def watch(self, seconds: float) -> None:
        """Take in whatever comes within this time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.look()
            time.sleep(POLL_SECONDS)

    def look(self) -> None:
        """Read what is new."""
        try:
            self._imap.noop()
            _, found = self._imap.uid("SEARCH", f"UID {self._next_uid}:*")
            for uid in (int(word) for word in (found[0] or b"").split()):
                if uid >= self._next_uid:
                    self.mails.append(Mail.read(self._fetch(uid)))
                    self._next_uid = uid + 1
        except (OSError, imaplib.IMAP4.error) as error:
            raise Broken(f"mailbox {self.account.address}: {error}") from None

    def send(self, content: bytes, *, null_sender: bool = False) -> None:
        """Hand a mail to the operator for the gateway; receipts and automatic mails go out with a null sender."""
        self.trace.sent(f"mail {Mail.read(content).message_id}", content, "eml")
        try:
            with smtplib.SMTP(*self.account.smtp, timeout=TIMEOUT_SECONDS) as smtp:
                smtp.starttls(context=self._context)
                smtp.ehlo()
                options = ("NOTIFY=NEVER",) if smtp.has_extn("dsn") else ()
                sender = "" if null_sender else self.account.address
                smtp.sendmail(sender, [self.account.gateway_address], content, rcpt_options=options)
        except (OSError, smtplib.SMTPException) as error:
            raise Broken(f"SMTP of the operator: {error}") from None

    def close(self) -> None:
        with suppress(OSError, imaplib.IMAP4.error):
            self._imap.logout()

    def _open(self) -> imaplib.IMAP4:
        imap = imaplib.IMAP4(*self.account.imap, timeout=TIMEOUT_SECONDS)
        imap.starttls(self._context)
        imap.authenticate("EXTERNAL", lambda _challenge: self.account.address.encode())
        imap.select("INBOX", readonly=True)
        return imap

    def _first_new_uid(self) -> int:
        _, found = self._imap.uid("SEARCH", "ALL")
        return max((int(word) for word in (found[0] or b"").split()), default=0) + 1

    def _fetch(self, uid: int) -> bytes:
        _, found = self._imap.uid("FETCH", str(uid), "(BODY.PEEK[])")
        return next(bytes(part[1]) for part in found if isinstance(part, tuple))


def _tls(account: Partner) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(account.ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(account.certificate, account.key)
    return context
