"""A plain reply → the requester's own mailbox, at once and word for word. No mailbox: the software still polls it."""

import re
from dataclasses import dataclass

from gateway.flows.accepted import Accepted
from gateway.flows.address import Addressing
from gateway.flows.outgoing import fresh_message_id, outgoing
from gateway.journal import Change, Delivery
from gateway.model import MailAddress, Sender
from gateway.mssante.format import mail
from gateway.mssante.format.mail import Attachment, ReadMail
from gateway.ports import Clock, Ids

_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,80}/[a-z0-9.+-]{1,80}")


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
            pdfs=tuple(_tame(attached) for attached in (*reply.pdfs, *reply.others) if attached.content),
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


def _tame(attached: Attachment) -> Attachment:
    """What a stranger has named may go into our own headers."""
    name = " ".join("".join(c if c.isprintable() else " " for c in attached.name).split())
    known = _MEDIA_TYPE.fullmatch(attached.media_type)
    return Attachment(name, attached.content, attached.media_type if known else "application/octet-stream")


def _text(reply: ReadMail, delivery: Delivery) -> str:
    return (
        f"Bonjour,\n\nVoici la réponse reçue de {reply.from_address or delivery.mailbox} à votre demande.\n"
        "Elle est transmise telle quelle ; l'état de la demande n'a pas été modifié.\n\n"
        f"----------\n{reply.text}"
    )
