"""The part of an SMTP conversation that decides whether a mail was handed over: its content, its end, the last reply.

aiosmtplib writes content and end in one piece, so that every broken connection would have an unknown outcome. Here the
end is written last, on its own: what breaks before it has certainly not been taken.
Source: RFC 5321 §4.5.3.2 (timeouts), RFC 1047 (duplicates).
"""

import asyncio
from typing import cast

from aiosmtplib import SMTP, SMTPException
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from gateway.errors import TransportError
from gateway.mssante.adapters.smtp_content import END_OF_DATA, dot_stuffed
from gateway.mssante.adapters.smtp_errors import Step, failure, outcome_unknown, refusal

CHUNK_BYTES = 65_536
POLL_SECONDS = 0.005

Reply = asyncio.Task[SMTPResponse]


async def transfer(client: SMTP, mail: bytes, timeout_seconds: float, last_reply_seconds: float) -> str:
    """Send the mail after the server's 354 and return the reply code of its acceptance.

    `timeout_seconds` bounds each piece, `last_reply_seconds` the wait at the end. After any TransportError that is not
    a plain refusal, and after a refusal in the middle, the connection is cut.
    """
    protocol = client.protocol
    if protocol is None:
        raise failure(ConnectionResetError(), Step.CONTENT)
    # We listen before we speak: a server may refuse in the middle, and that reply would otherwise be lost.
    reply: Reply = asyncio.create_task(protocol.read_response())
    reply.add_done_callback(_noticed)
    try:
        await asyncio.sleep(0)
        await _write(protocol, mail, reply, timeout_seconds)
        return _judged(await _last_reply(reply, last_reply_seconds))
    except TransportError as error:
        if not error.reply or error.findings[0].path == Step.CONTENT:
            abort(client)
        raise
    finally:
        reply.cancel()


def abort(client: SMTP) -> None:
    """Cut the connection at once; closing it would still send what is buffered."""
    if client.transport is not None:
        cast(asyncio.WriteTransport, client.transport).abort()
    client.close()


async def _write(protocol: SMTPProtocol, mail: bytes, reply: Reply, timeout_seconds: float) -> None:
    stuffed = dot_stuffed(mail)
    try:
        for start in range(0, len(stuffed), CHUNK_BYTES):
            protocol.write(stuffed[start : start + CHUNK_BYTES])
            async with asyncio.timeout(timeout_seconds):
                await _flowed_off(protocol, reply)
        if reply.done():
            raise refusal(reply.result(), Step.CONTENT)
        protocol.write(END_OF_DATA)
    except (SMTPException, OSError) as error:
        raise failure(error, Step.CONTENT) from None


async def _flowed_off(protocol: SMTPProtocol, reply: Reply) -> None:
    """Return when there is room for the next piece, or no point in sending it."""
    await asyncio.sleep(0)  # asyncio drops what is written to a lost connection, and notices the loss only in its turn
    while not reply.done() and _buffered(protocol) > CHUNK_BYTES:
        await asyncio.sleep(POLL_SECONDS)


def _buffered(protocol: SMTPProtocol) -> int:
    transport = cast(asyncio.WriteTransport | None, protocol.transport)
    return transport.get_write_buffer_size() if transport else 0


async def _last_reply(reply: Reply, last_reply_seconds: float) -> SMTPResponse:
    try:
        async with asyncio.timeout(last_reply_seconds):
            return await reply
    except (SMTPException, OSError):  # TimeoutError is an OSError
        raise outcome_unknown() from None


def _noticed(reply: Reply) -> None:
    """Asyncio would log the text of an exception that nobody looked at."""
    if not reply.cancelled():
        reply.exception()


def _judged(reply: SMTPResponse) -> str:
    if reply.code // 100 != 2:
        raise refusal(reply, Step.END_OF_DATA)
    return str(reply.code)
