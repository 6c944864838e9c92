"""One journaled mail: what is it, what does it answer, and what follows.

A receipt settles a delivery; a document joins its referral; a person's words are passed on; an automatic reply changes
nothing. What cannot be trusted is set aside for a person, with its code, and harms nothing else.
"""

import asyncio
from dataclasses import dataclass

from gateway.errors import InputError, MappingError
from gateway.flows.receive_document import ReceiveDocument
from gateway.flows.receive_reply import ReceiveReply
from gateway.flows.receive_report import ReceiveReport
from gateway.flows.refuse_mail import RefuseMail
from gateway.journal import Claim, Delivery, MessageClassified, NewEvent, Next, PayloadRole, StepResult
from gateway.model import Finding
from gateway.mssante.format import mail, subject
from gateway.mssante.format.mail import MailKind, ReadMail
from gateway.ports import Clock, JournalQuery


@dataclass(frozen=True, slots=True)
class ReceiveMail:
    """Handles work of kind INBOUND_MAIL."""

    journal: JournalQuery
    report: ReceiveReport
    document: ReceiveDocument
    reply: ReceiveReply
    refuse: RefuseMail
    clock: Clock

    async def __call__(self, claim: Claim) -> StepResult:
        return await asyncio.to_thread(self._step, claim)

    def _step(self, claim: Claim) -> StepResult:
        content = self.journal.payload(claim.message, PayloadRole.SOURCE)
        if content is None:
            return StepResult(Next.PARKED, code="content-erased")
        read: ReadMail | None = None
        try:
            read = mail.read(content)
            return self._tell(claim, read)
        except (
            InputError,
            MappingError,
        ) as error:  # trouble of our own (the trusted list, the store) is not the mail's
            return self.refuse(claim, content, read, error)

    def _tell(self, claim: Claim, read: ReadMail) -> StepResult:
        if read.report:
            return self.report(claim, read.report)
        delivery = self._answered(read)
        if read.kind is MailKind.AUTO_REPLY:
            return self._automatic(claim, delivery)
        if read.kind is MailKind.DOCUMENT:
            return self.document(claim, read, delivery)
        if _announces_document(read, delivery):
            raise InputError(Finding("mail-without-archive"))
        if delivery is None:
            raise InputError(Finding("reply-without-thread"))
        return self.reply(claim, read, delivery)

    def _answered(self, read: ReadMail) -> Delivery | None:
        """The delivery of ours that a mail answers: the nearest reference first."""
        named = (read.in_reply_to, *reversed(read.references))
        found = (self.journal.find_delivery(message_id) for message_id in named if message_id)
        return next((delivery for delivery in found if delivery), None)

    def _automatic(self, claim: Claim, delivery: Delivery | None) -> StepResult:
        """Never answered, and no state moves; the trace of the referral shows it."""
        message = delivery.message if delivery else claim.message
        noted = NewEvent(
            message, self.clock.now(), "auto-reply-received", "recipient", delivery.id if delivery else None
        )
        classified = MessageClassified(claim.message, "auto-reply", delivery.message if delivery else None)
        return StepResult(Next.DONE, (classified, noted))


def _announces_document(read: ReadMail, delivery: Delivery | None) -> bool:
    """By X-MSS-CODECDA; by the subject only in a mail that answers nothing: a person's "Re:" keeps ours."""
    said = subject.read(read.subject)
    answers = delivery is not None or read.in_reply_to is not None or bool(read.references)
    return bool(read.document_codes) or (said is not None and said.is_document and not answers)
