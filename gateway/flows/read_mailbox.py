"""Mailbox → journal: every mail is on our disk before it is parsed, and stays on the server until it is done with.

One thread per mailbox, and one process at a time: the others wait for their turn. A mail is a duplicate when mailbox,
Message-ID and bytes are the same.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from gateway.errors import GatewayError
from gateway.journal import (
    Change,
    Direction,
    NewEvent,
    NewMail,
    NewMessage,
    NewWork,
    PayloadRole,
    PutPayload,
    WorkKind,
)
from gateway.model import MailAddress
from gateway.mssante.format.mail_id import message_id_of
from gateway.ports import Clock, FetchedMail, Ids, Intake, MailboxLease, MailInbox, MailLog

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 60.0
_TURN_SECONDS = 60.0
"""How long the turn of a reader that died lasts: more than an IDLE and a large mail."""


@dataclass(frozen=True, slots=True)
class ReadMailbox:
    """Reads one mailbox until told to stop. `turn_pause_seconds`: between two questions whether it is our turn."""

    mailbox: MailAddress
    inbox: MailInbox
    lease: MailboxLease
    intake: Intake
    mail_log: MailLog
    clock: Clock
    ids: Ids
    tenant: str
    idle_seconds: float = 20.0
    turn_pause_seconds: float = 5.0

    def run(self, stopping: threading.Event) -> None:
        """Fetch, flag, wait, while it is our turn.

        After a failure of the server or the journal, pause longer each time, up to a minute.
        """
        pause = _FIRST_PAUSE_SECONDS
        while not stopping.is_set():
            try:
                if self._is_our_turn():
                    self._read(self._is_our_turn)
                    self.inbox.wait(self.idle_seconds)
                else:
                    stopping.wait(self.turn_pause_seconds)
                pause = _FIRST_PAUSE_SECONDS
            except GatewayError as error:  # the server's trouble, or the journal's: neither ends this thread
                log.warning("mailbox not readable", extra={"code": error.code})
                stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        self.inbox.close()
        with suppress(GatewayError):  # then it ends by itself
            self.lease.release(self.mailbox)

    def _is_our_turn(self) -> bool:
        return self.lease.acquire(self.mailbox, _TURN_SECONDS)

    def once(self) -> None:
        """Journal what is new and flag what is done, whoever's turn it is."""
        self._read(lambda: True)

    def _read(self, is_our_turn: Callable[[], bool]) -> None:
        """Break off where another has taken the turn meanwhile."""
        for mail in self.inbox.fetch_new(self.mail_log):
            self.intake.accept(self._journal(mail))
            if not is_our_turn():
                return
        self.inbox.settle(self.mail_log)

    def _journal(self, mail: FetchedMail) -> list[Change]:
        message, at = self.ids.new(), self.clock.now()
        digest = sha256(mail.content).hexdigest()
        message_id = message_id_of(mail.content)
        kind = WorkKind.OVERSIZED_MAIL if mail.oversized_bytes else WorkKind.INBOUND_MAIL
        return [
            NewMessage(message, self.tenant, Direction.INWARD, "mail", None, at),
            PutPayload(message, PayloadRole.SOURCE, mail.content, "message/rfc822"),
            NewMail(message, self.tenant, mail.mailbox, mail.uid_validity, mail.uid, message_id, digest),
            NewEvent(message, at, "mail-received", f"mailbox:{mail.mailbox}"),
            # A lane of its own: a mail that nobody understands holds up no other.
            NewWork(self.ids.new(), message, kind, message, message, at),
        ]
