"""The two doors of the embedded operator, open in a thread with an event loop of its own.

So a synchronous caller and one with its own event loop use the operator in the same way.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from gateway.sandbox.imap import ImapService
from gateway.sandbox.imap_syntax import MAX_LINE_BYTES
from gateway.sandbox.postmaster import Postmaster
from gateway.sandbox.smtp import DsnSmtp

HOST = "127.0.0.1"
HOST_NAME = "mx.sandbox.mssante.example"
PATIENCE_SECONDS = 10.0

T = TypeVar("T")


class Doors:
    """SMTP and IMAP, listening on the loopback interface."""

    def __init__(self, postmaster: Postmaster, imap: ImapService, context: ssl.SSLContext, max_mail_bytes: int) -> None:
        self._new_smtp = lambda: DsnSmtp(postmaster, context, HOST_NAME, max_mail_bytes)
        self._imap = imap
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mssante-operator", daemon=True)
        self._servers: list[asyncio.Server] = []

    def open(self, smtp_port: int, imap_port: int) -> tuple[int, int]:
        """Listen; port 0 means a free one. Returns the two ports. Raises OSError where one is taken."""
        self._thread.start()
        try:
            return asyncio.run_coroutine_threadsafe(self._listen(smtp_port, imap_port), self._loop).result()
        except OSError:
            self.close()
            raise

    def run(self, work: Callable[[], T]) -> T:
        """Run something in the doors' thread, between two steps of the servers."""
        done: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: done.set_result(work()))
        return done.result(PATIENCE_SECONDS)

    def disconnect_all(self) -> None:
        """Cut every connection and wait until it is gone. The doors stay open."""
        asyncio.run_coroutine_threadsafe(_end_other_tasks(), self._loop).result(PATIENCE_SECONDS)

    def close(self) -> None:
        """Close the doors and every connection. Closing twice is harmless."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._stop_listening(), self._loop).result(PATIENCE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self, smtp_port: int, imap_port: int) -> tuple[int, int]:
        # Not aiosmtpd's Controller: it checks itself with a connection that can present no client certificate.
        self._servers.append(await self._loop.create_server(self._new_smtp, HOST, smtp_port))
        self._servers.append(await asyncio.start_server(self._imap.serve, HOST, imap_port, limit=MAX_LINE_BYTES))
        smtp, imap = self._servers
        return smtp.sockets[0].getsockname()[1], imap.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        for server in self._servers:
            server.close()
        await _end_other_tasks()
        await asyncio.sleep(0.01)  # sockets are closed in the next turns of the loop


async def _end_other_tasks() -> None:
    """Each connection is one task, and the loop has no other."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
