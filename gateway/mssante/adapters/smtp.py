"""Handing mails to the operator: the port MailSender over SMTP, with STARTTLS always and a DSN asked for where offered.

Exactly-once does not exist over SMTP. What this adapter owes the journal is an honest answer to one question: may the
server have taken the mail? (`smtp_transfer.py`)
Source: RFC 5321 (SMTP), RFC 1870 (SIZE), RFC 3207 (STARTTLS), RFC 3461 (DSN), RFC 6152 (8BITMIME); MSSanté referential
ECO.1.0.1 (SMTP with STARTTLS), ECO.1.1.1 and following (TLS: `tls.py`).
"""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException

from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.addresses import is_mailbox
from gateway.mssante.adapters.smtp_content import check_sendable, xtext
from gateway.mssante.adapters.smtp_errors import Step, failure, refusal, too_large, unsendable
from gateway.mssante.adapters.smtp_transfer import abort, transfer

LAST_REPLY_SECONDS = 600.0
"""How long to wait for the answer to the end of data: giving up early makes duplicates (RFC 5321 §4.5.3.2.6)."""
MAX_ENVELOPE_ID = 100
"""RFC 3461 §4.4."""


@dataclass(frozen=True, slots=True)
class _Mail:
    content: bytes
    sender: str
    recipient: str
    envelope_id: str


class SmtpSender:
    """One connection to the operator, opened at the first mail, kept between mails, and carrying one at a time.

    Several senders make several connections; one sender may be called by any task of its event loop. Nothing ever goes
    in clear text: a server without STARTTLS, or with a certificate that is not the operator's, gets no mail.
    `timeout_seconds` bounds each step of the conversation, `last_reply_seconds` the answer to the end of data.

    What goes wrong before MAIL FROM is about the connection, not about the mail, and is temporary whatever the reply:
    a certificate that has expired must not return everybody's letters.
    """

    def __init__(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext,
        timeout_seconds: float,
        local_hostname: str,
        last_reply_seconds: float = LAST_REPLY_SECONDS,
    ) -> None:
        self._host, self._port, self._context, self._local_hostname = host, port, context, local_hostname
        self._timeout_seconds, self._last_reply_seconds = timeout_seconds, last_reply_seconds
        self._one_at_a_time = asyncio.Lock()
        self._client: SMTP | None = None

    async def send(self, mail: bytes, sender: MailAddress, recipient: MailAddress, envelope_id: str) -> str:
        """Hand one mail over and return the reply code of the server that has taken it.

        The mail goes as it is: CRLF lines of at most 998 bytes, or TransportError. An empty `sender` is the null
        reverse-path of an MDN, for which no DSN is asked (RFC 8098 §3).
        """
        check_sendable(mail)
        _check_envelope(sender, recipient, envelope_id)
        async with self._one_at_a_time:
            return await self._send(_Mail(mail, sender, recipient, envelope_id))

    async def close(self) -> None:
        """Say QUIT where a connection is open. What happens then no longer matters."""
        async with self._one_at_a_time:
            if self._client and self._client.is_connected:
                with suppress(SMTPException, OSError):
                    await self._client.quit()
            self._drop()

    async def _send(self, mail: _Mail) -> str:
        usable = False
        try:
            reply = await self._converse(mail)
            usable = True
            return reply
        except TransportError as error:
            usable = bool(error.reply)  # a refusal leaves the conversation in good order, anything else does not
            raise
        finally:
            if not usable:
                self._drop()

    async def _converse(self, mail: _Mail) -> str:
        client = await self._connected()
        _check_capabilities(client, mail)
        await _command(client, Step.MAIL, f"FROM:<{mail.sender}>", *_mail_options(client, mail))
        await _command(client, Step.RCPT, f"TO:<{mail.recipient}>", *_recipient_options(client, mail))
        await _command(client, Step.DATA)
        return await transfer(client, mail.content, self._timeout_seconds, self._last_reply_seconds)

    async def _connected(self) -> SMTP:
        """The kept connection if it still answers, without the traces of the last mail; or a new one."""
        if self._client and self._client.is_connected:
            with suppress(SMTPException, OSError):
                await self._client.rset()
                return self._client
        self._drop()
        self._client = await self._open()
        return self._client

    async def _open(self) -> SMTP:
        """A connection is ours to keep only once it is encrypted and greeted."""
        client = SMTP(
            hostname=self._host,
            port=self._port,
            local_hostname=self._local_hostname,
            timeout=self._timeout_seconds,
            tls_context=self._context,
            start_tls=False,  # its own step in _greet, so that its failures are told apart
        )
        try:
            await _greet(client)
        except BaseException:
            abort(client)
            raise
        return client

    def _drop(self) -> None:
        if self._client:
            abort(self._client)
        self._client = None


async def _greet(client: SMTP) -> None:
    """From nothing to the encrypted session. Only the capabilities of the second EHLO count (RFC 3207 §4.2)."""
    steps = (
        (Step.CONNECT, client.connect),
        (Step.EHLO, client.ehlo),
        (Step.STARTTLS, client.starttls),
        (Step.FIRST_IN_TLS, client.ehlo),
    )
    for step, take in steps:
        try:
            await take()
        except (SMTPException, OSError, ValueError) as error:
            raise failure(error, step) from None


async def _command(client: SMTP, verb: Step, *words: str) -> None:
    try:
        reply = await client.execute_command(verb.encode(), *(word.encode("ascii") for word in words))
    except (SMTPException, OSError, ValueError) as error:
        raise failure(error, verb) from None
    if reply.code // 100 != (3 if verb is Step.DATA else 2):
        raise refusal(reply, verb)


def _check_envelope(sender: str, recipient: str, envelope_id: str) -> None:
    if not (is_mailbox(recipient) and (sender == "" or is_mailbox(sender))):
        raise unsendable("address")
    if not (envelope_id.isascii() and envelope_id.isprintable() and 0 < len(xtext(envelope_id)) <= MAX_ENVELOPE_ID):
        raise unsendable("envelope-id")


def _check_capabilities(client: SMTP, mail: _Mail) -> None:
    limit = client.esmtp_extensions.get("size", "")
    if limit.isdecimal() and 0 < int(limit) < len(mail.content):
        raise too_large(len(mail.content), int(limit))
    if not (mail.content.isascii() or client.supports_extension("8bitmime")):
        raise unsendable("eight-bit")


def _mail_options(client: SMTP, mail: _Mail) -> list[str]:
    options = []
    if client.supports_extension("size"):
        options.append(f"SIZE={len(mail.content)}")
    if not mail.content.isascii():
        options.append("BODY=8BITMIME")
    if _asks_dsn(client, mail):
        options += ["RET=HDRS", f"ENVID={xtext(mail.envelope_id)}"]
    return options


def _recipient_options(client: SMTP, mail: _Mail) -> list[str]:
    if not _asks_dsn(client, mail):
        return []
    return ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{xtext(mail.recipient)}"]


def _asks_dsn(client: SMTP, mail: _Mail) -> bool:
    return bool(mail.sender) and client.supports_extension("dsn")
