"""Mailbox → journal: every mail is on our disk before it is parsed, and stays on the server until it is done with.

One thread per mailbox. A mail is a duplicate when mailbox, Message-ID and bytes are the same.
"""

import logging
import threading
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
from gateway.mssante.format.mail_id import message_id_of
from gateway.ports import Clock, FetchedMail, Ids, Intake, MailInbox, MailLog

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class ReadMailbox:
    """Reads one mailbox until told to stop."""

    inbox: MailInbox
    intake: Intake
    mail_log: MailLog
    clock: Clock
    ids: Ids
    tenant: str
    idle_seconds: float = 20.0

    def run(self, stopping: threading.Event) -> None:
        """Fetch, flag, wait; after a failure of the server or the journal, pause longer each time, up to a minute."""
        pause = _FIRST_PAUSE_SECONDS
        while not stopping.is_set():
            try:
                self.once()
                self.inbox.wait(self.idle_seconds)
                pause = _FIRST_PAUSE_SECONDS
            except GatewayError as error:  # the server's trouble, or the journal's: neither ends this thread
                log.warning("mailbox not readable", extra={"code": error.code})
                stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        self.inbox.close()

    def once(self) -> None:
        """Journal what is new and flag what is done."""
        for mail in self.inbox.fetch_new(self.mail_log):
            self.intake.accept(self._journal(mail))
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
