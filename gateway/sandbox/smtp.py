"""The SMTP door of the embedded MSSanté operator: STARTTLS and a client certificate first, then a mail into a Maildir.

The 250 after DATA is said only once the mail is on disk.
Source: MSSanté ECO.1.0.1, ECO.1.1.1, ECO.2.3.1; RFC 5321, RFC 3207, RFC 1870 (SIZE), RFC 3461 (DSN), RFC 6152.
"""

import asyncio
import logging
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from gateway.sandbox import dsn
from gateway.sandbox.postmaster import BREAKS_CONNECTION, Postmaster
from gateway.sandbox.tls import common_name

MAX_COMMAND_BYTES = 990
"""RFC 5321 allows 512; RFC 3461 adds 100 for ENVID and 500 for ORCPT. aiosmtpd reads no line above 1001."""

# aiosmtpd logs addresses at level INFO and whole mails at DEBUG.
logging.getLogger("mail.log").setLevel(logging.WARNING)

_ADDRESS_AND_TAIL = re.compile(r"(\s*(?:FROM|TO):\s*<[^>]*>)(.*)", re.IGNORECASE)


class DsnEnvelope(Envelope):
    """An envelope that keeps what RFC 3461 lets a sender ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Mapping[str, str] = {}
        self.recipients: list[dsn.Recipient] = []

    def submission(self) -> dsn.Submission:
        """The mail once its data are in."""
        content = self.content if isinstance(self.content, bytes) else b""
        full = self.asked.get("RET", "HDRS").upper() == "FULL"
        return dsn.Submission(self.mail_from or dsn.NULL_SENDER, content, self.asked.get("ENVID"), full)


class DsnSmtp(SMTP):
    """aiosmtpd answers 555 to DSN parameters: they are taken out here, before it reads the command."""

    def __init__(self, postmaster: Postmaster, context: ssl.SSLContext, hostname: str, max_mail_bytes: int) -> None:
        super().__init__(_Hooks(postmaster), hostname=hostname, ident="ESMTP", data_size_limit=max_mail_bytes)
        # Set afterwards: given to the constructor, a context that requires a client certificate is warned of each time.
        self.tls_context, self.require_starttls = context, True
        # An instance's own: the class's dictionary is shared, and emptied by each new connection.
        self.command_size_limits = defaultdict(lambda: MAX_COMMAND_BYTES)
        self.asked: Mapping[str, str] = {}

    def _create_envelope(self) -> DsnEnvelope:
        return DsnEnvelope()

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str) -> None:
        """Once only: aiosmtpd would start TLS inside TLS."""
        if self._tls_protocol:
            await self.push("503 5.5.1 TLS is already active")
        else:
            await super().smtp_STARTTLS(arg)

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg: str | None) -> None:
        """With RET and ENVID."""
        await self._without_dsn(arg, dsn.MAIL_PARAMETERS, super().smtp_MAIL)

    @syntax("RCPT TO: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_RCPT(self, arg: str | None) -> None:
        """With NOTIFY and ORCPT."""
        await self._without_dsn(arg, dsn.RCPT_PARAMETERS, super().smtp_RCPT)

    async def _without_dsn(
        self, arg: str | None, allowed: tuple[str, ...], command: Callable[[str | None], Awaitable[None]]
    ) -> None:
        self.asked = {}
        found = _ADDRESS_AND_TAIL.fullmatch(arg or "")
        if not found:
            await command(arg)
            return
        try:
            self.asked, others = dsn.read_parameters(found[2], allowed)
        except ValueError:
            await self.push("501 5.5.4 Malformed DSN parameter")
            return
        await command(f"{found[1]} {others}".strip())


class _Hooks:
    """What aiosmtpd calls. The signatures are its own."""

    def __init__(self, postmaster: Postmaster) -> None:
        self._postmaster = postmaster

    async def handle_EHLO(
        self, _server: DsnSmtp, session: Session, _envelope: DsnEnvelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """DSN is offered; AUTH is not: the certificate says who one is."""
        session.host_name = hostname
        *kept, last = [line for line in responses if not line[4:].startswith("AUTH")]
        return [*kept, "250-DSN", "250-ENHANCEDSTATUSCODES", last]

    async def handle_MAIL(
        self, server: DsnSmtp, session: Session, envelope: DsnEnvelope, address: str, _options: list[str]
    ) -> str:
        if refusal := self._postmaster.refuses_sender(common_name(_peer_certificate(session)), address):
            return refusal
        envelope.mail_from, envelope.asked = address, server.asked
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: DsnSmtp, _session: Session, envelope: DsnEnvelope, address: str, _options: list[str]
    ) -> str:
        if refusal := self._postmaster.refuses_recipient(address):
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.recipients.append(dsn.recipient(address, server.asked))
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: DsnSmtp, _session: Session, envelope: DsnEnvelope) -> str:
        submission = envelope.submission()
        fates = {self._postmaster.settle(to, submission) for to in envelope.recipients}
        if fates & BREAKS_CONNECTION and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
            raise asyncio.CancelledError
        return "250 2.0.0 OK"


def _peer_certificate(session: Session) -> Mapping[str, Any] | None:
    return (session.ssl or {}).get("peercert")
