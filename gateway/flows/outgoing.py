"""A mail of ours that is already written (a forwarded reply, a receipt), as changes: ready to be sent by any worker."""

from datetime import datetime

from gateway.journal import (
    Change,
    DeliveryState,
    Direction,
    MoveDelivery,
    NewDelivery,
    NewEvent,
    NewMessage,
    NewWork,
    PayloadRole,
    PutPayload,
    WorkKind,
)
from gateway.model import ItemId, MailAddress, MailMessageId, Party
from gateway.ports import Ids

MAIL, RECEIPT = "mail", "receipt"
"""Forms of a delivery that carries no document. A receipt goes out without a reverse path (RFC 8098 §3)."""


def outgoing(
    ids: Ids,
    *,
    tenant: str,
    kind: str,
    content: bytes,
    recipient: Party,
    mailbox: MailAddress,
    message_id: MailMessageId,
    thread: ItemId | None,
    at: datetime,
    form: str = MAIL,
    facts: tuple[tuple[str, str], ...] = (),
) -> tuple[Change, ...]:
    """One message with one delivery that needs no preparing, in a lane of its own."""
    message, delivery = ids.new(), ids.new()
    return (
        NewMessage(message, tenant, Direction.OUTWARD, kind, None, at, thread=thread),
        PutPayload(message, PayloadRole.MAIL, content, "message/rfc822", delivery),
        NewDelivery(delivery, message, recipient.structure, recipient.person, mailbox, form, message_id, at),
        MoveDelivery(delivery, DeliveryState.RECEIVED, DeliveryState.READY, at),
        NewEvent(message, at, kind, "worker", delivery, facts),
        NewWork(ids.new(), message, WorkKind.DELIVERY, delivery, message, at),
    )


def fresh_message_id(ids: Ids, sender: MailAddress) -> MailMessageId:
    """128 random bits at our domain."""
    return MailMessageId(f"<{ids.secret()}@{sender.partition('@')[2]}>")
