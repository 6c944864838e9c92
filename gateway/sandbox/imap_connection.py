"""One IMAP connection: lines and literals in, lines out, and the step from clear text to TLS."""

import asyncio
import ssl

from gateway.sandbox.imap_syntax import MAX_LINE_BYTES, HangUp, announced_literal
from gateway.sandbox.tls import common_name

MAX_PIECES = 100
"""Lines and literals of one command: a client of ours sends three."""


class Connection:
    """A socket in the hands of one session. Raises OSError or EOFError when the other side is gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._in_clear = writer  # kept: a writer that is collected closes its socket, and TLS runs over that socket
        self.certificate_name = ""

    async def say(self, *lines: bytes) -> None:
        """Send lines."""
        self._writer.write(b"".join(line + b"\r\n" for line in lines))
        await self._writer.drain()

    async def read(self, max_literal_bytes: int, timeout_seconds: float) -> list[bytes]:
        """A command's line, cut at its literals: text, literal, text, literal, … text.

        Raises HangUp above a limit, TimeoutError when it does not come.
        """
        async with asyncio.timeout(timeout_seconds):
            return await self._read(max_literal_bytes)

    async def _read(self, max_literal_bytes: int) -> list[bytes]:
        pieces: list[bytes] = []
        while True:
            line = await self._read_line()
            text, literal = announced_literal(line)
            pieces.append(text)
            if literal is None:
                return pieces
            if len(pieces) > MAX_PIECES or literal.size + sum(map(len, pieces)) > max_literal_bytes + MAX_LINE_BYTES:
                raise HangUp("literal too large")
            if literal.waits:
                await self.say(b"+ ready")
            pieces.append(await self._reader.readexactly(literal.size))

    async def _read_line(self) -> bytes:
        try:
            line = await self._reader.readline()
        except ValueError:
            raise HangUp("line too long") from None
        if not line.endswith(b"\n"):
            raise EOFError
        return line.rstrip(b"\r\n")

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """A new reader takes over: what was sent in clear text after STARTTLS stays behind, unread."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport = await loop.start_tls(self._writer.transport, protocol, context, server_side=True)
        if transport is None:
            raise EOFError
        protocol.connection_made(transport)
        self._reader, self._writer = reader, asyncio.StreamWriter(transport, protocol, reader, loop)
        self.certificate_name = common_name(transport.get_extra_info("peercert"))

    def cut(self) -> None:
        """End it without a word."""
        self._writer.transport.abort()

    def close(self) -> None:
        """End it once everything is sent."""
        self._writer.close()
