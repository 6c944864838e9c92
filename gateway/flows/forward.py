"""A plain reply → the requester's own mailbox, at once and word for word. No mailbox: the software still polls it."""

from dataclasses import dataclass

from gateway.flows.accepted import Accepted
from gateway.flows.address import Addressing
from gateway.flows.outgoing import fresh_message_id, outgoing
from gateway.journal import Change, Delivery
from gateway.model import MailAddress, Sender
from gateway.mssante.format import mail
from gateway.mssante.format.mail import ReadMail
from gateway.ports import Clock, Ids


@dataclass(frozen=True, slots=True)
class Forward:
    """Writes the mail; a worker sends it."""

    addressing: Addressing
    clock: Clock
    ids: Ids
    sender: Sender

    def __call__(self, reply: ReadMail, delivery: Delivery, accepted: Accepted) -> tuple[Change, ...]:
        """The changes; none where the requester has no mailbox that we may write to."""
        requester = accepted.envelope.sender
        boxes = [b for b in self.addressing.directory.find_mailboxes(requester) if self._may_write(b.address)]
        if not boxes:
            return ()
        mailbox, at = boxes[0].address, self.clock.now()
        message_id = fresh_message_id(self.ids, self.sender.mailbox)
        draft = mail.MailDraft(
            sender=self.sender.mailbox,
            sender_label=self.sender.name,
            recipient=mailbox,
            subject=f"Réponse à votre demande : {reply.subject.removeprefix('Re: ').removeprefix('RE: ')}",
            message_id=message_id,
            date=at,
            text=_text(reply, delivery),
            nil=self.sender.nil,
        )
        return outgoing(
            self.ids,
            tenant=accepted.tenant,
            kind="reply-forwarded",
            content=mail.compose(draft),
            recipient=requester,
            mailbox=mailbox,
            message_id=message_id,
            thread=delivery.message,
            at=at,
        )

    def _may_write(self, address: MailAddress) -> bool:
        return self.addressing.trusted.trusts(address)


def _text(reply: ReadMail, delivery: Delivery) -> str:
    return (
        f"Bonjour,\n\nVoici la réponse reçue de {reply.from_address or delivery.mailbox} à votre demande.\n"
        "Elle est transmise telle quelle ; l'état de la demande n'a pas été modifié.\n\n"
        f"----------\n{reply.text}"
    )
