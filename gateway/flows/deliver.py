"""Journal → mailbox: one delivery, one step at a time. First it is prepared, then sent, then waits for its receipts.

Sending again is harmless: the Message-ID was fixed at intake. Before the wire is touched the lease must outlast the
send, and the mailbox must still be one that we may write to.
"""

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta

from gateway.errors import InputError, MappingError, TransportError
from gateway.flows.address import Addressing
from gateway.flows.notice import Notices
from gateway.flows.outgoing import RECEIPT
from gateway.flows.prepare import Prepare
from gateway.journal import (
    Change,
    Claim,
    Delivery,
    DeliveryState,
    MoveDelivery,
    NewEvent,
    Next,
    PayloadRole,
    StepResult,
)
from gateway.model import MailAddress, Party, Sender
from gateway.ports import Clock, JournalQuery, MailSender
from gateway.workflow.delivery import DeliveryEvent, gives_up_at, next_state, retry_at

SEND_SECONDS = 30.0
"""The longest that one send may take: the lease must have more left."""

_CODES = {
    DeliveryEvent.TAKEN: "sent",
    DeliveryEvent.PUT_OFF: "put-off",
    DeliveryEvent.TURNED_DOWN: "undeliverable",
    DeliveryEvent.CONNECTION_LOST: "outcome-unknown",
    DeliveryEvent.GIVEN_UP: "expired",
    DeliveryEvent.REFUSED: "quarantined",
}


@dataclass(frozen=True, slots=True)
class Deliver:
    """Handles work of kind DELIVERY."""

    journal: JournalQuery
    prepare: Prepare
    mail: MailSender
    addressing: Addressing
    notices: Notices
    clock: Clock
    sender: Sender

    async def __call__(self, claim: Claim) -> StepResult:
        delivery = await asyncio.to_thread(self.journal.delivery, claim.subject)
        if delivery is None:
            return StepResult(Next.PARKED, code="internal")
        if delivery.state is DeliveryState.RECEIVED:
            return await self._prepare(claim, delivery)
        if delivery.state in (DeliveryState.READY, DeliveryState.RETRYING):
            return await self._send(claim, delivery)
        return StepResult(Next.DONE)

    async def _prepare(self, claim: Claim, delivery: Delivery) -> StepResult:
        now = self.clock.now()
        try:
            changes = await asyncio.to_thread(self.prepare, claim.message, delivery)
        except (InputError, MappingError) as error:  # trouble of our own (the store) is not the letter's
            refused = self._move(delivery, DeliveryEvent.REFUSED, error.code)
            return StepResult(Next.PARKED, tuple(refused), code=error.code)
        moved = MoveDelivery(delivery.id, delivery.state, DeliveryState.READY, now)
        ready = NewEvent(claim.message, now, "prepared", "worker", delivery.id)
        return StepResult(Next.AGAIN, (*changes, moved, ready), due_at=now)

    async def _send(self, claim: Claim, delivery: Delivery) -> StepResult:
        if not await asyncio.to_thread(self.addressing.still_reaches, _party(delivery), delivery.mailbox):
            refused = self._move(delivery, DeliveryEvent.REFUSED, "mailbox-gone")
            return StepResult(Next.PARKED, tuple(refused), code="mailbox-gone")
        content = await asyncio.to_thread(self.journal.payload, claim.message, PayloadRole.MAIL, delivery.id)
        if content is None:
            return StepResult(Next.PARKED, code="internal")
        if claim.lease_until - self.clock.now() < timedelta(seconds=SEND_SECONDS):
            return StepResult(Next.AGAIN, due_at=self.clock.now(), code="lease-too-short")
        try:
            reply = await self.mail.send(content, self._reverse_path(delivery), delivery.mailbox, delivery.id)
        except TransportError as error:
            return await asyncio.to_thread(self._failed, claim, delivery, error)
        return StepResult(Next.DONE, tuple(self._move(delivery, DeliveryEvent.TAKEN, None, reply)))

    def _reverse_path(self, delivery: Delivery) -> MailAddress:
        """None for a receipt, so that nothing ever answers it."""
        return MailAddress("") if delivery.form == RECEIPT else self.sender.mailbox

    def _failed(self, claim: Claim, delivery: Delivery, error: TransportError) -> StepResult:
        now = self.clock.now()
        message = self.journal.message(claim.message)
        event = _event_of(error, late=bool(message and now > gives_up_at(message.accepted_at, message.priority)))
        changes = self._move(delivery, event, error.code, error.reply)
        if event is DeliveryEvent.PUT_OFF:
            due = retry_at(now, claim.attempts, random.random())
            return StepResult(Next.AGAIN, tuple(changes), due_at=due, code=error.code)
        return StepResult(Next.DONE, tuple(changes), code=error.code)

    def _move(self, delivery: Delivery, event: DeliveryEvent, code: str | None, reply: str = "") -> list[Change]:
        """The delivery's move, its line in the trace, and what the sender is told."""
        at, target = self.clock.now(), next_state(delivery.state, event)
        if target is None:
            return []
        facts = tuple((k, v) for k, v in (("code", code or ""), ("reply", reply)) if v)
        moved = MoveDelivery(delivery.id, delivery.state, target, at, code)
        told = NewEvent(delivery.message, at, _CODES[event], "worker", delivery.id, facts)
        return [moved, told, *self.notices.delivery_moved(delivery, target, code, at)]


def _party(delivery: Delivery) -> Party:
    return Party(delivery.person, delivery.structure, "")


def _event_of(error: TransportError, *, late: bool) -> DeliveryEvent:
    if not error.outcome_known:
        return DeliveryEvent.CONNECTION_LOST
    if not error.temporary:
        return DeliveryEvent.TURNED_DOWN
    return DeliveryEvent.GIVEN_UP if late else DeliveryEvent.PUT_OFF
