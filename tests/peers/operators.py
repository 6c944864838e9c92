"""The operators that the mail ports are tested against, each as a gateway's administrator sees it.

The embedded one is always there; Postfix and Dovecot stand for the real ones.
"""

import itertools
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.model import MailAddress
from gateway.mssante.adapters.imap import ImapInbox
from gateway.mssante.adapters.smtp import SmtpSender
from gateway.mssante.adapters.tls import client_context
from gateway.sandbox.authority import Authority, Credentials
from gateway.sandbox.operator import Operator
from tests.peers.dovecot import PASSWORD, Dovecot, running_dovecot, without_trace
from tests.peers.postfix import DOMAIN, MAX_MAIL_BYTES, running_postfix

HOST = "127.0.0.1"
EMBEDDED_DOMAIN = "ch-essai.mssante.example"
EMBEDDED_MAILBOXES = 80


@dataclass(frozen=True)
class Site:
    """One operator with an account for us. A mailbox of `new_mailbox` is empty and nobody else's."""

    authority: Authority
    client: Credentials
    stranger: Credentials
    """A certificate that has expired."""
    smtp_port: int
    imap_port: int
    new_mailbox: Callable[[], MailAddress]
    unknown: MailAddress
    max_mail_bytes: int
    password: Callable[[MailAddress], str]
    deliver: Callable[[MailAddress, bytes], object]
    """Put a mail into a mailbox, past the door under test."""
    arrived: Callable[[MailAddress], list[bytes]]
    """The mails of a mailbox, without trace headers."""
    cut: Callable[[], object]
    """Break all connections."""

    def sender(self, credentials: Credentials | None = None) -> SmtpSender:
        context = self._context(credentials or self.client)
        return SmtpSender(HOST, self.smtp_port, context, 10.0, "passerelle.example", 10.0)

    def inbox(
        self, mailbox: MailAddress, credentials: Credentials | None = None, password: str = "", limit: int = 10**8
    ) -> ImapInbox:
        context = self._context(credentials or self.client)
        secret = password or self.password(mailbox)
        return ImapInbox(
            mailbox, HOST, self.imap_port, context, mailbox, secret, timeout_seconds=10.0, max_mail_bytes=limit
        )

    def waits_for(self, mailbox: MailAddress, count: int, seconds: float = 15.0) -> list[bytes]:
        """The mails of a mailbox once there are so many."""
        until = time.monotonic() + seconds
        while len(self.arrived(mailbox)) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.arrived(mailbox)

    def _context(self, credentials: Credentials) -> ssl.SSLContext:
        return client_context(self.authority.ca_path, credentials.certificate, credentials.key, self.authority.crl_path)


@contextmanager
def embedded() -> Iterator[Site]:
    addresses = [f"boite{number:02}@{EMBEDDED_DOMAIN}" for number in range(EMBEDDED_MAILBOXES)]
    fresh = iter(addresses)
    with short_folder() as folder, Operator.start(folder, [EMBEDDED_DOMAIN], addresses) as operator:
        yield Site(
            operator.authority,
            operator.certificate_for(EMBEDDED_DOMAIN),
            operator.authority.client_certificate(EMBEDDED_DOMAIN, expired=True),
            operator.smtp_port,
            operator.imap_port,
            lambda: MailAddress(next(fresh)),
            MailAddress(f"inconnu@{EMBEDDED_DOMAIN}"),
            operator.max_mail_bytes,
            operator.password_for,
            lambda mailbox, mail: operator.mailbox(mailbox).deliver(mail),
            lambda mailbox: [without_trace(mail.content) for mail in operator.mailbox(mailbox).mails()],
            operator.disconnect_all,
        )


@contextmanager
def dovecot_alone(extra: str = "") -> Iterator[Site]:
    with short_folder() as folder:
        authority = Authority.create(folder / "authority")
        server = authority.server_certificate([HOST])
        with running_dovecot(folder / "dovecot", authority, server, extra) as dovecot:
            yield _debian_site(authority, dovecot, 0, dovecot.cut)


@contextmanager
def postfix_and_dovecot() -> Iterator[Site]:
    with short_folder() as folder:
        authority = Authority.create(folder / "authority")
        server = authority.server_certificate([HOST])
        with (
            running_dovecot(folder / "dovecot", authority, server) as dovecot,
            running_postfix(folder / "postfix", authority, server, dovecot) as postfix,
        ):
            yield _debian_site(authority, dovecot, postfix.port, postfix.cut)


def _debian_site(authority: Authority, dovecot: Dovecot, smtp_port: int, cut: Callable[[], object]) -> Site:
    numbers = itertools.count()
    return Site(
        authority,
        authority.client_certificate("passerelle.example"),
        authority.client_certificate("passerelle.example", expired=True),
        smtp_port,
        dovecot.port,
        lambda: MailAddress(f"boite{next(numbers)}@{DOMAIN}"),
        MailAddress(f"inconnu@{DOMAIN}"),
        MAX_MAIL_BYTES,
        lambda _mailbox: PASSWORD,
        dovecot.deliver,
        dovecot.mails,
        cut,
    )


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path (Unix sockets), which the servers' own users may enter."""
    folder = Path(tempfile.mkdtemp(prefix="cpts"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
