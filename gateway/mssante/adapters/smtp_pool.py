"""Several connections to the operator side by side, so that one that hangs holds up one mail and no more."""

import asyncio
from collections.abc import Callable

from gateway.model import MailAddress
from gateway.mssante.adapters.smtp import SmtpSender


class SmtpPool:
    """The port `MailSender` over `size` senders; each keeps its connection. Made and used in one event loop."""

    def __init__(self, make: Callable[[], SmtpSender], size: int) -> None:
        self._free: asyncio.LifoQueue[SmtpSender] = asyncio.LifoQueue()
        self._senders = [make() for _ in range(size)]
        for sender in self._senders:
            self._free.put_nowait(sender)

    async def send(self, mail: bytes, sender: MailAddress, recipient: MailAddress, envelope_id: str) -> str:
        """See the port. Waits for a free connection; the one used last is taken first, for it is still warm."""
        connection = await self._free.get()
        try:
            return await connection.send(mail, sender, recipient, envelope_id)
        finally:
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Say goodbye on every connection."""
        for sender in self._senders:
            await sender.close()
