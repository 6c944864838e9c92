"""A colleague's plain reply: passed on at once as it is, to the software that polls and to the requester's mailbox.

Free text never moves a state: nobody guesses what it means. An automatic reply is noted and has no other effect.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from gateway.flows.accepted import Accepted, read_accepted
from gateway.flows.forward import Forward
from gateway.flows.notice import Notices
from gateway.flows.resources import binary, put
from gateway.journal import Change, Claim, Delivery, MessageClassified, NewEvent, Next, StepResult
from gateway.mapping.received import Attached, communication
from gateway.mapping.task import REPLY_TEXT
from gateway.mssante.format.mail import ReadMail
from gateway.ports import Clock, Ids, JournalQuery, Resources


@dataclass(frozen=True, slots=True)
class ReceiveReply:
    """Passes on a free text that answers one of our mails."""

    journal: JournalQuery
    resources: Resources
    notices: Notices
    forward: Forward
    clock: Clock
    ids: Ids

    def __call__(self, claim: Claim, mail: ReadMail, delivery: Delivery) -> StepResult:
        accepted = read_accepted(self.journal, delivery.message)
        if accepted is None:
            return StepResult(Next.PARKED, code="reply-without-thread")
        at = self.clock.now()
        changes = self._resources(claim, mail, delivery, accepted, at)
        forwarded = self.forward(mail, delivery, accepted)
        return StepResult(Next.DONE, (*changes, *forwarded))

    def _resources(
        self, claim: Claim, mail: ReadMail, delivery: Delivery, accepted: Accepted, at: datetime
    ) -> tuple[Change, ...]:
        task = self.resources.read(accepted.tenant, accepted.structures, "Task", delivery.message)
        if task is None:
            return ()
        id_ = self.ids.new()
        sent_at = mail.date.isoformat() if mail.date else None
        kept = [(attachment, self.ids.new()) for attachment in (*mail.pdfs, *mail.others) if attachment.content]
        attached = [Attached(found.media_type, f"Binary/{key}", found.name) for found, key in kept]
        passed_on = communication(
            id_, json.loads(task.content), mail.text, mail.from_address, sent_at, at.isoformat(), attached
        )
        told = self.notices.answered(delivery.message, REPLY_TEXT, f"Communication/{id_}", at, reported=False)
        return (
            MessageClassified(claim.message, "reply-text", delivery.message),
            *(put(binary(k, f.content, f.media_type), claim.message, accepted.structures, at) for f, k in kept),
            put(passed_on, claim.message, accepted.structures, at),
            *told,
            NewEvent(delivery.message, at, "reply-text-received", f"mailbox:{delivery.mailbox}", delivery.id),
        )
